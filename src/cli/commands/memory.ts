import type { Command } from 'commander'
import { parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'

interface MemoryOptions extends FormatOptions {
  depth: number
  all?: true
}

export function defineMemory(program: Command): void {
  program
    .command('memory')
    .description('where the memory of the process is: objects, free slots, stacks, runtime, mapped files')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('-d, --depth <levels>', 'levels to show', parsePositive, 20)
    .option('-a, --all', 'rows of 0 bytes as well')
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap memory heap.db --depth 4')
    .action(async (path: string, options: MemoryOptions) => {
      const args = { depth: options.depth, all: options.all ? 1 : 0 }
      await runNamedQuery(path, 'memory', args, chooseFormat(options))
    })
}
