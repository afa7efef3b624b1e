import type { Command } from 'commander'
import { parsePositive } from './arguments.ts'

/** What a core is read from, for commands that index one. */
export function addCoreArguments(command: Command): Command {
  return command
    .argument('<core>', 'ELF core, of the kernel, gcore or delve')
    .argument('[binary]', 'program that the core came from (default: where the core says that it was)')
    .option(
      '--binary-dir <folder>',
      'look for the binary, its libraries and debug files in a folder and all below it, by build id',
    )
}

/** How it is read. */
export function addIndexOptions(command: Command): Command {
  return command
    .option(
      '-f, --force',
      'replace the database if it exists; go on with a Go release that goheap does not know',
    )
    .option(
      '--threads <n>',
      'threads that scan the heap (default: as many as the machine has)',
      parsePositive,
    )
    .option(
      '--strings',
      'keep the text of strings (up to 4096 bytes each) and the keys of maps: contents of the program’s memory',
    )
}
