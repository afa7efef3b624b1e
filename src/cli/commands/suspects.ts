import type { Command } from 'commander'
import { formatBytes, formatCount, formatPercent } from '../../base/numbers.ts'
import type { Cell } from '../../schema/heap-db.ts'
import { parseShare } from '../arguments.ts'
import { showControls } from '../render/text.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'
import { openOutput, withDatabase } from '../write-rows.ts'

interface SuspectsOptions extends FormatOptions {
  minShare: number
}

export function defineSuspects(program: Command): void {
  program
    .command('suspects')
    .description('what may leak: where much memory gathers, what gathers there, and how a root leads to it')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option(
      '-s, --min-share <percent>',
      'of all reachable bytes that a suspect keeps at least',
      parseShare,
      10,
    )
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap suspects heap.db
  $ goheap suspects heap.db --min-share 2 --json`,
    )
    .action(async (path: string, { minShare, ...options }: SuspectsOptions) => {
      const format = chooseFormat(options)
      if (format !== 'table') return runNamedQuery(path, 'suspects', { min_share: minShare }, format)
      const { readQuery } = await import('../../schema/query-file.ts')
      const suspects = await withDatabase(path, (db) => {
        const { columns, rows } = db.runQuery(readQuery('suspects'), { min_share: minShare })
        return Array.from(rows, (cells) => Object.fromEntries(columns.map((name, i) => [name, cells[i]])))
      })
      const output = await openOutput()
      if (suspects.length === 0) {
        await output.write(
          `nothing keeps ${formatPercent(minShare)} of the reachable bytes; a lower --min-share shows more\n`,
        )
      }
      for (const [place, suspect] of suspects.entries()) {
        await output.write(`${place === 0 ? '' : '\n'}${describe(place + 1, suspect)}`)
      }
      return output.flush()
    })
}

/** A suspect in a few lines. */
function describe(number: number, suspect: Record<string, Cell>): string {
  const { holder, accumulation, gathers } = suspect
  const bytes = (name: string) => formatBytes(Number(suspect[name]))
  const count = formatCount(Number(suspect.gathers_count))
  const what = gathers === null ? `one ${text(accumulation)}` : `${count} ${text(gathers)}`
  const size = gathers === null ? bytes('retained_size') : bytes('gathers_size')
  const lines: [string, string][] = []
  if (gathers !== null) lines.push(['the largest', `id ${suspect.example_id}`])
  if (accumulation !== null) {
    lines.push(['gather in', `${text(accumulation)}  (id ${suspect.accumulation_id})`])
    if (suspect.path !== null) lines.push(['reached by', text(suspect.path)])
    if (suspect.holder_id !== suspect.accumulation_id) {
      lines.push(['kept by', `${text(holder)}  (id ${suspect.holder_id})`])
    }
  }
  lines.push(['proof', `goheap query heap.db "${text(suspect.proof)}"`])
  const body = lines.map(([label, value]) => `   ${label.padEnd(13)}${value}\n`).join('')
  return `${number}  ${formatPercent(Number(suspect.share))}  ${size}  ${what}\n${body}`
}

const text = (cell: Cell) => showControls(String(cell))
