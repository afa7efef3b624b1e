import type { Command } from 'commander'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

export function defineTop(program: Command): void {
  program
    .command('top')
    .description('roots that hold most memory: global variables, goroutines')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('-n, --limit <roots>', 'roots to show', parsePositive, 50)
    .option('--objects', 'objects instead of roots')
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap top heap.db --limit 10')
    .action(async (path: string, options: FormatOptions & { limit: number; objects?: true }) => {
      const query = options.objects ? 'top-objects' : 'top-roots'
      await runNamedQuery(path, query, { limit: options.limit }, chooseFormat(options))
    })
}
