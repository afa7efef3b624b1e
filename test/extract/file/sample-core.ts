import {
  auxvNote,
  buildIdNote,
  concat,
  type ElfSpec,
  fileNote,
  PT_NOTE,
  pattern,
  processNote,
  type SegmentSpec,
  threadNote,
  writeElf,
} from './elf-writer.ts'

/**
 * A program of three pages and its core, as the kernel would write it:
 *
 *   0x400000  text    r-x  page 0 of the binary: in the core
 *   0x401000  text    r-x  page 1: not in the core
 *   0x402000  data    rw-  page 2: in the core, changed
 *   0x500000  heap    rw-  two segments that meet at 0x500100
 *   0x600000  nothing ---  a reservation
 */
export const PAGE = 4096
export const TEXT = 0x400000
export const DATA = 0x402000
export const HEAP = 0x500000
export const JOINT = 0x500100
export const RESERVED = 0x600000
export const ENTRY = 0x401234
export const REGISTERS = Array.from({ length: 27 }, (_, i) => 0x1000 + i)

export interface SampleOptions {
  buildId?: string
  type?: number
  bias?: number
}

export function sampleBinary({ buildId = 'sample/id', type = 2, bias = 0 }: SampleOptions = {}): Uint8Array {
  const base = TEXT - bias
  // The headers of the ELF file are the first bytes of its text, as linkers lay it out.
  const ids = buildId === '' ? new Uint8Array(0) : buildIdNote(buildId)
  const head = writeElf({
    type,
    entry: ENTRY - bias,
    segments: [
      { flags: 5, address: base, offset: 0, fileSize: 2 * PAGE, memorySize: 2 * PAGE },
      { flags: 6, address: base + 2 * PAGE, offset: 2 * PAGE, fileSize: PAGE, memorySize: 2 * PAGE },
      { type: PT_NOTE, address: base, bytes: ids },
    ],
  })
  const image = pattern(3 * PAGE, 1)
  image.set(head)
  return image
}

export function sampleCoreSpec(binary: Uint8Array, changes: Partial<ElfSpec> = {}): ElfSpec {
  const notes = concat(
    threadNote(77, REGISTERS),
    processNote(42, './sample --flag'),
    // NT_SIGINFO
    new Uint8Array([5, 0, 0, 0, 4, 0, 0, 0, 0x49, 0x47, 0x49, 0x53, 67, 79, 82, 69, 0, 0, 0, 0, 6, 0, 0, 0]),
    auxvNote({ 3: TEXT + 64, 6: PAGE, 9: ENTRY }),
    fileNote([
      { start: TEXT, end: TEXT + 2 * PAGE, page: 0, path: '/srv/sample' },
      { start: DATA, end: DATA + PAGE, page: 2, path: '/srv/sample' },
    ]),
    threadNote(
      78,
      REGISTERS.map((value) => value * 2),
    ),
  )
  return { type: 4, segments: [{ type: PT_NOTE, bytes: notes }, ...sampleSegments(binary)], ...changes }
}

export function sampleSegments(binary: Uint8Array): SegmentSpec[] {
  return [
    { flags: 5, address: TEXT, bytes: binary.slice(0, PAGE), memorySize: 2 * PAGE },
    { flags: 6, address: DATA, bytes: pattern(PAGE, 2) },
    { flags: 6, address: HEAP, bytes: pattern(0x100, 3) },
    { flags: 6, address: JOINT, bytes: pattern(0x100, 4) },
    { flags: 0, address: RESERVED, memorySize: 0x4000_0000 },
  ]
}
