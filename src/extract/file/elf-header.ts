import { GoheapError } from '../../errors.ts'
import type { ElfSection, ElfSegment } from './elf.ts'
import { type ByteSource, checkRange } from './input-file.ts'
import { describeForeignFile } from './magic.ts'

/** What the tables at the head of an ELF file say. Offsets and sizes of segments and sections are not yet checked. */
export interface ElfHeader {
  type: number
  machine: number
  entry: number
  segments: ElfSegment[]
  sectionTable: { offset: number; count: number; namesIndex: number }
}

const HEADER_SIZE = 64
const SEGMENT_SIZE = 56
const SECTION_SIZE = 64
const PT_NOTE = 4
const PN_XNUM = 0xffff
const SHN_XINDEX = 0xffff
/** vm.max_map_count is 65530 unless raised; a million is past what is raised to, and small enough to hold. */
const MAX_SEGMENTS = 1 << 20
const MAX_SECTIONS = 1 << 20

/**
 * Reads the ELF header and the program headers. Throws 'not-elf' (saying what the file is instead), 'unsupported' for
 * 32-bit and big endian files, 'truncated' and 'corrupt'. Source: elf(5).
 */
export function readElfHeader(file: ByteSource): ElfHeader {
  if (file.fileSize === 0) throw new GoheapError('not-elf', `${file.path} is empty`)
  const head = file.read(0, Math.min(HEADER_SIZE, file.fileSize))
  if (head.length < 4 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) {
    throw new GoheapError('not-elf', `${file.path} is not an ELF file${describeForeignFile(head)}`)
  }
  if (head.length < HEADER_SIZE) {
    throw new GoheapError(
      'truncated',
      `${file.path} is cut off inside its ELF header (${file.fileSize} bytes)`,
    )
  }
  if (head[4] !== 2) throw new GoheapError('unsupported', `${file.path} is a 32-bit ELF file`)
  if (head[5] !== 1) throw new GoheapError('unsupported', `${file.path} is a big endian ELF file`)

  const view = viewOf(head)
  const header = {
    type: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    entry: readUint64(view, 24),
  }
  const segmentsOffset = readUint64(view, 32)
  const sectionsOffset = readUint64(view, 40)
  const segmentSize = view.getUint16(54, true)
  const sectionSize = view.getUint16(58, true)
  let segmentCount = view.getUint16(56, true)
  let sectionCount = view.getUint16(60, true)
  let namesIndex = view.getUint16(62, true)

  const needsSection0 = segmentCount === PN_XNUM || namesIndex === SHN_XINDEX || sectionCount === 0
  if (needsSection0 && sectionsOffset > 0 && sectionsOffset + SECTION_SIZE <= file.fileSize) {
    const section0 = parseSection(viewOf(file.read(sectionsOffset, SECTION_SIZE)), 0)
    if (segmentCount === PN_XNUM) segmentCount = section0.info
    if (sectionCount === 0) sectionCount = section0.size
    if (namesIndex === SHN_XINDEX) namesIndex = section0.link
  } else if (segmentCount === PN_XNUM) {
    segmentCount = countSegmentsOfTruncatedCore(file, segmentsOffset)
  }
  if (segmentCount > 0 && segmentSize !== SEGMENT_SIZE) {
    throw new GoheapError('corrupt', `${file.path}: program headers of ${segmentSize} bytes, ELF64 has 56`)
  }
  // Cores have no sections, or only the one for PN_XNUM; executables can be stripped of them.
  const hasSections = sectionsOffset > 0 && sectionCount > 0 && sectionSize === SECTION_SIZE
  return {
    ...header,
    segments: readSegments(file, segmentsOffset, segmentCount),
    sectionTable: { offset: sectionsOffset, count: hasSections ? sectionCount : 0, namesIndex },
  }
}

/** Reads the section headers with their names; sections are optional, so a table past the end of the file is none. */
export function readSections(file: ByteSource, table: ElfHeader['sectionTable']): ElfSection[] {
  if (table.count === 0 || table.offset + table.count * SECTION_SIZE > file.fileSize) return []
  if (table.count > MAX_SECTIONS) {
    throw new GoheapError('corrupt', `${file.path} claims ${table.count} sections`)
  }
  const view = viewOf(file.read(table.offset, table.count * SECTION_SIZE))
  const parsed = Array.from({ length: table.count }, (_, i) => parseSection(view, i * SECTION_SIZE))
  const names = parsed[table.namesIndex]
  if (!names || names.offset + names.size > file.fileSize) return parsed.map((s) => ({ ...s, name: '' }))
  const strings = file.read(names.offset, names.size)
  return parsed.map(({ nameOffset, ...section }) => ({ ...section, name: readCString(strings, nameOffset) }))
}

/** The zero-terminated UTF-8 text at `offset`; empty when `offset` is past the end. */
export function readCString(bytes: Uint8Array, offset: number): string {
  if (offset >= bytes.length) return ''
  const end = bytes.indexOf(0, offset)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
    'utf8',
    offset,
    end < 0 ? undefined : end,
  )
}

/** An unsigned little endian 64-bit word, exact below 2^53. */
export function readUint64(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function readSegments(file: ByteSource, offset: number, count: number): ElfSegment[] {
  if (count > MAX_SEGMENTS) throw new GoheapError('corrupt', `${file.path} claims ${count} segments`)
  if (count === 0) return []
  checkRange(file, offset, count * SEGMENT_SIZE, 'its segment table')
  const view = viewOf(file.read(offset, count * SEGMENT_SIZE))
  return Array.from({ length: count }, (_, i) => parseSegment(view, i * SEGMENT_SIZE))
}

/**
 * With over 65534 segments the count is in section header 0, which the kernel writes behind all else: a truncated core
 * has lost it. But the first segment is PT_NOTE, and its bytes follow the segment table. fs/binfmt_elf.c, elf_core_dump.
 */
function countSegmentsOfTruncatedCore(file: ByteSource, offset: number): number {
  checkRange(file, offset, SEGMENT_SIZE, 'its segment table')
  const first = parseSegment(viewOf(file.read(offset, SEGMENT_SIZE)), 0)
  const count = (first.offset - offset) / SEGMENT_SIZE
  if (first.type === PT_NOTE && Number.isInteger(count) && count >= PN_XNUM) return count
  throw new GoheapError('truncated', `${file.path} is cut off: the number of its segments is lost`)
}

function parseSegment(view: DataView, at: number): ElfSegment {
  return {
    type: view.getUint32(at, true),
    flags: view.getUint32(at + 4, true),
    offset: readUint64(view, at + 8),
    virtualAddress: readUint64(view, at + 16),
    fileSize: readUint64(view, at + 32),
    memorySize: readUint64(view, at + 40),
    align: readUint64(view, at + 48),
  }
}

function parseSection(view: DataView, at: number): Omit<ElfSection, 'name'> & { nameOffset: number } {
  return {
    nameOffset: view.getUint32(at, true),
    type: view.getUint32(at + 4, true),
    flags: readUint64(view, at + 8),
    address: readUint64(view, at + 16),
    offset: readUint64(view, at + 24),
    size: readUint64(view, at + 32),
    link: view.getUint32(at + 40, true),
    info: view.getUint32(at + 44, true),
    entrySize: readUint64(view, at + 56),
  }
}
