import { type ElfHeader, readElfHeader, readSections } from './elf-header.ts'
import { readSectionBytes } from './elf-section.ts'
import { readSymbols } from './elf-symbols.ts'
import { InputFile } from './input-file.ts'
import { type BuildIds, collectBuildId, readNotes } from './notes.ts'

export interface ElfSegment {
  type: number
  flags: number
  offset: number
  virtualAddress: number
  fileSize: number
  memorySize: number
  align: number
}

export interface ElfSection {
  name: string
  type: number
  flags: number
  address: number
  offset: number
  size: number
  link: number
  info: number
  entrySize: number
}

export interface ElfSymbol {
  name: string
  /** Link-time address. */
  address: number
  size: number
  /** STT_*: 1 object, 2 function. */
  type: number
}

/** A parsed ELF file: headers in memory, contents read when asked for. */
export interface Elf {
  /** 'elf', unless openBinary shows another format in terms of ELF. */
  readonly format: 'elf' | 'mach-o' | 'pe'
  /** What it is called in errors. */
  readonly path: string
  /** Where its bytes are: `path`, unless it was unpacked to another file. */
  readonly location: string
  readonly fileSize: number
  /** ET_EXEC 2, ET_DYN 3, ET_CORE 4. */
  readonly type: number
  /** EM_X86_64 62, EM_AARCH64 183. */
  readonly machine: number
  readonly entry: number
  readonly segments: readonly ElfSegment[]
  readonly sections: readonly ElfSection[]
  section(name: string): ElfSection | undefined
  /** Contents of a section, decompressed (SHF_COMPRESSED zlib and zstd, and .zdebug_ naming); undefined when absent. */
  sectionBytes(name: string): Uint8Array | undefined
  /** .symtab, sorted by address; empty when stripped. */
  symbols(): readonly ElfSymbol[]
  /** Hex of the NT_GNU_BUILD_ID note. */
  readonly gnuBuildId: string | undefined
  /** Text of the Go build id note (owner "Go", type 4). */
  readonly goBuildId: string | undefined
  read(offset: number, size: number): Uint8Array
  close(): void
}

export const PT_LOAD = 1
export const PT_NOTE = 4
/** ElfSection.type of a section that takes no bytes in the file. */
export const SHT_NOBITS = 8
export const ET_EXEC = 2
export const ET_DYN = 3
export const ET_CORE = 4
/** Bits of ElfSegment.flags. */
export const PF_X = 1
export const PF_W = 2
export const PF_R = 4

/**
 * Opens an ELF64 little endian file: executable, shared library or core. Throws GoheapError 'file', 'not-elf',
 * 'unsupported' (32-bit, big endian), 'truncated' or 'corrupt'. `location`: see Elf.
 */
export function openElf(path: string, location = path): Elf {
  const file = new InputFile(path, location)
  try {
    return new ElfFile(file)
  } catch (error) {
    file.close()
    throw error
  }
}

class ElfFile implements Elf {
  readonly format = 'elf'
  readonly path: string
  readonly location: string
  readonly fileSize: number
  readonly type: number
  readonly machine: number
  readonly entry: number
  readonly segments: readonly ElfSegment[]
  readonly #file: InputFile
  readonly #header: ElfHeader
  #sections: ElfSection[] | undefined
  #sectionsByName: Map<string, ElfSection> | undefined
  #symbols: ElfSymbol[] | undefined
  #buildIds: BuildIds | undefined

  constructor(file: InputFile) {
    this.#file = file
    this.#header = readElfHeader(file)
    this.path = file.path
    this.location = file.location
    this.fileSize = file.fileSize
    this.type = this.#header.type
    this.machine = this.#header.machine
    this.entry = this.#header.entry
    this.segments = this.#header.segments
  }

  get sections(): readonly ElfSection[] {
    this.#sections ??= readSections(this.#file, this.#header.sectionTable)
    return this.#sections
  }

  section(name: string): ElfSection | undefined {
    if (!this.#sectionsByName) {
      this.#sectionsByName = new Map()
      for (const section of this.sections) {
        if (!this.#sectionsByName.has(section.name)) this.#sectionsByName.set(section.name, section)
      }
    }
    return this.#sectionsByName.get(name)
  }

  sectionBytes(name: string): Uint8Array | undefined {
    const section = this.section(name)
    if (section) return readSectionBytes(this.#file, section)
    // GNU's older naming: the compressed form of .debug_info is called .zdebug_info.
    return name.startsWith('.debug_') ? this.sectionBytes(`.zdebug_${name.slice(7)}`) : undefined
  }

  symbols(): readonly ElfSymbol[] {
    this.#symbols ??= readSymbols(this.#file, this.sections)
    return this.#symbols
  }

  get gnuBuildId(): string | undefined {
    return this.#readBuildIds().gnu
  }

  get goBuildId(): string | undefined {
    return this.#readBuildIds().go
  }

  read(offset: number, size: number): Uint8Array {
    return this.#file.read(offset, size)
  }

  close(): void {
    this.#file.close()
  }

  /** From the note segments; a malformed one is as good as none, the caller then has no id to compare. */
  #readBuildIds(): BuildIds {
    if (this.#buildIds) return this.#buildIds
    const ids: BuildIds = { gnu: undefined, go: undefined }
    for (const segment of this.segments) {
      if (segment.type === PT_NOTE) readNotes(this.#file, segment, (note) => collectBuildId(note, ids))
    }
    this.#buildIds = ids
    return ids
  }
}
