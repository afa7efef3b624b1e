import { type Command, Option } from 'commander'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

const SORTS = ['reachable_bytes', 'reachable_objects', 'bytes', 'objects', 'max_retained_size']

export function defineHistogram(program: Command): void {
  program
    .command('histogram')
    .description('objects by type, heaviest first')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('-n, --limit <types>', 'types to show', parsePositive, 50)
    .addOption(new Option('--sort <column>', 'column to sort by').choices(SORTS).default(SORTS[0]))
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap histogram heap.db --limit 20 --sort objects')
    .action(async (path: string, options: FormatOptions & { limit: number; sort: string }) => {
      const { limit, sort } = options
      await runNamedQuery(path, 'histogram', { limit, sort }, chooseFormat(options))
    })
}
