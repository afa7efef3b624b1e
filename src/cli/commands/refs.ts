import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, writeNamedQuery } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'

interface RefsOptions extends FormatOptions {
  in?: string
  out?: string
  limit: number
}

export function defineRefs(program: Command): void {
  program
    .command('refs')
    .description('what points at an object, or what an object or variable points at')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('--in <id|address>', 'inbound: pointers to this object')
    .option('--out <id|address|variable>', 'outbound: pointers of this object or variable')
    .option('-n, --limit <pointers>', 'pointers to show', parsePositive, 100)
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      '\nExamples:\n  $ goheap refs heap.db --in 0xc00012a000\n  $ goheap refs heap.db --out 4711',
    )
    .action(async (path: string, options: RefsOptions) => {
      const format = chooseFormat(options)
      const wanted = options.in ?? options.out
      if (wanted === undefined || (options.in !== undefined && options.out !== undefined)) {
        throw new GoheapError('usage', 'give one of --in and --out')
      }
      const { findNode, requireObject } = await import('../../answers/node-set.ts')
      const find = options.in === undefined ? findNode : requireObject
      const query = options.in === undefined ? 'refs-out' : 'refs-in'
      await withDatabase(path, (db) =>
        writeNamedQuery(db, query, { id: find(db, wanted), limit: options.limit }, format),
      )
    })
}
