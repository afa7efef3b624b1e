import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { describeSystemError } from '../../base/system-error.ts'
import { GoheapError } from '../../errors.ts'

/** Zeros are left out in units of this; file systems keep holes in units of 4 KiB. */
const UNIT = 4096
const ZEROS = Buffer.alloc(UNIT)

/**
 * A new file that is written from its start to its end, zeros as holes: of a core of 100 GB, most of it reservations,
 * only what is there takes room on the disk. Readable by its owner alone, as it holds a program's memory.
 */
export class SparseFile {
  readonly path: string
  /** Bytes so far, holes included. */
  size = 0
  readonly #fd: number
  #isOpen = true

  /** @throws GoheapError 'file' */
  constructor(path: string) {
    this.path = path
    try {
      // One of that name is of a process that had the same number and was killed.
      rmSync(path, { force: true })
      this.#fd = openSync(path, 'wx', 0o600)
    } catch (error) {
      throw this.#describe(error)
    }
  }

  /** @throws GoheapError 'file' */
  append(bytes: Uint8Array): void {
    // From `start` on, bytes wait to be written; units end at multiples of UNIT in the file.
    let start = 0
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + UNIT - ((this.size + at) % UNIT))
      if (ZEROS.compare(bytes, at, end, 0, end - at) === 0) {
        this.#write(bytes, start, at)
        start = end
      }
      at = end
    }
    this.#write(bytes, start, bytes.length)
    this.size += bytes.length
  }

  /** Gives the file its size, also where it ends in a hole. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      ftruncateSync(this.#fd, this.size)
    } catch (error) {
      throw this.#describe(error)
    } finally {
      closeSync(this.#fd)
    }
  }

  /** Closes and removes it. */
  discard(): void {
    if (this.#isOpen) closeSync(this.#fd)
    this.#isOpen = false
    rmSync(this.path, { force: true })
  }

  #write(bytes: Uint8Array, from: number, to: number): void {
    try {
      for (let at = from; at < to; ) at += writeSync(this.#fd, bytes, at, to - at, this.size + at)
    } catch (error) {
      throw this.#describe(error)
    }
  }

  #describe(error: unknown): GoheapError {
    return new GoheapError('file', `cannot write ${this.path}: ${describeSystemError(error)}`, {
      cause: error,
    })
  }
}
