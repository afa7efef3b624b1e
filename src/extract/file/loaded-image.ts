import { existsSync } from 'node:fs'
import { GoheapError } from '../../errors.ts'
import type { CoreImage } from './address-space.ts'
import { AT_PHDR, ELF_HEADER_SIZE, findFirstSegment, readBuildIdsAt } from './binary-match.ts'
import type { CoreNotes } from './core-notes.ts'
import { type Elf, ET_DYN, openElf } from './elf.ts'
import { findRange } from './extents.ts'
import type { Memory } from './memory.ts'
import type { BuildIds } from './notes.ts'

/**
 * Go as a part of another program: a library of `go build -buildmode=c-shared` has a Go runtime of its own, and what is
 * called the binary elsewhere is then that library, and not the program that loaded it.
 */

/** A file that the process had loaded, seen by the ELF header that the core holds of it. */
interface LoadedImage {
  address: number
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
  const loaded = listLibraries(process).find(({ ids }) => isSame(ids, own))
  return loaded === undefined ? undefined : loaded.address - first.virtualAddress
}

/**
 * The library with the Go runtime of a program that is not Go itself; undefined when there is none. The caller closes it.
 * Throws 'unsupported' when there are several, and 'file' when it is not where the process had it.
 */
export function openGoLibrary(program: Elf, process: LoadedImages): Elf | undefined {
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
    throw new GoheapError(
      'file',
      `${program.path} is not a Go program; its Go runtime is in ${describe(library)}, which is not here: name it as the binary`,
    )
  }
  const elf = openElf(library.path)
  if (isSame(library.ids, { go: elf.goBuildId, gnu: elf.gnuBuildId })) return elf
  elf.close()
  throw new GoheapError(
    'wrong-binary',
    `${library.path} is not the library of this core: its Go build id is ${elf.goBuildId}, the core's is ${library.ids.go}`,
  )
}

/** All that begins with an ELF header, but the program itself. */
function listLibraries({ notes, image, memory }: LoadedImages): LoadedImage[] {
  const programHeaders = notes.auxv.get(AT_PHDR)
  const program = programHeaders === undefined ? undefined : programHeaders - ELF_HEADER_SIZE
  const magic = new Uint8Array(4)
  const found: LoadedImage[] = []
  for (const { address } of image.present) {
    if (address === program || memory.readInto(address, magic) < magic.length) continue
    if (Buffer.from(magic).toString('latin1') !== '\x7fELF') continue
    const row = notes.mappedFiles[findRange(notes.mappedFiles, address)]
    const path = row !== undefined && row.address === address ? row.path : undefined
    found.push({ address, ids: readBuildIdsAt(memory, address), path })
  }
  return found
}

function isSame(a: BuildIds, b: BuildIds): boolean {
  const shared = (['go', 'gnu'] as const).filter((kind) => a[kind] !== undefined && b[kind] !== undefined)
  return shared.length > 0 && shared.every((kind) => a[kind] === b[kind])
}
