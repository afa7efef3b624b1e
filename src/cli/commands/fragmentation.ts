import type { Command } from 'commander'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

export function defineFragmentation(program: Command): void {
  program
    .command('fragmentation')
    .description('free slots and tails of spans by size class: heap memory that no object uses')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap fragmentation heap.db')
    .action(async (path: string, options: FormatOptions) => {
      await runNamedQuery(path, 'fragmentation', {}, chooseFormat(options))
    })
}
