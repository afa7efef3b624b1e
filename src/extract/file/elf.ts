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
  readonly path: string
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
