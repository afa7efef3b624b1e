import { createHash } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What takes this long will not end: it is far more than anything takes on a busy machine. */
export const HANG_MS = 500_000

/** Starts a command that can write no file larger than 16 GB (in blocks of 512 bytes): a debugger may find terabytes to dump. */
export const SIZE_LIMITED = ['sh', '-c', `ulimit -f ${1 << 25}; exec "$@"`, 'sh'] as const

/** What tests build, kept between runs: programs, cores, Python packages. Names hold the hash of all it is made from. */
const CACHE = join(tmpdir(), 'goheap-test-cache')

/** Fills CACHE/<name> once: parallel test files that come to the same name wait for the one that fills it. */
export function once(name: string, fill: (folder: string) => void): string {
  const folder = join(CACHE, name)
  if (!existsSync(folder)) {
    alone(name, () => {
      if (!existsSync(folder)) fillFolder(folder, fill)
    })
  }
  utimesSync(folder, new Date(), new Date())
  return folder
}

function fillFolder(folder: string, fill: (folder: string) => void): void {
  dropUnused()
  const partial = mkdtempSync(join(CACHE, 'partial-'))
  try {
    fill(partial)
    renameSync(partial, folder)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    // Another process was not waited for any longer, and came first.
    if (!existsSync(folder)) throw error
  }
}

/**
 * Does what no other process of these tests, nor of other runs of them, does at the same time under this name. That saves
 * work and no more: after some minutes of waiting it is done at the same time after all.
 */
export function alone(name: string, work: () => void): void {
  mkdirSync(CACHE, { recursive: true })
  const lock = join(CACHE, `${name}.lock`)
  const mine = `${lock}-${process.pid}`
  const end = performance.now() + PATIENCE_MS
  let isMine = false
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}`)
  try {
    while (!isMine && performance.now() < end) {
      isMine = take(lock, mine)
      if (!isMine) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    }
    work()
  } finally {
    if (isMine) rmSync(lock, { force: true })
    rmSync(mine, { force: true })
  }
}

/** Gives the file `mine` the name `lock` too, unless a process that still runs has it. */
function take(lock: string, mine: string): boolean {
  try {
    linkSync(mine, lock)
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const [processId, start] = read(lock).split(' ')
  // Empty: it was just given back.
  if (processId !== '' && startOf(Number(processId)) !== start) rmSync(lock, { force: true })
  return false
}

/** When a process was started, in clock ticks since boot: its number may be that of a later one. proc(5) */
function startOf(processId: number): string {
  const text = read(`/proc/${processId}/stat`)
  // The name, in parentheses, may have spaces in it.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** The text of a file; empty when there is none. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export const hash = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)

/** Cores are large: what no test has asked for in a while is made again when one does. */
function dropUnused(): void {
  for (const name of readdirSync(CACHE)) {
    const age = Date.now() - (statSync(join(CACHE, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > KEPT_MS) rmSync(join(CACHE, name), { recursive: true, force: true })
  }
}
const PATIENCE_MS = 300_000
const KEPT_MS = 2 * 3600 * 1000
