import { Argument, type Command } from 'commander'
import { shellWord } from '../../base/shell-word.ts'
import { GoheapError } from '../../errors.ts'
import type { WasteKind } from '../../schema/waste.ts'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput, writeRows } from '../write-rows.ts'

interface WasteOptions extends FormatOptions {
  limit?: number
}

/** What the kinds of waste are called on the command line, and the query that shows one. */
const KINDS: Record<string, { kind: WasteKind; query: string }> = {
  slices: { kind: 'spare elements', query: 'waste-types' },
  pinned: { kind: 'pinned arrays', query: 'pinned-holders' },
  'pinned-arrays': { kind: 'pinned arrays', query: 'pinned-arrays' },
  maps: { kind: 'map slots', query: 'waste-types' },
  channels: { kind: 'channel slots', query: 'waste-types' },
  rounding: { kind: 'rounding', query: 'waste-types' },
  headers: { kind: 'malloc headers', query: 'waste-types' },
  tiny: { kind: 'tiny blocks', query: 'waste-types' },
  padding: { kind: 'struct padding', query: 'padding' },
  strings: { kind: 'duplicate strings', query: 'duplicate-strings' },
  arrays: { kind: 'duplicate arrays', query: 'duplicate-arrays' },
  garbage: { kind: 'garbage', query: 'garbage' },
  free: { kind: 'free slots', query: 'fragmentation' },
}

export function defineWaste(program: Command): void {
  program
    .command('waste')
    .description(
      'memory that serves no purpose: spare room of slices and maps, pinned arrays, duplicates, ...',
    )
    .argument('<heap.db>', 'database that goheap index wrote')
    .addArgument(new Argument('[kind]', 'one kind of waste, by type or object').choices(Object.keys(KINDS)))
    .option('-n, --limit <rows>', 'rows to show of one kind (default: 50)', parsePositive)
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap waste heap.db
  $ goheap waste heap.db pinned --limit 10`,
    )
    .action(async (path: string, name: string | undefined, { limit, ...options }: WasteOptions) => {
      const format = chooseFormat(options)
      if (name !== undefined) {
        const { kind, query } = KINDS[name]
        const args = query === 'waste-types' ? { kind } : {}
        return runNamedQuery(path, query, { ...args, ...(limit === undefined ? {} : { limit }) }, format)
      }
      if (limit !== undefined) throw new GoheapError('usage', '--limit is for one kind of waste')
      if (format !== 'table') return runNamedQuery(path, 'waste', {}, format)
      await writeOverview(path)
    })
}

const COLUMNS = {
  ...{ kind: '-', bytes: 'bytes', share: 'percent', objects: 'count', unknown_bytes: 'bytes' },
  ...{ worst_type: '-', worst_bytes: 'bytes', more: '-' },
}

async function writeOverview(path: string): Promise<void> {
  const { readQuery } = await import('../../schema/query-file.ts')
  const { readRecords } = await import('../../schema/heap-db.ts')
  const rows = await withDatabase(path, (db) => readRecords(db.runQuery(readQuery('waste'))))
  const nameOf = (kind: unknown) => Object.keys(KINDS).find((name) => KINDS[name].kind === kind) ?? 'free'
  const shown = rows.map((row) => ({ ...row, more: nameOf(row.kind) }))
  const output = await openOutput()
  await writeRows(output, shown, COLUMNS, 'table')
  const worst = rows.find(({ kind }) => kind !== 'free slots' && kind !== 'span ends')
  if (worst === undefined || Number(worst.bytes) === 0) return
  await output.write(
    `\n${worst.kind}: ${worst.note}\n  goheap waste ${shellWord(path)} ${nameOf(worst.kind)}\n`,
  )
  await output.flush()
}
