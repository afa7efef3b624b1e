import { Command, CommanderError, Help, type Option } from 'commander'
import { VERSION } from '../version.ts'
import { defineCheck } from './commands/check.ts'
import { defineDatasette } from './commands/datasette.ts'
import { defineDiff } from './commands/diff.ts'
import { defineFragmentation } from './commands/fragmentation.ts'
import { defineGarbage } from './commands/garbage.ts'
import { defineGc } from './commands/gc.ts'
import { defineGoroutines } from './commands/goroutines.ts'
import { defineHistogram } from './commands/histogram.ts'
import { defineIndex } from './commands/index-core.ts'
import { defineInfo } from './commands/info.ts'
import { defineMemory } from './commands/memory.ts'
import { defineObject } from './commands/object.ts'
import { definePath } from './commands/path.ts'
import { defineQuery } from './commands/query.ts'
import { defineRefs } from './commands/refs.ts'
import { defineRetained } from './commands/retained.ts'
import { defineServe } from './commands/serve.ts'
import { defineSize } from './commands/size.ts'
import { defineStrings } from './commands/strings.ts'
import { defineSuspects } from './commands/suspects.ts'
import { defineTop } from './commands/top.ts'
import { defineTree } from './commands/tree.ts'
import { defineVerify } from './commands/verify.ts'
import { defineView } from './commands/view.ts'
import { defineWaste } from './commands/waste.ts'
import { EXIT_CODES, EXIT_CODES_HELP, explain, seeHelp } from './failure.ts'
import { Output, OutputClosed } from './output.ts'
import { Interrupted } from './supervise-index.ts'

/** Runs a command line, and gives the exit code. Nothing is thrown: what fails is explained on stderr in one line. */
export async function run(argv: readonly string[]): Promise<number> {
  let help = ''
  const program = buildProgram((text) => {
    help += text
  })
  try {
    // Waited for, like all other output: its reader may have seen enough, or its disk be full.
    await program.parseAsync(argv).finally(() => writeAll(help))
    return 0
  } catch (error) {
    // The reader of our output has seen enough, as in `| head`.
    if (error instanceof OutputClosed) return 0
    if (error instanceof Interrupted) return error.exitCode
    const command = program.commands.find((one) => one.name() === argv[2])?.name()
    if (error instanceof CommanderError) return explainUsage(error, command)
    const { line, exitCode } = explain(error, command)
    process.stderr.write(`${line}\n`)
    return exitCode
  }
}

async function writeAll(text: string): Promise<void> {
  const output = new Output()
  await output.write(text)
  await output.flush()
}

/** `writeHelp` takes what is asked for with --help and --version. */
export function buildProgram(writeHelp: (text: string) => void = () => {}): Command {
  const program = new Command('goheap')
    .description(
      'Heap dump viewer for Go: one SQLite file with every object, pointer, type, root and retained size',
    )
    .version(VERSION)
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeOut: writeHelp, outputError: () => {} })
    .configureHelp({ optionDescription: describeOption })
    .addHelpText(
      'after',
      `\nExample:\n  $ goheap index core ./server -o heap.db && goheap suspects heap.db\n\n${EXIT_CODES_HELP}`,
    )
  defineIndex(program)
  defineInfo(program)
  defineHistogram(program)
  defineSuspects(program)
  defineTop(program)
  defineTree(program)
  defineObject(program)
  definePath(program)
  defineRetained(program)
  defineRefs(program)
  defineSize(program)
  defineGoroutines(program)
  defineMemory(program)
  defineGc(program)
  defineFragmentation(program)
  defineGarbage(program)
  defineStrings(program)
  defineWaste(program)
  defineDiff(program)
  defineCheck(program)
  defineQuery(program)
  defineDatasette(program)
  defineServe(program)
  defineView(program)
  defineVerify(program)
  return program
}

/** That nothing is the default goes without saying. */
function describeOption(option: Option): string {
  return new Help().optionDescription(option).replace(/ \(default: (""|\[\]|\{\})\)$/, '')
}

/** commander's own errors: help and version are asked for, anything else is bad usage. */
function explainUsage(error: CommanderError, command: string | undefined): number {
  if (error.exitCode === 0) return 0
  // Without a command commander shows the help as an error, on stderr.
  if (error.code === 'commander.help') return EXIT_CODES.usage
  const fact = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '')
  process.stderr.write(`goheap: ${fact}; ${seeHelp(command)}\n`)
  return EXIT_CODES.usage
}
