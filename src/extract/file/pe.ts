import { GoheapError } from '../../errors.ts'
import {
  type ElfSection,
  type ElfSegment,
  type ElfSymbol,
  ET_DYN,
  PF_R,
  PF_W,
  PF_X,
  PT_LOAD,
  SHT_NOBITS,
} from './elf.ts'
import { readCString, readUint64, viewOf } from './elf-header.ts'
import { ImageFile, type ImageHeader, machineOf } from './image-file.ts'
import { checkRange, type InputFile } from './input-file.ts'

/** Microsoft's "PE Format": the file, the optional and the section headers, the COFF symbol table. */
const PE_SIGNATURE = 0x4550
const PE32_PLUS = 0x20b
const MACHINES = { amd64: 0x8664, arm64: 0xaa64 }
const SECTION_SIZE = 40
const SYMBOL_SIZE = 18
const IMAGE_SCN_EXECUTE = 0x2000_0000
const IMAGE_SCN_READ = 0x4000_0000
const IMAGE_SCN_WRITE = 0x8000_0000
/** Debug information: not loaded. */
const IMAGE_SCN_DISCARDABLE = 0x0200_0000
const SHT_PROGBITS = 1
const STT_OBJECT = 1
const STT_FUNC = 2
const ELF_NAMES: Record<string, string> = { '.rdata': '.rodata' }

interface PeSection extends ElfSection {
  memorySize: number
  /** IMAGE_SCN_* */
  characteristics: number
}

interface CoffHeader {
  machine: number
  sectionCount: number
  symbolsAt: number
  symbolCount: number
  imageBase: number
  sectionsAt: number
}

/** `head`: the first bytes of a file. */
export function isPe(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x4d && head[1] === 0x5a
}

/** Reads the headers of a 64-bit PE executable. Throws 'unsupported', 'truncated', 'corrupt'. */
export function openPe(file: InputFile): ImageFile {
  const coff = readCoffHeader(file)
  const strings = readStringTable(file, coff)
  checkRange(file, coff.sectionsAt, coff.sectionCount * SECTION_SIZE, 'its section headers')
  const bytes = file.read(coff.sectionsAt, coff.sectionCount * SECTION_SIZE)
  const sections = Array.from({ length: coff.sectionCount }, (_, i) =>
    readSection(bytes.subarray(i * SECTION_SIZE, (i + 1) * SECTION_SIZE), coff.imageBase, strings),
  )
  const header: ImageHeader = {
    // Windows moves any program that it can; one that it did not move has a bias of 0.
    type: ET_DYN,
    machine: coff.machine,
    entry: coff.imageBase,
    segments: sections
      .filter((section) => (section.characteristics & IMAGE_SCN_DISCARDABLE) === 0)
      .map(toSegment),
    sections,
  }
  return new ImageFile(file, 'pe', header, () => readSymbols(file, coff, sections, strings))
}

function readCoffHeader(file: InputFile): CoffHeader {
  checkRange(file, 0, 64, 'its MZ header')
  const at = viewOf(file.read(0, 64)).getUint32(60, true)
  checkRange(file, at, 24 + 32, 'its PE header')
  const view = viewOf(file.read(at, 24 + 32))
  if (view.getUint32(0, true) !== PE_SIGNATURE) {
    throw new GoheapError('unsupported', `${file.path} is a program for MS-DOS`)
  }
  const machine = machineOf(file, view.getUint16(4, true), MACHINES)
  if (view.getUint16(24, true) !== PE32_PLUS) {
    throw new GoheapError('unsupported', `${file.path} is a 32-bit PE file`)
  }
  return {
    machine,
    sectionCount: view.getUint16(6, true),
    symbolsAt: view.getUint32(12, true),
    symbolCount: view.getUint32(16, true),
    imageBase: readUint64(view, 24 + 24),
    sectionsAt: at + 24 + view.getUint16(20, true),
  }
}

/** It follows the symbols, its size first; empty when there is none. */
function readStringTable(file: InputFile, { symbolsAt, symbolCount }: CoffHeader): Uint8Array {
  const at = symbolsAt + symbolCount * SYMBOL_SIZE
  if (symbolsAt === 0 || at + 4 > file.fileSize) return new Uint8Array(0)
  const size = viewOf(file.read(at, 4)).getUint32(0, true)
  return file.read(at, Math.min(size, file.fileSize - at))
}

function readSection(bytes: Uint8Array, imageBase: number, strings: Uint8Array): PeSection {
  const view = viewOf(bytes)
  const memorySize = view.getUint32(8, true)
  const rawSize = view.getUint32(16, true)
  const short = readCString(bytes.subarray(0, 8), 0)
  // Names of more than eight bytes: `/` and an offset into the string table.
  const name = /^\/\d+$/.test(short) ? readCString(strings, Number(short.slice(1))) : short
  return {
    name: ELF_NAMES[name] ?? name,
    type: rawSize === 0 ? SHT_NOBITS : SHT_PROGBITS,
    flags: 0,
    address: imageBase + view.getUint32(12, true),
    // The raw size is rounded up, the memory size may have zeros beyond the file. Object files have only the first.
    size: rawSize === 0 ? memorySize : Math.min(rawSize, memorySize || rawSize),
    offset: view.getUint32(20, true),
    link: 0,
    info: 0,
    entrySize: 0,
    memorySize,
    characteristics: view.getUint32(36, true),
  }
}

function toSegment({ characteristics, address, size, type, offset, memorySize }: PeSection): ElfSegment {
  return {
    type: PT_LOAD,
    flags:
      (characteristics & IMAGE_SCN_READ ? PF_R : 0) |
      (characteristics & IMAGE_SCN_WRITE ? PF_W : 0) |
      (characteristics & IMAGE_SCN_EXECUTE ? PF_X : 0),
    virtualAddress: address,
    memorySize,
    offset,
    fileSize: type === SHT_NOBITS ? 0 : size,
    align: 0,
  }
}

/** Rows of {name or offset, value, section, type, storage class, auxiliary rows}. */
function readSymbols(
  file: InputFile,
  { symbolsAt, symbolCount }: CoffHeader,
  sections: readonly PeSection[],
  strings: Uint8Array,
): ElfSymbol[] {
  if (symbolsAt === 0) return []
  checkRange(file, symbolsAt, symbolCount * SYMBOL_SIZE, 'its symbol table')
  const bytes = file.read(symbolsAt, symbolCount * SYMBOL_SIZE)
  const view = viewOf(bytes)
  const symbols: ElfSymbol[] = []
  for (let i = 0; i < symbolCount; i++) {
    const at = i * SYMBOL_SIZE
    const section = sections[view.getInt16(at + 12, true) - 1]
    const isLong = view.getUint32(at, true) === 0
    i += view.getUint8(at + 17)
    if (section === undefined) continue
    symbols.push({
      name: isLong
        ? readCString(strings, view.getUint32(at + 4, true))
        : readCString(bytes.subarray(at, at + 8), 0),
      address: section.address + view.getUint32(at + 8, true),
      size: 0,
      type: section.characteristics & IMAGE_SCN_EXECUTE ? STT_FUNC : STT_OBJECT,
    })
  }
  return symbols
}
