import type { Command } from 'commander'
import { shellWord } from '../../base/shell-word.ts'
import type { ProgressSink } from '../../progress.ts'
import { addCoreArguments, addIndexOptions } from '../core-arguments.ts'
import { withDatabase } from '../with-database.ts'

interface IndexOptions {
  output: string
  binaryDir?: string
  force?: true
  threads?: number
  strings?: true
  json?: true
  quiet?: true
}

export function defineIndex(program: Command): void {
  const command = program
    .command('index')
    .description('read a core of a Go program and write its heap as a SQLite database')
  addCoreArguments(command).requiredOption('-o, --output <heap.db>', 'database to write')
  addIndexOptions(command)
    .option('--json', 'the closing summary as JSON')
    .option('-q, --quiet', 'no progress and no summary')
    .addHelpText(
      'after',
      '\nExample:\n  $ goheap index core ./server -o heap.db\n  $ goheap index core --binary-dir /releases -o heap.db',
    )
    .action(indexCore)
}

async function indexCore(core: string, binary: string | undefined, options: IndexOptions): Promise<void> {
  const { superviseIndex } = await import('../supervise-index.ts')
  const { output, binaryDir: binaryFolder, force = false, threads, strings = false } = options
  const { sink, finish } = await showProgress(options)
  const start = performance.now()
  try {
    await superviseIndex({ core, binary, binaryFolder, output, force, threads, strings }, sink)
  } finally {
    finish()
  }
  if (!options.quiet || options.json) await writeSummary(options, (performance.now() - start) / 1000)
}

async function showProgress({ quiet }: IndexOptions): Promise<{ sink: ProgressSink; finish: () => void }> {
  if (quiet || !process.stderr.isTTY) return { sink: { update() {} }, finish() {} }
  const { ProgressBar } = await import('../render/progress-bar.ts')
  const bar = new ProgressBar()
  return { sink: bar, finish: () => bar.finish() }
}

async function writeSummary({ output: path, json }: IndexOptions, seconds: number): Promise<void> {
  const [{ readSummary }, { renderSummary }, { formatDuration }, { Output }] = await Promise.all([
    import('../summary.ts'),
    import('../render/summary.ts'),
    import('../../base/numbers.ts'),
    import('../output.ts'),
  ])
  const summary = await withDatabase(path, readSummary)
  const output = new Output()
  if (json) {
    await output.write(`${JSON.stringify({ ...summary, seconds }, null, 2)}\n`)
  } else {
    await output.write(renderSummary(summary, { withProblems: false }))
    await output.write(`written in ${formatDuration(seconds)}; next: goheap suspects ${shellWord(path)}\n`)
  }
  await output.flush()
}
