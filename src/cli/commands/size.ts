import type { Command } from 'commander'
import { chooseFormat, type FormatOptions, writeNamedQuery } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'

export function defineSize(program: Command): void {
  program
    .command('size')
    .description('what the slot of an object is taken up by: header, values, padding; and its span')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('<id|address>', 'object')
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap size heap.db 0xc00012a000')
    .action(async (path: string, object: string, options: FormatOptions) => {
      const { requireObject } = await import('../../answers/node-set.ts')
      const format = chooseFormat(options)
      await withDatabase(path, (db) =>
        writeNamedQuery(db, 'object-size', { id: requireObject(db, object) }, format),
      )
    })
}
