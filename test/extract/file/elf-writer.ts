/**
 * Writes tiny ELF64 little endian files for tests: cores and binaries with the segments, notes and sections asked for.
 * Written from elf(5), apart from the reader.
 */
export interface SegmentSpec {
  type?: number
  flags?: number
  address?: number
  bytes?: Uint8Array
  /** p_memsz; the size of `bytes` unless given. */
  memorySize?: number
  /** p_filesz; the size of `bytes` unless given. */
  fileSize?: number
  /** p_offset; where the writer puts `bytes` unless given. */
  offset?: number
  align?: number
}

export interface SectionSpec {
  name: string
  type?: number
  flags?: number
  address?: number
  bytes: Uint8Array
  link?: number
}

export interface ElfSpec {
  /** ET_*: 2 executable, 3 position independent, 4 core. */
  type: number
  machine?: number
  entry?: number
  segments?: SegmentSpec[]
  sections?: SectionSpec[]
  /** Puts the number of segments into section header 0, as with more than 65534 of them. */
  usePnXnum?: boolean
}

const PT_LOAD = 1
export const PT_NOTE = 4
const HEADER = 64
const SEGMENT = 56
const SECTION = 64

export function writeElf(spec: ElfSpec): Uint8Array {
  const segments = spec.segments ?? []
  const named = spec.sections ?? []
  const chunks: { at: number; bytes: Uint8Array }[] = []
  let end = HEADER + segments.length * SEGMENT
  const place = (bytes: Uint8Array) => {
    const at = end
    chunks.push({ at, bytes })
    end += bytes.length
    return at
  }
  const segmentOffsets = segments.map(
    (segment) => segment.offset ?? place(segment.bytes ?? new Uint8Array(0)),
  )
  const sectionOffsets = named.map((section) => place(section.bytes))
  let names = '\0'
  const nameOffsets = [...named.map((section) => section.name), '.shstrtab'].map((name) => {
    const at = names.length
    names += `${name}\0`
    return at
  })
  const hasSections = named.length > 0 || spec.usePnXnum === true
  const namesAt = hasSections ? place(Buffer.from(names)) : 0
  const sectionsAt = hasSections ? end : 0
  const sectionCount = hasSections ? named.length + 2 : 0
  const file = new Uint8Array(end + sectionCount * SECTION)
  for (const { at, bytes } of chunks) file.set(bytes, at)

  const view = new DataView(file.buffer)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, spec.type, true)
  view.setUint16(18, spec.machine ?? 62, true)
  view.setUint32(20, 1, true)
  setUint64(view, 24, spec.entry ?? 0)
  setUint64(view, 32, segments.length > 0 ? HEADER : 0)
  setUint64(view, 40, sectionsAt)
  view.setUint16(52, HEADER, true)
  view.setUint16(54, SEGMENT, true)
  view.setUint16(56, spec.usePnXnum ? 0xffff : segments.length, true)
  view.setUint16(58, SECTION, true)
  view.setUint16(60, sectionCount, true)
  view.setUint16(62, hasSections ? sectionCount - 1 : 0, true)

  segments.forEach((segment, i) => {
    const at = HEADER + i * SEGMENT
    const size = segment.bytes?.length ?? 0
    const type = segment.type ?? PT_LOAD
    view.setUint32(at, type, true)
    view.setUint32(at + 4, segment.flags ?? 6, true)
    setUint64(view, at + 8, segmentOffsets[i])
    setUint64(view, at + 16, segment.address ?? 0)
    setUint64(view, at + 32, segment.fileSize ?? size)
    setUint64(view, at + 40, segment.memorySize ?? (type === PT_NOTE ? 0 : size))
    setUint64(view, at + 48, segment.align ?? 4)
  })
  const writeSection = (index: number, section: Omit<SectionSpec, 'bytes'>, at: number, size: number) => {
    const place = sectionsAt + index * SECTION
    view.setUint32(place, nameOffsets[index - 1], true)
    view.setUint32(place + 4, section.type ?? 1, true)
    setUint64(view, place + 8, section.flags ?? 0)
    setUint64(view, place + 16, section.address ?? 0)
    setUint64(view, place + 24, at)
    setUint64(view, place + 32, size)
    view.setUint32(place + 40, section.link ?? 0, true)
  }
  named.forEach((section, i) => {
    writeSection(i + 1, section, sectionOffsets[i], section.bytes.length)
  })
  if (hasSections) writeSection(named.length + 1, { name: '.shstrtab', type: 3 }, namesAt, names.length)
  if (spec.usePnXnum) view.setUint32(sectionsAt + 44, segments.length, true)
  return file
}

export function note(owner: string, type: number, content: Uint8Array): Uint8Array {
  const ownerBytes = Buffer.from(owner === '' ? '' : `${owner}\0`)
  const contentAt = 12 + pad4(ownerBytes.length)
  const bytes = new Uint8Array(contentAt + pad4(content.length))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, ownerBytes.length, true)
  view.setUint32(4, content.length, true)
  view.setUint32(8, type, true)
  bytes.set(ownerBytes, 12)
  bytes.set(content, contentAt)
  return bytes
}

/** NT_PRSTATUS of amd64 (27 registers) or arm64 (34). */
export function threadNote(id: number, registers: readonly number[], owner = 'CORE'): Uint8Array {
  const bytes = new Uint8Array(112 + registers.length * 8 + 8)
  const view = new DataView(bytes.buffer)
  view.setUint32(32, id, true)
  registers.forEach((value, i) => {
    setUint64(view, 112 + i * 8, value)
  })
  return note(owner, 1, bytes)
}

export function processNote(id: number, commandLine: string): Uint8Array {
  const bytes = new Uint8Array(136)
  new DataView(bytes.buffer).setUint32(24, id, true)
  bytes.set(Buffer.from(commandLine).subarray(0, 80), 56)
  return note('CORE', 3, bytes)
}

export function auxvNote(values: Record<number, number>): Uint8Array {
  return note(
    'CORE',
    6,
    words([...Object.entries(values).flatMap(([tag, value]) => [Number(tag), value]), 0, 0]),
  )
}

export interface MappedFileSpec {
  start: number
  end: number
  /** In pages of 4096. */
  page: number
  path: string
}

export function fileNote(files: readonly MappedFileSpec[]): Uint8Array {
  const table = words([files.length, 4096, ...files.flatMap((file) => [file.start, file.end, file.page])])
  return note('CORE', 0x46494c45, concat(table, Buffer.from(files.map((file) => `${file.path}\0`).join(''))))
}

export function buildIdNote(id: string): Uint8Array {
  return note('Go', 4, Buffer.from(id))
}

export function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => {
    setUint64(view, i * 8, value)
  })
  return bytes
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** `size` bytes that differ from place to place and from seed to seed. */
export function pattern(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8) * 13 + seed * 31) & 0xff)
}

function setUint64(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value), true)
}

function pad4(size: number): number {
  return (size + 3) & ~3
}
