import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { GoheapError } from '../errors.ts'

/**
 * A file that appears under its name only when it is complete: written beside the target and renamed. Of all that can
 * go wrong, only a killed process leaves the temporary file behind.
 */
export class OutputFile {
  readonly target: string
  readonly temporary: string

  /** @throws GoheapError 'exists', 'usage' (the target is an input), 'file' (the folder cannot be written) */
  constructor(target: string, { force, inputs }: { force: boolean; inputs: readonly string[] }) {
    refuseInputs(target, inputs)
    if (existsSync(target)) {
      if (!statSync(target).isFile()) throw new GoheapError('file', `${target} is not a regular file`)
      if (!force) throw new GoheapError('exists', `${target} exists`)
    }
    this.target = target
    this.temporary = temporaryPath(target, process.pid)
    // Fails early, before minutes of work: the folder may be missing or not ours.
    withFileErrors(target, () => closeSync(openSync(this.temporary, 'w')))
  }

  /** Makes the bytes durable, then visible. */
  publish(): void {
    withFileErrors(this.target, () => {
      sync(this.temporary)
      renameSync(this.temporary, this.target)
      sync(dirname(this.target))
    })
  }

  discard(): void {
    rmSync(this.temporary, { force: true })
  }
}

/** Where a process writes what becomes `target`. */
export function temporaryPath(target: string, processId: number): string {
  return join(dirname(target), `.${basename(target)}.tmp-${processId}`)
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** By identity, not by name: a link to an input is that input. */
function refuseInputs(target: string, inputs: readonly string[]): void {
  if (!existsSync(target)) return
  const real = realpathSync(target)
  const { dev, ino } = statSync(target)
  for (const input of inputs) {
    if (!existsSync(input)) continue
    const stat = statSync(input)
    if (realpathSync(input) === real || (stat.dev === dev && stat.ino === ino)) {
      throw new GoheapError('usage', `the output ${target} is one of the inputs`)
    }
  }
}

/** Says in a sentence what the operating system or SQLite says in a code. Defects pass through. */
export function withFileErrors<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw describeFileError(path, error)
  }
}

const FACTS: Record<string, string> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  SQLITE_FULL: 'the disk is full',
  SQLITE_READONLY: 'the file system is read-only',
  SQLITE_CANTOPEN: 'it cannot be opened',
}

/** A GoheapError 'file' for failures of the file system, the error itself for anything else. */
export function describeFileError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof GoheapError || !('code' in error)) return error
  const code = String(error.code)
  const fact = FACTS[code] ?? (code.startsWith('SQLITE_IOERR') ? 'writing failed (disk full?)' : undefined)
  if (fact === undefined) return error
  return new GoheapError('file', `cannot write ${path}: ${fact}`, { cause: error })
}
