import { type Command, Option } from 'commander'
import { GoheapError } from '../../errors.ts'
import type { Cell, HeapDb } from '../../schema/heap-db.ts'
import { parsePositive } from '../arguments.ts'
import { refuseOptions } from '../refuse-options.ts'
import { chooseFormat, type FormatOptions, runNamedQuery, writeNamedQuery } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput } from '../write-rows.ts'

interface GoroutinesOptions extends FormatOptions {
  all?: true
  stacks?: true
  filter: string
  sort: keyof typeof SORTS
  limit: number
}

/** Names of the choices, and the columns that they mean. */
const SORTS = { retained: 'retained_size', count: 'goroutines', stack: 'stack_size', waited: 'waited_ns' }

export function defineGoroutines(program: Command): void {
  program
    .command('goroutines')
    .description('goroutines by stack: how many, what they wait for and since when, what they retain')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('[goid]', 'instead: the stack of this goroutine with its variables', parsePositive)
    .option('-a, --all', 'single goroutines, those first that retain most')
    .option('-s, --stacks', 'all calls of each stack')
    .option('--filter <text>', 'only where status, wait reason, origin or a call contains this', '')
    .addOption(
      new Option('--sort <figure>', 'what is most comes first')
        .choices(Object.keys(SORTS))
        .default('retained'),
    )
    .option('-n, --limit <rows>', 'stacks or goroutines to show', parsePositive, 50)
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap goroutines heap.db --filter 'chan send' --stacks
  $ goheap goroutines heap.db --sort count
  $ goheap goroutines heap.db --all --limit 20
  $ goheap goroutines heap.db 4711`,
    )
    .action(async (path: string, goid: number | undefined, options: GoroutinesOptions, command: Command) => {
      const format = chooseFormat(options)
      const { all, stacks, filter, limit } = options
      const args = { filter, limit, sort: SORTS[options.sort] }
      if (goid !== undefined) {
        refuseOptions(command, ['all', 'stacks', 'filter', 'sort', 'limit'], 'for one goroutine')
        return withDatabase(path, (db) => {
          const goroutine = findGoroutine(db, goid)
          if (format !== 'table') return writeNamedQuery(db, 'goroutine-stack', { goid }, format)
          return writeGoroutine(db, goid, goroutine)
        })
      }
      if (all && stacks) throw new GoheapError('usage', '--all and --stacks exclude each other')
      if (format !== 'table')
        refuseOptions(command, ['stacks'], `with --${format}, which has the calls of all stacks`)
      if (all && options.sort === 'count')
        throw new GoheapError('usage', '--sort count is for stacks, not for --all')
      if (all) return runNamedQuery(path, 'goroutines', args, format)
      if (format !== 'table') return runNamedQuery(path, 'goroutine-stacks', args, format)
      await withDatabase(path, (db) => writeGroups(db, args, stacks ?? false))
    })
}

/** Throws 'usage' when there is none. */
function findGoroutine(db: HeapDb, goid: number): ReadonlyMap<string, Cell> {
  const sql = `SELECT 1 AS goroutines, g.goid AS example_goid, g.status, g.wait_reason, g.labels, g.stack_size,
      (SELECT MAX(waiting_since_ns) FROM goroutines) - g.waiting_since_ns AS waited_ns,
      r.retained_size, r.retained_count,
      g.created_by || COALESCE(' ' || g.created_by_file || COALESCE(':' || g.created_by_line, ''), '') AS created_by
    FROM goroutines g JOIN roots r ON r.id = g.id WHERE g.goid = ?`
  const { columns, rows } = db.query(sql, [goid])
  for (const row of rows) return new Map(columns.map((name, place) => [name, row[place]]))
  throw new GoheapError('usage', `no goroutine has the number ${goid}`)
}

async function writeGoroutine(db: HeapDb, goid: number, goroutine: ReadonlyMap<string, Cell>): Promise<void> {
  const [{ readQuery }, { writeFrames, writeStack }] = await Promise.all([
    import('../../schema/query-file.ts'),
    import('../render/goroutines.ts'),
  ])
  const output = await openOutput()
  await writeStack(output, goroutine)
  await writeFrames(output, db.runQuery(readQuery('goroutine-stack'), { goid }))
  await output.flush()
}

/** A table without the calls of the stacks, or each stack as tracebacks show it. */
async function writeGroups(
  db: HeapDb,
  args: { filter: string; limit: number; sort: string },
  hasStacks: boolean,
): Promise<void> {
  const [{ readQuery }, { writeResult }] = await Promise.all([
    import('../../schema/query-file.ts'),
    import('../render/result.ts'),
  ])
  const query = readQuery('goroutine-stacks')
  const { columns, rows } = db.runQuery(query, args)
  const output = await openOutput()
  if (hasStacks) {
    const { writeStack } = await import('../render/goroutines.ts')
    for (const row of rows)
      await writeStack(output, new Map(columns.map((name, place) => [name, row[place]])))
    return output.flush()
  }
  // The last column, which is the longest by far.
  const shown = columns.slice(0, columns.indexOf('frames'))
  const cut = Array.from(rows, (row) => row.slice(0, shown.length))
  await writeResult(output, { columns: shown, rows: cut }, 'table', query.columns)
}
