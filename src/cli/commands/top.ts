import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

interface TopOptions extends FormatOptions {
  limit: number
  roots?: true
  objects?: true
}

export function defineTop(program: Command): void {
  program
    .command('top')
    .description('what holds most memory: variables, goroutines, and objects that several of them share')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('-n, --limit <rows>', 'rows to show', parsePositive, 50)
    .option('--roots', 'variables and goroutines only')
    .option('--objects', 'objects only, at any depth')
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap top heap.db --limit 10')
    .action(async (path: string, options: TopOptions) => {
      if (options.roots && options.objects) {
        throw new GoheapError('usage', '--roots and --objects exclude each other')
      }
      const query = options.roots ? 'top-roots' : options.objects ? 'top-objects' : 'top-holders'
      await runNamedQuery(path, query, { limit: options.limit }, chooseFormat(options))
    })
}
