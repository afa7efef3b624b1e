import type { Command } from 'commander'
import { buildProgram } from '../../src/cli/program.ts'
import { codeBlock, pageHead } from './markdown.ts'

const HELP_WIDTH = 110

/** docs/cli.md: the help of the program and of each of its commands. */
export function renderCli(program = buildProgram()): string {
  const commands = [...program.commands]
  return [
    pageHead('The command', 'the help of each command (src/cli/commands)'),
    'What `goheap --help` and `goheap COMMAND --help` print. Commands that give rows have `--json` and `--csv`, in which',
    'numbers are exact; tables for people round them.',
    '',
    ...commands.map(
      (command) => `- [${command.name()}](#goheap-${command.name()}): ${command.description()}`,
    ),
    '',
    '## goheap',
    '',
    codeBlock('text', readHelp(program)),
    '',
    ...commands.flatMap((command) => [
      `## goheap ${command.name()}`,
      '',
      codeBlock('text', readHelp(command)),
      '',
    ]),
  ].join('\n')
}

/** What --help prints, the texts after the options included. */
function readHelp(command: Command): string {
  let help = ''
  command.configureOutput({
    writeOut: (text) => {
      help += text
    },
    getOutHelpWidth: () => HELP_WIDTH,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return help
}
