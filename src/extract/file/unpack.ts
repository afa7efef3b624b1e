import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import { Progress } from '../../progress.ts'
import { InputFile } from './input-file.ts'
import { SparseFile } from './sparse-file.ts'

export type Packing = 'gzip' | 'zstd'

/** What became of a compressed file. */
export interface Unpacked {
  packing: Packing
  /** Where its contents are now, holes for zeros. */
  location: string
  /** Bytes of the contents. */
  size: number
  /** Why they may not be all, or not be right; undefined when the whole stream was read and held together. */
  defect: { code: 'truncated' | 'corrupt'; message: string } | undefined
}

/** Where the contents of compressed inputs are; undefined for one that is not compressed. */
export interface UnpackedInputs {
  coreLocation?: string | undefined
  binaryLocation?: string | undefined
}

/**
 * Unpacks those of a core and its binary (when it is known) that are compressed, to the paths of `targets`, which are the caller's to
 * remove. Of a damaged core what could be read will do, and a problem says so; a program has to be whole.
 * Throws as `unpack` does, and 'truncated' or 'corrupt' for the binary.
 */
export async function unpackInputs(
  inputs: { core: string; binary?: string | undefined },
  targets: { core: string; binary: string },
  problems: Problems,
  progress?: Progress,
): Promise<UnpackedInputs> {
  const core = await unpack(inputs.core, targets.core, progress)
  if (core?.defect) problems.add('open', 'packed-core-damaged', 'error', core.defect.message)
  const binary =
    inputs.binary === undefined ? undefined : await unpack(inputs.binary, targets.binary, progress)
  if (binary?.defect) throw new GoheapError(binary.defect.code, binary.defect.message)
  return { coreLocation: core?.location, binaryLocation: binary?.location }
}

/**
 * Unpacks `path` to `target` when its content is gzip or zstd, whatever its name; undefined, and nothing written, when
 * it is not. A stream that breaks off or contradicts itself gives what was read up to there. Progress counts compressed
 * bytes. `target` is removed when this throws: GoheapError 'file' (cannot be read, disk full), 'unsupported' (zstd, and
 * a Node.js without it), 'cancelled'.
 */
export async function unpack(
  path: string,
  target: string,
  progress: Progress = new Progress(),
): Promise<Unpacked | undefined> {
  const source = new InputFile(path)
  try {
    const packing = tellPacking(source, 0)
    if (packing === undefined) return undefined
    requireDecompressor(packing, path)
    const output = new SparseFile(target)
    try {
      const defect = await unpackStream(source, packing, output, progress)
      output.close()
      return { packing, location: target, size: output.size, defect }
    } catch (error) {
      output.discard()
      throw error
    }
  } finally {
    source.close()
  }
}

/** RFC 1952, 2.3.1; RFC 8878, 3.1.1 and 3.1.2 (skippable frames end in 0x50 to 0x5f). */
function tellPacking(source: InputFile, offset: number): Packing | undefined {
  const head = new Uint8Array(4)
  source.readInto(head, offset)
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  const word = new DataView(head.buffer).getUint32(0, true)
  return word === 0xfd2fb528 || (offset > 0 && word >>> 4 === 0x184d2a5) ? 'zstd' : undefined
}

function requireDecompressor(packing: Packing, path: string): void {
  if (packing === 'gzip' || typeof zlib.createZstdDecompress === 'function') return
  throw new GoheapError(
    'unsupported',
    `${path} is zstd data, which Node.js reads since 22.15 and 23.8 and this is ${process.versions.node}: unpack it with zstd -d`,
  )
}

/** Compressed bytes that are read at once. */
const READ_BYTES = 1 << 18
/** Of a stream that breaks off as much as this can be lost of what it had told already. */
const OUTPUT_BYTES = 1 << 15
/** What `zstd --long=31` writes; the default would refuse more than 27. */
const MOST_WINDOW_BITS = 31

/** One stream after the other: both formats may be concatenated, and node:zlib reads all of gzip but one of zstd. */
async function unpackStream(
  source: InputFile,
  packing: Packing,
  output: SparseFile,
  progress: Progress,
): Promise<Unpacked['defect']> {
  const corrupt = (message: string) => ({ code: 'corrupt', message: `${source.path} ${message}` }) as const
  let offset = 0
  while (offset < source.fileSize) {
    const { consumed, error } = await pump(source, offset, makeDecompressor(packing), output, progress)
    offset += consumed
    if (error !== undefined) {
      if ('code' in error && error.code === 'Z_BUF_ERROR') {
        const message = `${source.path} is cut off: its ${packing} data end early, after ${output.size} unpacked bytes`
        return { code: 'truncated', message }
      }
      return corrupt(
        `is damaged: its ${packing} data break off near byte ${offset}, after ${output.size} unpacked bytes (${error.message})`,
      )
    }
    if (offset < source.fileSize && tellPacking(source, offset) !== packing) {
      return corrupt(
        `has ${source.fileSize - offset} bytes behind its ${packing} data that are no part of them`,
      )
    }
  }
  return undefined
}

function makeDecompressor(packing: Packing): Transform & zlib.Zlib {
  if (packing === 'gzip') return zlib.createGunzip({ chunkSize: OUTPUT_BYTES })
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: MOST_WINDOW_BITS }
  return zlib.createZstdDecompress({ chunkSize: OUTPUT_BYTES, params })
}

/**
 * Feeds `stream` from `offset` on until it or the file ends. `consumed`: how many bytes it took; `error`: what it said of
 * its input. What the file system, the sink or the user says is thrown.
 */
function pump(
  source: InputFile,
  offset: number,
  stream: Transform & zlib.Zlib,
  output: SparseFile,
  progress: Progress,
): Promise<{ consumed: number; error: Error | undefined }> {
  return new Promise((resolve, reject) => {
    let at = offset
    let error: Error | undefined
    let failure: unknown
    const guard = (work: () => void) => {
      if (failure !== undefined) return
      try {
        work()
      } catch (thrown) {
        failure = thrown
        stream.destroy()
      }
    }
    // One read at a time, and only once the one before is through: all that it tells has then been handed on.
    const feed = () =>
      guard(() => {
        progress.update('open', at, source.fileSize)
        // What it leaves of its input is behind its end.
        if (stream.bytesWritten < at - offset) {
          stream.destroy()
          return
        }
        const chunk = new Uint8Array(Math.min(READ_BYTES, source.fileSize - at))
        const size = source.readInto(chunk, at)
        at += size
        if (size === 0) stream.end()
        else stream.write(chunk.subarray(0, size), () => feed())
      })
    stream.on('data', (bytes: Uint8Array) => guard(() => output.append(bytes)))
    stream.on('error', (thrown: Error) => {
      error = thrown
    })
    stream.on('close', () => {
      if (failure !== undefined) reject(failure)
      else resolve({ consumed: stream.bytesWritten, error })
    })
    feed()
  })
}
