import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { describeSystemError } from '../../base/system-error.ts'
import { GoheapError } from '../../errors.ts'

/** Linux caps one read at 0x7ffff000 bytes; Node refuses lengths from 2^31 on. */
const MAX_READ = 0x4000_0000

/** Bytes by offset: a file, or a part of one that is in memory. */
export interface ByteSource {
  /** What it is called in errors. */
  readonly path: string
  readonly fileSize: number
  /** A fresh copy of [offset, offset + size); throws 'truncated' where the source ends before. */
  read(offset: number, size: number): Uint8Array
}

/**
 * A regular file read at positions, never as a whole: cores have tens of gigabytes, and holes.
 * Throws GoheapError 'file' for what the operating system refuses and for anything that is not a regular file.
 */
export class InputFile implements ByteSource {
  readonly path: string
  readonly fileSize: number
  /** Where its bytes are: `path`, unless it was unpacked to another file. */
  readonly location: string
  readonly #fd: number
  #isOpen = true

  constructor(path: string, location = path) {
    this.path = path
    this.location = location
    try {
      // Before it is opened: a core may name devices, which do things when opened, and pipes, which wait.
      const stat = statSync(location)
      if (!stat.isFile()) {
        throw new GoheapError(
          'file',
          `${path} is ${stat.isDirectory() ? 'a directory' : 'not a regular file'}`,
        )
      }
      this.#fd = openSync(location, 'r')
      this.fileSize = fstatSync(this.#fd).size
    } catch (error) {
      if (error instanceof GoheapError) throw error
      throw new GoheapError('file', `cannot open ${path}: ${describeSystemError(error)}`, { cause: error })
    }
  }

  /** Fills `target` from `offset` on and returns how many bytes there were: fewer only at the end of the file. */
  readInto(target: Uint8Array, offset: number): number {
    let done = 0
    try {
      while (done < target.length) {
        const wanted = Math.min(target.length - done, MAX_READ)
        const got = readSync(this.#fd, target, done, wanted, offset + done)
        if (got === 0) break
        done += got
      }
    } catch (error) {
      throw new GoheapError('file', `cannot read ${this.path}: ${describeSystemError(error)}`, {
        cause: error,
      })
    }
    return done
  }

  /** A fresh copy of [offset, offset + size); throws 'truncated' where the file ends before. */
  read(offset: number, size: number): Uint8Array {
    checkRange(this, offset, size, 'a read')
    const bytes = new Uint8Array(size)
    const got = this.readInto(bytes, offset)
    if (got < size) throw new GoheapError('truncated', `${this.path} became shorter while it was read`)
    return bytes
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#fd)
  }
}

/** Bytes in memory that stand for a file, named `path` in errors. */
export function sourceOf(bytes: Uint8Array, path: string): ByteSource {
  const source: ByteSource = {
    path,
    fileSize: bytes.length,
    read(offset, size) {
      checkRange(source, offset, size, 'a read')
      return new Uint8Array(bytes.subarray(offset, offset + size))
    },
  }
  return source
}

/** Throws 'truncated', saying that `what` needs them, unless [offset, offset + size) lies in the source. */
export function checkRange(source: ByteSource, offset: number, size: number, what: string): void {
  if (offset >= 0 && size >= 0 && offset + size <= source.fileSize) return
  throw new GoheapError(
    'truncated',
    `${source.path} is cut off: ${what} needs bytes ${offset} to ${offset + size}, there are ${source.fileSize}`,
  )
}
