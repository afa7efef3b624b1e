import type { Command } from 'commander'
import { formatBytes, formatCount, formatPercent } from '../../base/numbers.ts'
import { shellWord } from '../../base/shell-word.ts'
import type { Cell } from '../../schema/heap-db.ts'
import { parseShare } from '../arguments.ts'
import { showControls } from '../render/text.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput } from '../write-rows.ts'

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
      const { readRecords } = await import('../../schema/heap-db.ts')
      const { readQuery } = await import('../../schema/query-file.ts')
      const { findGoroutineCrowd } = await import('../../answers/goroutine-crowd.ts')
      const { suspects, crowd } = await withDatabase(path, (db) => {
        const suspects = readRecords(db.runQuery(readQuery('suspects'), { min_share: minShare }))
        return { suspects, crowd: findGoroutineCrowd(db, minShare) }
      })
      const output = await openOutput()
      if (suspects.length === 0) {
        await output.write(
          `nothing keeps ${formatPercent(minShare)} of the reachable bytes; a lower --min-share shows more\n`,
        )
      }
      for (const [place, suspect] of suspects.entries()) {
        await output.write(`${place === 0 ? '' : '\n'}${describe(place + 1, suspect, path)}`)
      }
      if (crowd !== undefined) await output.write(`\n${describeCrowd(crowd, path)}`)
      return output.flush()
    })
}

function describeCrowd(crowd: Record<string, Cell>, path: string): string {
  const { goroutines, stack_size, status, wait_reason, caller, function: place } = crowd
  const where = text(caller ?? place)
  return `${formatCount(Number(goroutines))} goroutines stand at one place, with ${formatBytes(Number(stack_size))} of stacks: ${text(
    wait_reason ?? status,
  )} in ${where}
   next         goheap goroutines ${shellWord(path)} --sort stack --stacks --filter ${shellWord(where)}\n`
}

/** A suspect in a few lines, and what to ask next. */
function describe(number: number, suspect: Record<string, Cell>, path: string): string {
  const { holder, accumulation, gathers } = suspect
  const bytes = (name: string) => formatBytes(Number(suspect[name]))
  const count = formatCount(Number(suspect.gathers_count))
  const what = gathers === null ? `one ${text(accumulation)}` : `${count} ${text(gathers)}`
  const size = gathers === null ? bytes('retained_size') : bytes('gathers_size')
  const lines: [string, string][] = []
  if (gathers !== null) lines.push(['the largest', `id ${suspect.example_id}`])
  if (accumulation !== null)
    lines.push(['gather in', `${text(accumulation)}  (id ${suspect.accumulation_id})`])
  if (suspect.field !== null) lines.push(['of field', text(suspect.field)])
  if (suspect.path !== null) lines.push(['reached by', text(suspect.path)])
  if (accumulation !== null && suspect.holder_id !== suspect.accumulation_id) {
    lines.push(['kept by', `${text(holder)}  (id ${suspect.holder_id})`])
  }
  const file = shellWord(path)
  for (const [place, command] of nextCommands(suspect).entries())
    lines.push([place === 0 ? 'next' : '', command.replace('heap.db', () => file)])
  lines.push(['proof', `goheap query ${file} ${shellWord(text(suspect.proof))}`])
  const body = lines.map(([label, value]) => `   ${label.padEnd(13)}${value}\n`).join('')
  return `${number}  ${formatPercent(Number(suspect.share))}  ${size}  ${what}\n${body}`
}

/** What shows more of it: one of those that gather, and how all of them are held. */
function nextCommands({
  gathers,
  gathers_kind,
  example_id,
  accumulation_id,
}: Record<string, Cell>): string[] {
  if (gathers === null) return [`goheap tree heap.db ${accumulation_id}`]
  if (gathers_kind === 'goroutine') {
    // Their name begins with what they wait for.
    const calls = text(gathers).replace(/^\[[^\]]*\] /, '')
    return [`goheap goroutines heap.db --filter ${shellWord(calls)} --stacks`]
  }
  if (gathers_kind !== 'object') return [`goheap tree heap.db ${example_id}`]
  // Held by many alike: how all of them are.
  if (accumulation_id === null && gathers !== '(unknown)')
    return [`goheap path heap.db --type ${shellWord(text(gathers).replace(/^\[…\]/, ''))}`]
  return [`goheap object heap.db ${example_id}`, `goheap path heap.db ${example_id}`]
}

const text = (cell: Cell) => showControls(String(cell))
