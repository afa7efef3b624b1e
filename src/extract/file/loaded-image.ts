import { existsSync } from 'node:fs'
import { GoheapError } from '../../errors.ts'
import type { CoreImage } from './address-space.ts'
import type { BinaryFolder } from './binary-folder.ts'
import { AT_ENTRY, AT_PHDR, ELF_HEADER_SIZE, findFirstSegment, readBuildIdsAt } from './binary-match.ts'
import type { CoreNotes } from './core-notes.ts'
import { type Elf, ET_DYN, openElf } from './elf.ts'
import { findRange } from './extents.ts'
import type { Memory } from './memory.ts'
import { type BuildIds, isSameBuild } from './notes.ts'

/**
 * Go as a part of another program: a library of `go build -buildmode=c-shared` has a Go runtime of its own, and what is
 * called the binary elsewhere is then that library, and not the program that loaded it.
 */

/** A file that the process had loaded, seen by the ELF header that the core holds of it. */
export interface LoadedImage {
  address: number
  /** The program itself, not a library. */
  isProgram: boolean
  ids: BuildIds
  /** Undefined without NT_FILE. */
  path: string | undefined
}

/** Where to look: the core alone. */
export interface LoadedImages {
  notes: CoreNotes
  image: CoreImage
  memory: Memory
}

/**
 * How far from its link-time addresses a library was loaded; undefined when `binary` is none that the process had loaded
 * beside its program.
 */
export function findLibraryBias(binary: Elf, process: LoadedImages): number | undefined {
  const first = findFirstSegment(binary)
  const own = { go: binary.goBuildId, gnu: binary.gnuBuildId }
  if (binary.format !== 'elf' || binary.type !== ET_DYN || first === undefined) return undefined
  const loaded = listLibraries(process).find(({ ids }) => isSameBuild(ids, own))
  return loaded === undefined ? undefined : loaded.address - first.virtualAddress
}

/**
 * The library with the Go runtime of a program that is not Go itself; undefined when there is none. The caller closes it.
 * Throws 'unsupported' when there are several, and 'file' when it is neither where the process had it nor in `folder`.
 */
export function openGoLibrary(
  program: Elf,
  process: LoadedImages,
  folder: BinaryFolder | undefined,
): Elf | undefined {
  if (program.format !== 'elf' || program.goBuildId !== undefined) return undefined
  if (program.section('.go.buildinfo') !== undefined) return undefined
  const [library, ...others] = listLibraries(process).filter(({ ids }) => ids.go !== undefined)
  if (library === undefined) return undefined
  const describe = ({ path, ids }: LoadedImage) => path ?? `the library with Go build id ${ids.go}`
  if (others.length > 0) {
    const all = [library, ...others].map(describe).join(' and ')
    throw new GoheapError(
      'unsupported',
      `${program.path} is not a Go program, and has loaded several: ${all}; name one of them as the binary`,
    )
  }
  if (library.path === undefined || !existsSync(library.path)) {
    const found = folder?.findProgram(library.ids)
    if (found !== undefined) return openElf(found)
    throw new GoheapError(
      'file',
      `${program.path} is not a Go program; its Go runtime is in ${describe(library)}, which is not here: name it as the binary`,
    )
  }
  const elf = openElf(library.path)
  if (isSameBuild(library.ids, { go: elf.goBuildId, gnu: elf.gnuBuildId })) return elf
  elf.close()
  const inFolder = folder?.findProgram(library.ids)
  if (inFolder !== undefined) return openElf(inFolder)
  throw new GoheapError(
    'wrong-binary',
    `${library.path} is not the library of this core: its Go build id is ${elf.goBuildId}, the core's is ${library.ids.go}`,
  )
}

const listLibraries = (process: LoadedImages) => listImages(process).filter(({ isProgram }) => !isProgram)

/** All that begins with an ELF header. */
export function listImages({ notes, image, memory }: LoadedImages): LoadedImage[] {
  const magic = new Uint8Array(4)
  const found: LoadedImage[] = []
  for (const { address } of image.present) {
    if (memory.readInto(address, magic) < magic.length) continue
    if (Buffer.from(magic).toString('latin1') !== '\x7fELF') continue
    const row = notes.mappedFiles[findRange(notes.mappedFiles, address)]
    const path = row !== undefined && row.address === address ? row.path : undefined
    found.push({ address, isProgram: false, ids: readBuildIdsAt(memory, address), path })
  }
  const program = findProgramHeader(notes, found)
  for (const loaded of found) loaded.isProgram = loaded.address === program
  return found
}

/** Where the ELF header of the program is; without AT_PHDR, as of delve's linux/arm64 dumps, the last one before its entry point. */
function findProgramHeader({ auxv, entry }: CoreNotes, images: readonly LoadedImage[]): number | undefined {
  const programHeaders = auxv.get(AT_PHDR)
  if (programHeaders !== undefined) return programHeaders - ELF_HEADER_SIZE
  const begin = auxv.get(AT_ENTRY) ?? entry
  return begin === undefined ? undefined : images.findLast(({ address }) => address <= begin)?.address
}
