import type { Command } from 'commander'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

interface GarbageOptions extends FormatOptions {
  limit: number
}

export function defineGarbage(program: Command): void {
  program
    .command('garbage')
    .description('unreachable objects by type: dropped since the last collection, or found dead by it')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('-n, --limit <rows>', 'types to show', parsePositive, 50)
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap garbage heap.db --limit 10')
    .action(async (path: string, { limit, ...options }: GarbageOptions) => {
      await runNamedQuery(path, 'garbage', { limit }, chooseFormat(options))
    })
}
