import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import type { ProgressSink } from '../../progress.ts'
import type { EarlyViewer } from '../../web/server/serve.ts'
import { addCoreArguments, addIndexOptions } from '../core-arguments.ts'
import { explain } from '../failure.ts'
import { addListenOptions, announce } from './serve.ts'

interface ViewOptions {
  binaryDir?: string
  output?: string
  force?: true
  threads?: number
  strings?: true
  compare?: string
  host: string
  port: number
  open: boolean
}

export function defineView(program: Command): void {
  const command = program
    .command('view')
    .description('index a core and open the web viewer, which shows the progress')
  addCoreArguments(command).option(
    '-o, --output <heap.db>',
    'database to keep; by default it is removed when the viewer stops',
  )
  addIndexOptions(command)
  addListenOptions(command).addHelpText('after', '\nExample:\n  $ goheap view core ./server').action(view)
}

async function view(core: string, binary: string | undefined, options: ViewOptions): Promise<void> {
  const { output, binaryDir, force = false, threads, strings = false, open, ...serveOptions } = options
  const [{ startViewer }, { openBrowser }, { Interrupted, onSignals, superviseIndex }] = await Promise.all([
    import('../../web/server/serve.ts'),
    import('../browser.ts'),
    import('../supervise-index.ts'),
  ])
  // From before there is anything to remove.
  const stop = Promise.withResolvers<void>()
  let exitCode: number | undefined
  const release = onSignals((code) => {
    exitCode = code
    stop.resolve()
  })
  const folder = output === undefined ? mkdtempSync(join(tmpdir(), 'goheap-view-')) : undefined
  const path = output ?? join(folder ?? '', 'heap.db')
  let viewer: EarlyViewer | undefined
  try {
    viewer = await startViewer({ ...serveOptions, core, binary })
    await announce(viewer.url)
    // From here on nothing is waited for until the indexing looks at signals itself.
    if (exitCode !== undefined) throw new Interrupted(exitCode)
    if (open) openBrowser(viewer.url)
    const job = { core, binary, binaryFolder: binaryDir, output: path, force, threads, strings }
    await showIndexed(viewer, path, (sink) => superviseIndex(job, sink))
    await stop.promise
  } finally {
    await viewer?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    release()
  }
}

/** A failure is shown in the page as well, for as long as the page needs to ask for it. */
async function showIndexed(
  viewer: EarlyViewer,
  path: string,
  index: (sink: ProgressSink) => Promise<void>,
): Promise<void> {
  try {
    await index({ update: (stage, done, total) => viewer.report(stage, done, total) })
    viewer.show(path)
  } catch (error) {
    if (error instanceof GoheapError) {
      viewer.fail(explain(error).line)
      await new Promise((resolve) => setTimeout(resolve, FAILURE_SHOWN_MS))
    }
    throw error
  }
}

/** The page asks every READINESS_INTERVAL_MS (src/web/app/readiness.tsx). */
const FAILURE_SHOWN_MS = 1500
