import { ByteReader, readText } from '../../base/byte-reader.ts'
import { GoheapError } from '../../errors.ts'

/** Where the sections come from: an opened Elf is one. Contents are decompressed; undefined when absent. */
export interface SectionSource {
  sectionBytes(name: string): Uint8Array | undefined
}

const NAMES = [
  'info',
  'abbrev',
  'str',
  'line_str',
  'str_offsets',
  'addr',
  'loc',
  'loclists',
  'ranges',
  'rnglists',
] as const
export type SectionName = (typeof NAMES)[number]

/** The debug sections of one binary. Absent ones are empty. */
export interface DebugSections {
  bytes(name: SectionName): Uint8Array
  /** Text at an offset of a string section; undefined when it is not there. */
  text(name: SectionName, offset: number): string | undefined
  /** A reader of a section from an offset on. Throws 'corrupt' when the offset is not inside. */
  reader(name: SectionName, offset: number): ByteReader
}

export function loadSections(source: SectionSource): DebugSections {
  const loaded = new Map<SectionName, Uint8Array>()
  const bytes = (name: SectionName): Uint8Array => {
    let section = loaded.get(name)
    if (section === undefined) {
      section = source.sectionBytes(`.debug_${name}`) ?? new Uint8Array(0)
      loaded.set(name, section)
    }
    return section
  }
  return {
    bytes,
    text: (name, offset) => readText(bytes(name), offset),
    reader: (name, offset) => {
      const section = bytes(name)
      if (!(offset >= 0 && offset <= section.length)) {
        throw new GoheapError('corrupt', `.debug_${name} has no offset 0x${offset.toString(16)}`)
      }
      return new ByteReader(section, `.debug_${name}`, offset)
    },
  }
}
