import * as zlib from 'node:zlib'
import { GoheapError } from '../../errors.ts'
import { type ElfSection, SHT_NOBITS } from './elf.ts'
import { readUint64, viewOf } from './elf-header.ts'
import { checkRange, type InputFile } from './input-file.ts'

const SHF_COMPRESSED = 0x800
const ELFCOMPRESS_ZLIB = 1
const ELFCOMPRESS_ZSTD = 2
const COMPRESSION_HEADER_SIZE = 24
/** `ZLIB` and the size as a big endian 64-bit word. */
const ZDEBUG_HEADER_SIZE = 12
/** deflate cannot do better than 1032:1; a section that claims more is made to exhaust memory. */
const MAX_RATIO = 1100

/**
 * The contents of `section`, decompressed; undefined when it has none in the file (SHT_NOBITS).
 * Throws 'truncated' when it lies past the end of the file, 'corrupt' when it does not decompress.
 */
export function readSectionBytes(file: InputFile, section: ElfSection): Uint8Array | undefined {
  if (section.type === SHT_NOBITS) return undefined
  checkRange(file, section.offset, section.size, `section ${section.name}`)
  const raw = file.read(section.offset, section.size)
  const where = `section ${section.name} of ${file.path}`
  if (section.flags & SHF_COMPRESSED) {
    if (raw.length < COMPRESSION_HEADER_SIZE) throw new GoheapError('corrupt', `${where} is too short`)
    const view = viewOf(raw)
    return decompress(
      raw.subarray(COMPRESSION_HEADER_SIZE),
      { method: view.getUint32(0, true), size: readUint64(view, 8) },
      where,
    )
  }
  if (section.name.startsWith('.zdebug_') && Buffer.from(raw.subarray(0, 4)).toString('latin1') === 'ZLIB') {
    if (raw.length < ZDEBUG_HEADER_SIZE) throw new GoheapError('corrupt', `${where} is too short`)
    const size = Number(viewOf(raw).getBigUint64(4, false))
    return decompress(raw.subarray(ZDEBUG_HEADER_SIZE), { method: ELFCOMPRESS_ZLIB, size }, where)
  }
  return raw
}

function decompress(
  packed: Uint8Array,
  { method, size }: { method: number; size: number },
  where: string,
): Uint8Array {
  if (method !== ELFCOMPRESS_ZLIB && method !== ELFCOMPRESS_ZSTD) {
    throw new GoheapError('unsupported', `${where} is compressed by unknown method ${method}`)
  }
  if (method === ELFCOMPRESS_ZSTD && typeof zlib.zstdDecompressSync !== 'function') {
    throw new GoheapError('unsupported', `${where} is compressed with zstd, which this Node.js cannot read`)
  }
  if (size > (packed.length + 64) * MAX_RATIO) {
    throw new GoheapError('corrupt', `${where} claims ${size} bytes out of ${packed.length} compressed ones`)
  }
  if (size === 0) return new Uint8Array(0)
  let bytes: Uint8Array
  try {
    const unpack = method === ELFCOMPRESS_ZLIB ? zlib.inflateSync : zlib.zstdDecompressSync
    bytes = unpack(packed, { maxOutputLength: size })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new GoheapError('corrupt', `${where} does not decompress: ${reason}`, { cause: error })
  }
  if (bytes.length !== size) {
    throw new GoheapError('corrupt', `${where} has ${bytes.length} bytes, its header says ${size}`)
  }
  return bytes
}
