import { type Command, Option } from 'commander'
import { GoheapError } from '../../errors.ts'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

const SORTS = [
  'reachable_bytes',
  'reachable_objects',
  'bytes',
  'objects',
  'dominated_size',
  'max_retained_size',
]
const GROUPINGS = { type: 'type', package: 'package', module: 'module', kind: 'kind', class: 'size class' }

interface HistogramOptions extends FormatOptions {
  by: keyof typeof GROUPINGS
  filter: string
  limit: number
  sort: string
}

export function defineHistogram(program: Command): void {
  program
    .command('histogram')
    .description('objects by type, package, module, kind of type or size class, heaviest first')
    .argument('<heap.db>', 'database that goheap index wrote')
    .addOption(
      new Option('--by <group>', 'what to sum up by').choices(Object.keys(GROUPINGS)).default('type'),
    )
    .option('--filter <text>', 'only names that contain this', '')
    .option('-n, --limit <rows>', 'rows to show', parsePositive, 50)
    .addOption(new Option('--sort <column>', 'column to sort by').choices(SORTS).default(SORTS[0]))
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap histogram heap.db --limit 20 --sort objects
  $ goheap histogram heap.db --by package --filter github.com`,
    )
    .action(async (path: string, { by, filter, limit, sort, ...options }: HistogramOptions) => {
      const format = chooseFormat(options)
      if (by === 'type') return runNamedQuery(path, 'histogram', { limit, sort, filter }, format)
      if (sort === 'max_retained_size') throw new GoheapError('usage', `--sort ${sort} is for --by type`)
      await runNamedQuery(path, 'histogram-by', { by: GROUPINGS[by], limit, sort, filter }, format)
    })
}
