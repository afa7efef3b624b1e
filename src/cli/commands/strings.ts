import type { Command } from 'commander'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

interface StringsOptions extends FormatOptions {
  limit: number
  min: number
}

export function defineStrings(program: Command): void {
  program
    .command('strings')
    .description('equal strings that lie in memory more than once, with the bytes of all copies but one')
    .argument('<heap.db>', 'database that goheap index wrote, best with --strings')
    .option('-n, --limit <rows>', 'contents to show', parsePositive, 50)
    .option('--min <copies>', 'copies that there have to be', parsePositive, 2)
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap strings heap.db --min 100')
    .action(async (path: string, { limit, min, ...options }: StringsOptions) => {
      await runNamedQuery(path, 'duplicate-strings', { limit, min }, chooseFormat(options))
    })
}
