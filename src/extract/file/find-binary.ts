import { existsSync } from 'node:fs'
import { GoheapError } from '../../errors.ts'
import { Problems } from '../../model/problem.ts'
import { planMemory, readCoreImage } from './address-space.ts'
import type { BinaryFolder } from './binary-folder.ts'
import { AT_ENTRY, AT_PHDR, ELF_HEADER_SIZE, readBuildIdsAt } from './binary-match.ts'
import { archOf } from './core.ts'
import { type CoreNotes, readCoreNotes } from './core-notes.ts'
import { ET_CORE, openElf } from './elf.ts'
import { findRange } from './extents.ts'
import { findTextBuildId } from './image-file.ts'
import { type LoadedImage, listImages } from './loaded-image.ts'
import { type Memory, openMemory } from './memory.ts'
import type { BuildIds } from './notes.ts'

export interface FindBinaryOptions {
  /** Where to look for a program with the core's build id. */
  folder?: BinaryFolder | undefined
  /** Where the contents of a compressed core are: see unpackInputs. */
  coreLocation?: string | undefined
}

/**
 * The path of the program that a core came from: in `folder`, by build id; without one, where the core says that it was. openCore then holds it against the core. Throws GoheapError 'file' when it is not there or the core does not say,
 * 'wrong-binary' when no program of the folder has the core's build id, and as openElf.
 */
export function findBinary(corePath: string, options: FindBinaryOptions = {}): string {
  const origin = readOrigin(corePath, options.coreLocation)
  const { ids, path } = origin
  if (options.folder !== undefined) return searchFolder(options.folder, corePath, origin)
  const known = describeIds(ids)
  const advice = 'name the binary, or a folder to look in with --binary-dir'
  if (path === undefined) {
    throw new GoheapError('file', `${corePath} does not say where its program is${known}: ${advice}`)
  }
  if (existsSync(path)) return path
  throw new GoheapError(
    'file',
    `the program of ${corePath} was ${path}${known}, which is not here: ${advice}`,
  )
}

interface Origin {
  ids: BuildIds
  /** Of what the program had loaded. */
  libraries: BuildIds[]
  path: string | undefined
}

function readOrigin(corePath: string, location: string | undefined): Origin {
  const core = openElf(corePath, location)
  try {
    if (core.type !== ET_CORE) throw new GoheapError('not-core', `${corePath} is not a core`)
    // openCore reads the same again, and keeps what is wrong with it.
    const problems = new Problems()
    const notes = readCoreNotes(core, archOf(core), problems)
    const image = readCoreImage(core, problems)
    const memory = openMemory(planMemory(image.present, []), { cacheBytes: 0 })
    try {
      const images = listImages({ notes, image, memory })
      const libraries = images.filter(({ isProgram }) => !isProgram).map((library) => library.ids)
      return { ids: readIds(notes, memory, images), libraries, path: findPath(notes) }
    } finally {
      memory.close()
    }
  } finally {
    core.close()
  }
}

/** Without ELF notes, the Go build id stands at the start of the text: a page behind the header that the entry point is. */
const TEXT_OFFSET = 0x1000
const TEXT_SEARCHED = 1 << 15

function readIds(notes: CoreNotes, memory: Memory, images: readonly LoadedImage[]): BuildIds {
  const programHeaders = notes.auxv.get(AT_PHDR)
  if (programHeaders !== undefined) return readBuildIdsAt(memory, programHeaders - ELF_HEADER_SIZE)
  if (notes.system !== 'linux' && notes.entry !== undefined) {
    const text = new Uint8Array(TEXT_SEARCHED)
    const size = memory.readInto(notes.entry + TEXT_OFFSET, text)
    return { gnu: undefined, go: findTextBuildId(text.subarray(0, size)) }
  }
  return images.find(({ isProgram }) => isProgram)?.ids ?? { gnu: undefined, go: undefined }
}

/** The mapped file with the entry point; delve has no list of them, but names the program before its arguments. */
function findPath({ auxv, mappedFiles, writer, commandLine }: CoreNotes): string | undefined {
  const entry = auxv.get(AT_ENTRY)
  const row = entry === undefined ? undefined : mappedFiles[findRange(mappedFiles, entry)]
  if (row !== undefined && entry !== undefined && entry < row.address + row.size) return row.path
  return writer === 'delve' && commandLine?.startsWith('/') ? commandLine : undefined
}

/** The program, or else, when that is not Go and not there, the one library in it that is Go. */
function searchFolder(folder: BinaryFolder, corePath: string, { ids, libraries }: Origin): string {
  const goLibraries = ids.go === undefined ? libraries.filter((library) => library.go !== undefined) : []
  const candidates = [ids, ...(goLibraries.length === 1 ? goLibraries : [])]
  if (candidates.every(({ go, gnu }) => go === undefined && gnu === undefined)) {
    throw new GoheapError(
      'file',
      `${corePath} holds no build id to look for in ${folder.path}: name the binary`,
    )
  }
  for (const candidate of candidates) {
    const path = folder.findProgram(candidate)
    if (path !== undefined) return path
  }
  const found = `none of the ${folder.countPrograms()} programs in ${folder.path} is the one of ${corePath}`
  throw new GoheapError('wrong-binary', `${found}${candidates.map(describeIds).join(', nor its library')}`)
}

function describeIds({ go, gnu }: BuildIds): string {
  const named = [go === undefined ? '' : `Go build id ${go}`, gnu === undefined ? '' : `build id ${gnu}`]
  const known = named.filter((name) => name !== '')
  return known.length === 0 ? '' : ` (${known.join(', ')})`
}
