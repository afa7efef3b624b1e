import { type Command, Option } from 'commander'
import { GoheapError } from '../../errors.ts'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

interface TopOptions extends FormatOptions {
  limit: number
  roots?: true
  objects?: true
  by?: 'package' | 'module'
}

export function defineTop(program: Command): void {
  program
    .command('top')
    .description('what holds most memory: variables, goroutines, and objects that several of them share')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('-n, --limit <rows>', 'rows to show', parsePositive, 50)
    .option('--roots', 'variables and goroutines only')
    .option('--objects', 'objects only, at any depth')
    .addOption(
      new Option(
        '--by <owner>',
        'instead: who keeps the memory, every reachable object counted once',
      ).choices(['package', 'module']),
    )
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap top heap.db --limit 10
  $ goheap top heap.db --by module`,
    )
    .action(async (path: string, options: TopOptions) => {
      const { roots, objects, by, limit } = options
      if ([roots, objects, by].filter((each) => each !== undefined).length > 1) {
        throw new GoheapError('usage', '--roots, --objects and --by exclude each other')
      }
      const query = roots
        ? 'top-roots'
        : objects
          ? 'top-objects'
          : by === undefined
            ? 'top-holders'
            : `top-${by}s`
      await runNamedQuery(path, query, { limit }, chooseFormat(options))
    })
}
