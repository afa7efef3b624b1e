import { type Elf, openElf } from './elf.ts'
import { InputFile } from './input-file.ts'
import { isMacho, openMacho } from './macho.ts'
import { isPe, openPe } from './pe.ts'

/**
 * Opens an executable of Linux, macOS or Windows. Those of macOS and Windows are shown in the terms of ELF: segments and
 * sections with the flags, types and names of ELF's, so that their readers need not know. `entry` is what the core's
 * entry point is held against: of a Mach-O file the address of its header, of a PE file the image base.
 * Throws as openElf: 'not-elf' when it is none of these. `location`: see Elf.
 */
export function openBinary(path: string, location = path): Elf {
  const file = new InputFile(path, location)
  try {
    const head = file.read(0, Math.min(64, file.fileSize))
    if (isMacho(head)) return openMacho(file)
    if (isPe(head)) return openPe(file)
  } catch (error) {
    file.close()
    throw error
  }
  file.close()
  return openElf(path, location)
}
