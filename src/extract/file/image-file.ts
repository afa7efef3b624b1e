import { GoheapError } from '../../errors.ts'
import type { Elf, ElfSection, ElfSegment, ElfSymbol } from './elf.ts'
import { readSectionBytes } from './elf-section.ts'
import type { InputFile } from './input-file.ts'

/** What the headers of an executable of macOS or Windows say, in the terms of ELF. */
export interface ImageHeader {
  type: number
  machine: number
  entry: number
  segments: ElfSegment[]
  /** With the names that ELF has for them. */
  sections: ElfSection[]
}

const BUILD_ID_SEARCHED = 32 * 1024
const GO_BUILD_ID = Buffer.from('\xff Go build ID: "', 'latin1')
const GO_BUILD_ID_END = Buffer.from('"\n \xff', 'latin1')
const EM_X86_64 = 62
const EM_AARCH64 = 183

/** An executable that is no ELF file: see openBinary. Its headers come from the reader of its format. */
export class ImageFile implements Elf {
  readonly format: 'mach-o' | 'pe'
  readonly path: string
  readonly location: string
  readonly fileSize: number
  readonly type: number
  readonly machine: number
  readonly entry: number
  readonly segments: readonly ElfSegment[]
  readonly sections: readonly ElfSection[]
  readonly gnuBuildId = undefined
  readonly #file: InputFile
  readonly #sectionsByName: Map<string, ElfSection>
  readonly #readSymbols: () => ElfSymbol[]
  #symbols: ElfSymbol[] | undefined

  constructor(file: InputFile, format: 'mach-o' | 'pe', header: ImageHeader, readSymbols: () => ElfSymbol[]) {
    this.#file = file
    this.#readSymbols = readSymbols
    this.format = format
    this.path = file.path
    this.location = file.location
    this.fileSize = file.fileSize
    this.type = header.type
    this.machine = header.machine
    this.entry = header.entry
    this.segments = header.segments
    this.sections = header.sections
    this.#sectionsByName = new Map(header.sections.toReversed().map((section) => [section.name, section]))
  }

  section(name: string): ElfSection | undefined {
    return this.#sectionsByName.get(name)
  }

  sectionBytes(name: string): Uint8Array | undefined {
    const section = this.section(name)
    if (section) return readSectionBytes(this.#file, section)
    return name.startsWith('.debug_') ? this.sectionBytes(`.zdebug_${name.slice(7)}`) : undefined
  }

  /** Without sizes, which these formats do not have. */
  symbols(): readonly ElfSymbol[] {
    this.#symbols ??= this.#readSymbols().sort((a, b) => a.address - b.address)
    return this.#symbols
  }

  get goBuildId(): string | undefined {
    const text = this.section('.text')
    if (text === undefined) return undefined
    const size = Math.min(text.size, BUILD_ID_SEARCHED, this.fileSize - text.offset)
    return size > 0 ? findTextBuildId(this.#file.read(text.offset, size)) : undefined
  }

  read(offset: number, size: number): Uint8Array {
    return this.#file.read(offset, size)
  }

  close(): void {
    this.#file.close()
  }
}

/**
 * The Go build id that the linker puts at the start of the text where there are no notes; undefined when it is not among
 * these bytes. cmd/internal/buildid/buildid.go, readRaw.
 */
export function findTextBuildId(text: Uint8Array): string | undefined {
  const bytes = Buffer.from(text.buffer, text.byteOffset, Math.min(text.length, BUILD_ID_SEARCHED))
  const at = bytes.indexOf(GO_BUILD_ID)
  const end = at < 0 ? -1 : bytes.indexOf(GO_BUILD_ID_END, at + GO_BUILD_ID.length)
  return end < 0 ? undefined : bytes.toString('utf8', at + GO_BUILD_ID.length, end)
}

/** The ELF machine by a format's own number for it. */
export function machineOf(
  file: InputFile,
  number: number,
  numbers: { amd64: number; arm64: number },
): number {
  if (number === numbers.amd64) return EM_X86_64
  if (number === numbers.arm64) return EM_AARCH64
  throw new GoheapError('unsupported', `${file.path} is for a machine other than amd64 and arm64 (${number})`)
}
