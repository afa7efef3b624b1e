/**
 * The process that indexes. It is apart from the command because most of the work never looks at the event loop, where
 * signals arrive: the command stays awake, and can stop this one at any moment and remove what it leaves.
 */
import { rmSync } from 'node:fs'
import { GoheapError } from '../errors.ts'
import {
  analyse,
  BinaryFolder,
  type Core,
  extract,
  findBinary,
  openCore,
  Problems,
  Progress,
  type Stage,
  unpackInputs,
  writeDatabase,
} from '../index.ts'
import { type IndexJob, type IndexMessage, unpackTargets } from './index-job.ts'

const REPORT_INTERVAL_MS = 50

const cancel = new AbortController()
// A terminal sends Ctrl-C to this process too. The command decides.
process.on('SIGINT', () => {})
process.on('disconnect', () => cancel.abort())
process.once('message', (job: IndexJob) => void indexAndTell(job))

async function indexAndTell(job: IndexJob): Promise<void> {
  try {
    await index(job)
    await tell({ kind: 'done' })
  } catch (error) {
    await tell(describeFailure(error))
  }
  if (process.connected) process.disconnect()
}

async function index(job: IndexJob): Promise<void> {
  const { core: corePath, output, force, threads, strings } = job
  const progress = new Progress({ update: reportSometimes() }, cancel.signal)
  const problems = new Problems()
  progress.update('open', 0, 0)
  const targets = unpackTargets(output, process.pid)
  let core: Core | undefined
  try {
    const unpacked = await unpackInputs({ core: corePath, binary: job.binary }, targets, problems, progress)
    const { coreLocation } = unpacked
    const folder = job.binaryFolder === undefined ? undefined : new BinaryFolder(job.binaryFolder)
    const binary = job.binary ?? findBinary(corePath, { folder, coreLocation })
    core = openCore(corePath, binary, problems, { ...unpacked, folder })
    const heap = await extract(core, problems, {
      progress,
      stringValues: strings,
      force,
      ...(threads === undefined ? {} : { threads }),
    })
    const analysed = analyse(heap, { progress })
    await writeDatabase(analysed, output, { force, inputs: [corePath, binary], progress })
  } finally {
    core?.close()
    for (const path of Object.values(targets)) rmSync(path, { force: true })
  }
}

/** Every new stage, and within one no more often than anyone can see. */
function reportSometimes(): (stage: Stage, done: number, total: number) => void {
  let lastStage: Stage | undefined
  let lastTime = 0
  return (stage, done, total) => {
    const now = performance.now()
    if (stage === lastStage && now - lastTime < REPORT_INTERVAL_MS) return
    lastStage = stage
    lastTime = now
    void tell({ kind: 'progress', stage, done, total })
  }
}

function describeFailure(error: unknown): IndexMessage {
  if (!(error instanceof Error)) {
    return { kind: 'failed', code: undefined, name: 'Error', message: String(error), stack: undefined }
  }
  const code = error instanceof GoheapError ? error.code : undefined
  return { kind: 'failed', code, name: error.name, message: error.message, stack: error.stack }
}

/** Resolves when the message is on its way. A command that has gone needs no message. */
function tell(message: IndexMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, () => resolve())
  })
}
