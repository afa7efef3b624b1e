/**
 * Indexes damaged copies of a core and its binary, one after the other, as a process of its own: it can be stopped when it
 * hangs, and has a limit of memory.
 */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { GoheapError } from '../../../src/errors.ts'
import { analyse, extract, openCore, Problems, unpackInputs, writeDatabase } from '../../../src/index.ts'
import type { Mutation, MutationFiles, Outcome } from './job.ts'

/** Of the whole process, off-heap arrays included: far more than the small cores need. */
const MOST_MEMORY_KIB = 1_500_000

const files = JSON.parse(process.argv[2]) as MutationFiles
const copies = { core: join(files.folder, 'core'), binary: join(files.folder, 'binary') }
const outputs = join(files.folder, 'out')
const output = join(outputs, 'heap.db')
/** As the command unpacks what is compressed, and removes it. */
const unpacked = { core: join(files.folder, 'unpacked-core'), binary: join(files.folder, 'unpacked-binary') }
mkdirSync(outputs)
for (const file of ['core', 'binary'] as const) copy(file)

process.on('message', async (mutation: Mutation) => {
  const before = process.cpuUsage().user
  const undo = apply(mutation)
  const outcome = await index()
  undo()
  outcome.cpuMs = Math.round((process.cpuUsage().user - before) / 1000)
  if (process.resourceUsage().maxRSS > MOST_MEMORY_KIB) outcome.result = 'memory'
  process.send?.(outcome)
})
process.send?.('ready')

function copy(file: 'core' | 'binary'): void {
  const { status } = spawnSync('cp', ['--sparse=always', files[file], copies[file]])
  if (status !== 0) throw new Error(`cannot copy ${files[file]}`)
}

function apply({ patches, cut }: Mutation): () => void {
  const undos = patches.map(({ file, offset, bytes }) => {
    const fd = openSync(copies[file], 'r+')
    const old = new Uint8Array(bytes.length)
    readSync(fd, old, 0, old.length, offset)
    writeSync(fd, Uint8Array.from(bytes), 0, bytes.length, offset)
    closeSync(fd)
    return () => {
      const again = openSync(copies[file], 'r+')
      writeSync(again, old, 0, old.length, offset)
      closeSync(again)
    }
  })
  if (cut !== undefined) truncateSync(copies[cut.file], cut.size)
  return () => {
    if (cut !== undefined) copy(cut.file)
    else for (const undo of undos.reverse()) undo()
  }
}

async function index(): Promise<Outcome> {
  const problems = new Problems()
  const outcome: Outcome = { result: 'ok', detail: '', problems: 0, cpuMs: 0 }
  try {
    const core = openCore(
      copies.core,
      copies.binary,
      problems,
      await unpackInputs(copies, unpacked, problems),
    )
    try {
      const heap = await extract(core, problems, { threads: 1 })
      await writeDatabase(analyse(heap), output)
      outcome.problems = heap.problems.length
    } finally {
      core.close()
    }
    checkDatabase(outcome)
  } catch (error) {
    const isKnown = error instanceof GoheapError
    outcome.result = isKnown ? error.code : 'crash'
    outcome.detail = error instanceof Error ? ((isKnown ? error.message : error.stack) ?? '') : String(error)
  }
  for (const path of [output, ...Object.values(unpacked)]) rmSync(path, { force: true })
  const left = readdirSync(outputs)
  if (left.length > 0) Object.assign(outcome, { result: 'leftover', detail: left.join(' ') })
  for (const name of left) rmSync(join(outputs, name))
  return outcome
}

function checkDatabase(outcome: Outcome): void {
  const database = new Database(output, { readonly: true })
  const intact = database.pragma('integrity_check', { simple: true })
  const dangling = database.pragma('foreign_key_check')
  database.close()
  if (intact === 'ok' && Array.isArray(dangling) && dangling.length === 0) return
  Object.assign(outcome, { result: 'broken', detail: `${intact} ${JSON.stringify(dangling).slice(0, 300)}` })
}
