import { GoheapError } from '../../errors.ts'
import {
  type ElfSection,
  type ElfSegment,
  type ElfSymbol,
  ET_DYN,
  ET_EXEC,
  PF_R,
  PF_W,
  PF_X,
  PT_LOAD,
  SHT_NOBITS,
} from './elf.ts'
import { readCString, readUint64, viewOf } from './elf-header.ts'
import { ImageFile, type ImageHeader, machineOf } from './image-file.ts'
import { checkRange, type InputFile } from './input-file.ts'

/** mach-o/loader.h, mach/machine.h, mach/vm_prot.h, mach-o/nlist.h */
const MH_MAGIC_64 = 0xfeedfacf
const FAT_MAGICS = [0xbebafeca, 0xbfbafeca]
const MH_EXECUTE = 2
const MH_PIE = 0x20_0000
const CPUS = { amd64: 0x0100_0007, arm64: 0x0100_000c }
const LC_SYMTAB = 2
const LC_SEGMENT_64 = 0x19
const ZEROFILL_TYPES = [1, 0xc]
const N_STAB = 0xe0
const N_TYPE = 0x0e
const N_SECT = 0x0e
const HEADER_SIZE = 32
const SEGMENT_SIZE = 72
const SECTION_SIZE = 80
const SYMBOL_SIZE = 16
const SHT_PROGBITS = 1
const STT_OBJECT = 1
const STT_FUNC = 2
/** A section's name has 16 bytes: longer ones of DWARF 5 are cut off. */
const NAME_SIZE = 16
const LONG_NAMES = [
  '__zdebug_loclists',
  '__zdebug_rnglists',
  '__debug_str_offsets',
  '__zdebug_str_offsets',
  '__zdebug_line_str',
]

/** `head`: the first bytes of a file. */
export function isMacho(head: Uint8Array): boolean {
  if (head.length < 4) return false
  const magic = viewOf(head).getUint32(0, true)
  return magic === MH_MAGIC_64 || FAT_MAGICS.includes(magic)
}

/** Reads the load commands of a 64-bit Mach-O executable. Throws 'unsupported', 'wrong-binary', 'truncated', 'corrupt'. */
export function openMacho(file: InputFile): ImageFile {
  checkRange(file, 0, HEADER_SIZE, 'its Mach-O header')
  const head = viewOf(file.read(0, HEADER_SIZE))
  if (head.getUint32(0, true) !== MH_MAGIC_64) {
    const advice = 'take one out with lipo -thin'
    throw new GoheapError('unsupported', `${file.path} holds programs for several machines: ${advice}`)
  }
  if (head.getUint32(12, true) !== MH_EXECUTE) {
    throw new GoheapError('wrong-binary', `${file.path} is a Mach-O file, but no program`)
  }
  const commands = readCommands(file, head.getUint32(16, true), head.getUint32(20, true))
  const segments = commands.filter(({ kind }) => kind === LC_SEGMENT_64).map(({ bytes }) => bytes)
  const sections = segments.flatMap((bytes) => readSections(file, bytes))
  const text = segments.find((bytes) => readName(bytes, 8) === '__TEXT')
  const header: ImageHeader = {
    type: head.getUint32(24, true) & MH_PIE ? ET_DYN : ET_EXEC,
    machine: machineOf(file, head.getUint32(4, true), CPUS),
    entry: text ? readUint64(viewOf(text), 24) : 0,
    segments: segments.map(readSegment).filter(({ flags, fileSize }) => flags !== 0 && fileSize > 0),
    sections,
  }
  const table = commands.find(({ kind }) => kind === LC_SYMTAB)
  return new ImageFile(file, 'mach-o', header, () => (table ? readSymbols(file, table.bytes, sections) : []))
}

function readCommands(file: InputFile, count: number, size: number): { kind: number; bytes: Uint8Array }[] {
  checkRange(file, HEADER_SIZE, size, 'its load commands')
  const bytes = file.read(HEADER_SIZE, size)
  const view = viewOf(bytes)
  const commands: { kind: number; bytes: Uint8Array }[] = []
  for (let i = 0, at = 0; i < count; i++) {
    const length = at + 8 <= size ? view.getUint32(at + 4, true) : 0
    if (length < 8 || at + length > size) {
      throw new GoheapError('corrupt', `${file.path}: load command ${i} does not fit`)
    }
    const kind = view.getUint32(at, true)
    if (kind === LC_SEGMENT_64 && length < SEGMENT_SIZE) {
      throw new GoheapError('corrupt', `${file.path}: load command ${i} is too short`)
    }
    commands.push({ kind, bytes: bytes.subarray(at, at + length) })
    at += length
  }
  return commands
}

function readSegment(bytes: Uint8Array): ElfSegment {
  const view = viewOf(bytes)
  const protection = view.getUint32(60, true)
  return {
    type: PT_LOAD,
    flags: (protection & 1 ? PF_R : 0) | (protection & 2 ? PF_W : 0) | (protection & 4 ? PF_X : 0),
    virtualAddress: readUint64(view, 24),
    memorySize: readUint64(view, 32),
    offset: readUint64(view, 40),
    fileSize: readUint64(view, 48),
    align: 0,
  }
}

function readSections(file: InputFile, bytes: Uint8Array): ElfSection[] {
  const view = viewOf(bytes)
  const count = view.getUint32(64, true)
  if (SEGMENT_SIZE + count * SECTION_SIZE > bytes.length) {
    throw new GoheapError('corrupt', `${file.path}: ${count} sections do not fit their load command`)
  }
  return Array.from({ length: count }, (_, i) => {
    const at = SEGMENT_SIZE + i * SECTION_SIZE
    const isZero = ZEROFILL_TYPES.includes(view.getUint32(at + 64, true) & 0xff)
    return {
      name: elfName(readName(bytes, at)),
      type: isZero ? SHT_NOBITS : SHT_PROGBITS,
      flags: 0,
      address: readUint64(view, at + 32),
      size: readUint64(view, at + 40),
      offset: view.getUint32(at + 48, true),
      link: 0,
      info: 0,
      entrySize: 0,
    }
  })
}

function readName(bytes: Uint8Array, at: number): string {
  return readCString(bytes.subarray(at, at + NAME_SIZE), 0)
}

/** `__zdebug_info` to `.zdebug_info`, `__go_buildinfo` to `.go.buildinfo`. */
function elfName(name: string): string {
  const whole = (name.length === NAME_SIZE && LONG_NAMES.find((long) => long.startsWith(name))) || name
  return whole.replace(/^__(go_)?/, (_, go?: string) => (go === undefined ? '.' : '.go.'))
}

/** struct symtab_command {symoff, nsyms, stroff, strsize}; struct nlist_64 {strx, type, sect, desc, value}. */
function readSymbols(file: InputFile, command: Uint8Array, sections: readonly ElfSection[]): ElfSymbol[] {
  if (command.length < 24)
    throw new GoheapError('corrupt', `${file.path}: its symbol table command is too short`)
  const view = viewOf(command)
  const [offset, count, namesAt, namesSize] = [8, 12, 16, 20].map((at) => view.getUint32(at, true))
  checkRange(file, offset, count * SYMBOL_SIZE, 'its symbol table')
  checkRange(file, namesAt, namesSize, 'its symbol names')
  const entries = viewOf(file.read(offset, count * SYMBOL_SIZE))
  const names = file.read(namesAt, namesSize)
  const symbols: ElfSymbol[] = []
  for (let at = 0; at < entries.byteLength; at += SYMBOL_SIZE) {
    const type = entries.getUint8(at + 4)
    const section = sections[entries.getUint8(at + 5) - 1]
    if ((type & N_STAB) !== 0 || (type & N_TYPE) !== N_SECT || section === undefined) continue
    symbols.push({
      // As in C programs, all names have an underscore before them.
      name: readCString(names, entries.getUint32(at, true)).replace(/^_/, ''),
      address: readUint64(entries, at + 8),
      size: 0,
      type: section.name === '.text' ? STT_FUNC : STT_OBJECT,
    })
  }
  return symbols
}
