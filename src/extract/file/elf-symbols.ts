import type { ElfSection, ElfSymbol } from './elf.ts'
import { readCString, readUint64, viewOf } from './elf-header.ts'
import { readSectionBytes } from './elf-section.ts'
import type { InputFile } from './input-file.ts'

const SHT_SYMTAB = 2
const SYMBOL_SIZE = 24
const STT_FUNC = 2
const SHN_UNDEF = 0
const SHN_LORESERVE = 0xff00

/** The defined data, function and untyped symbols of .symtab, by address; empty when the file is stripped. */
export function readSymbols(file: InputFile, sections: readonly ElfSection[]): ElfSymbol[] {
  const table = sections.find((section) => section.type === SHT_SYMTAB)
  const strings = table && sections[table.link]
  if (!table || !strings) return []
  const entries = readSectionBytes(file, table)
  const names = readSectionBytes(file, strings)
  if (!entries || !names) return []
  const view = viewOf(entries)
  const symbols: ElfSymbol[] = []
  for (let at = 0; at + SYMBOL_SIZE <= entries.length; at += SYMBOL_SIZE) {
    const type = entries[at + 4] & 0xf
    const sectionIndex = view.getUint16(at + 6, true)
    // Sections, files and thread-local offsets are no addresses; neither are absolute values (SHN_ABS).
    if (type > STT_FUNC || sectionIndex === SHN_UNDEF || sectionIndex >= SHN_LORESERVE) continue
    symbols.push({
      name: readCString(names, view.getUint32(at, true)),
      address: readUint64(view, at + 8),
      size: readUint64(view, at + 16),
      type,
    })
  }
  return symbols.sort((a, b) => a.address - b.address)
}
