import { type ChildProcess, fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { GoheapError } from '../errors.ts'
import type { ProgressSink } from '../progress.ts'
import { OutputFile, temporaryPath } from '../schema/output-file.ts'
import { type IndexJob, type IndexMessage, unpackTargets } from './index-job.ts'

/** Ctrl-C and its like, with the exit code that shells expect. */
export class Interrupted extends Error {
  readonly exitCode: number
  constructor(exitCode: number) {
    super('interrupted')
    this.exitCode = exitCode
  }
}

const SIGNALS: [NodeJS.Signals, number][] = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]

/**
 * Runs a job in a process of its own. Whatever becomes of that process, nothing half-written is left.
 *
 * @throws GoheapError as the library does; Interrupted; plain Error for defects
 */
export async function superviseIndex(job: IndexJob, sink: ProgressSink): Promise<void> {
  // What is wrong with the output is better said before minutes of work.
  new OutputFile(job.output, {
    force: job.force,
    inputs: [job.core, ...(job.binary === undefined ? [] : [job.binary])],
  }).discard()
  // The sources run as .ts, the published package as .js.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const child = fork(fileURLToPath(new URL(`./index-process${extension}`, import.meta.url)))
  let exitCode: number | undefined
  const release = onSignals((code) => {
    exitCode = code
    child.kill('SIGKILL')
  })
  try {
    const last = await converse(child, job, sink)
    if (exitCode !== undefined) throw new Interrupted(exitCode)
    settle(child, last)
  } finally {
    release()
    if (child.pid !== undefined) {
      const { core, binary } = unpackTargets(job.output, child.pid)
      for (const path of [temporaryPath(job.output, child.pid), core, binary]) rmSync(path, { force: true })
    }
  }
}

/** Calls `stop` with the exit code for Ctrl-C and its like, until the function that it gives is called. */
export function onSignals(stop: (exitCode: number) => void): () => void {
  const releases = SIGNALS.map(([signal, exitCode]) => {
    const handler = () => stop(exitCode)
    process.on(signal, handler)
    return () => process.off(signal, handler)
  })
  return () => {
    for (const release of releases) release()
  }
}

/** Gives the last message, once the process is gone. */
async function converse(
  child: ChildProcess,
  job: IndexJob,
  sink: ProgressSink,
): Promise<IndexMessage | undefined> {
  let last: IndexMessage | undefined
  child.on('message', (message: IndexMessage) => {
    last = message
    if (message.kind === 'progress') sink.update(message.stage, message.done, message.total)
  })
  child.send(job, () => {})
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    // After the last message, unlike 'exit'.
    child.once('close', () => resolve())
  })
  return last
}

function settle(child: ChildProcess, last: IndexMessage | undefined): void {
  if (last?.kind === 'done') return
  if (last?.kind === 'failed') {
    const { code, name, message, stack } = last
    const error = code === undefined ? new Error(message) : new GoheapError(code, message)
    if (code === undefined) error.name = name
    if (stack !== undefined) error.stack = stack
    throw error
  }
  const stage = last === undefined ? 'the start' : last.stage
  const how =
    child.signalCode === null ? `ended with code ${child.exitCode}` : `was killed by ${child.signalCode}`
  throw new Error(`indexing ${how} during stage ${stage} (out of memory?)`)
}
