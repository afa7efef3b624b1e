import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { GoheapError } from '../../errors.ts'
import { Problems } from '../../model/problem.ts'
import { planMemory, readCoreImage } from './address-space.ts'
import { openBinary } from './binary.ts'
import { AT_ENTRY, AT_PHDR, ELF_HEADER_SIZE, readBuildIdsAt } from './binary-match.ts'
import { archOf } from './core.ts'
import { type CoreNotes, readCoreNotes } from './core-notes.ts'
import { type Elf, ET_CORE, ET_DYN, ET_EXEC, openElf, SHT_NOBITS } from './elf.ts'
import { findRange } from './extents.ts'
import { findTextBuildId } from './image-file.ts'
import { describeSystemError, InputFile } from './input-file.ts'
import { type Memory, openMemory } from './memory.ts'
import type { BuildIds } from './notes.ts'

export interface FindBinaryOptions {
  /** Folder in which to look, with all below it, for a program with the core's build id. */
  directory?: string | undefined
  /** Where the contents of a compressed core are: see unpackInputs. */
  coreLocation?: string | undefined
}

/**
 * The path of the program that a core came from: in `directory`, by build id; without one, where the core says that it
 * was. openCore then holds it against the core. Throws GoheapError 'file' when it is not there or the core does not say,
 * 'wrong-binary' when no program of the folder has the core's build id, and as openElf.
 */
export function findBinary(corePath: string, options: FindBinaryOptions = {}): string {
  const { ids, path } = readOrigin(corePath, options.coreLocation)
  if (options.directory !== undefined) return searchFolder(options.directory, corePath, ids)
  const known = describeIds(ids)
  if (path === undefined) {
    throw new GoheapError('file', `${corePath} does not say where its program is${known}: name the binary`)
  }
  if (existsSync(path)) return path
  const advice = 'name the binary, or a folder to look in with --binary-dir'
  throw new GoheapError(
    'file',
    `the program of ${corePath} was ${path}${known}, which is not here: ${advice}`,
  )
}

interface Origin {
  ids: BuildIds
  path: string | undefined
}

function readOrigin(corePath: string, location: string | undefined): Origin {
  const core = openElf(corePath, location)
  try {
    if (core.type !== ET_CORE) throw new GoheapError('not-core', `${corePath} is not a core`)
    // openCore reads the same again, and keeps what is wrong with it.
    const problems = new Problems()
    const notes = readCoreNotes(core, archOf(core), problems)
    const memory = openMemory(planMemory(readCoreImage(core, problems).present, []), { cacheBytes: 0 })
    try {
      return { ids: readIds(notes, memory), path: findPath(notes) }
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

function readIds(notes: CoreNotes, memory: Memory): BuildIds {
  const programHeaders = notes.auxv.get(AT_PHDR)
  if (programHeaders !== undefined) return readBuildIdsAt(memory, programHeaders - ELF_HEADER_SIZE)
  if (notes.system !== 'linux' && notes.entry !== undefined) {
    const text = new Uint8Array(TEXT_SEARCHED)
    const size = memory.readInto(notes.entry + TEXT_OFFSET, text)
    return { gnu: undefined, go: findTextBuildId(text.subarray(0, size)) }
  }
  return { gnu: undefined, go: undefined }
}

/** The mapped file with the entry point; delve has no list of them, but names the program before its arguments. */
function findPath({ auxv, mappedFiles, writer, commandLine }: CoreNotes): string | undefined {
  const entry = auxv.get(AT_ENTRY)
  const row = entry === undefined ? undefined : mappedFiles[findRange(mappedFiles, entry)]
  if (row !== undefined && entry !== undefined && entry < row.address + row.size) return row.path
  return writer === 'delve' && commandLine?.startsWith('/') ? commandLine : undefined
}

function searchFolder(folder: string, corePath: string, ids: BuildIds): string {
  if (ids.go === undefined && ids.gnu === undefined) {
    throw new GoheapError('file', `${corePath} holds no build id to look for in ${folder}: name the binary`)
  }
  let programs = 0
  let stripped: string | undefined
  for (const path of listFiles(folder)) {
    const program = readProgram(path)
    if (program === undefined) continue
    programs++
    if (!isSame(program.ids, ids)) continue
    if (program.hasDwarf) return path
    stripped ??= path
  }
  if (stripped !== undefined) return stripped
  const found = `none of the ${programs} programs in ${folder} is the one of ${corePath}`
  throw new GoheapError('wrong-binary', `${found}${describeIds(ids)}`)
}

function isSame(a: BuildIds, b: BuildIds): boolean {
  const shared = (['go', 'gnu'] as const).filter((kind) => a[kind] !== undefined && b[kind] !== undefined)
  return shared.length > 0 && shared.every((kind) => a[kind] === b[kind])
}

function describeIds({ go, gnu }: BuildIds): string {
  const named = [go === undefined ? '' : `Go build id ${go}`, gnu === undefined ? '' : `build id ${gnu}`]
  const known = named.filter((name) => name !== '')
  return known.length === 0 ? '' : ` (${known.join(', ')})`
}

/** All regular files, in the order of their names. Links are not followed: they can run in circles. */
function* listFiles(folder: string): Generator<string> {
  for (const entry of readFolder(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* listFiles(path)
    else if (entry.isFile()) yield path
  }
}

function readFolder(folder: string) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw new GoheapError('file', `cannot read ${folder}: ${describeSystemError(error)}`, { cause: error })
  }
}

/** First bytes of ELF, Mach-O and PE files. */
const MAGICS = [0x464c_457f, 0xfeed_facf]
const MAGIC_PE = 0x5a4d

/** undefined for all that is no whole program: other files, damaged ones, and debug information alone. */
function readProgram(path: string): { ids: BuildIds; hasDwarf: boolean } | undefined {
  let binary: Elf | undefined
  try {
    if (!hasMagic(path)) return undefined
    binary = openBinary(path)
    const isProgram = binary.type === ET_EXEC || binary.type === ET_DYN
    if (!isProgram || binary.section('.text')?.type === SHT_NOBITS) return undefined
    const ids = { go: binary.goBuildId, gnu: binary.gnuBuildId }
    const hasDwarf = ['.debug_info', '.zdebug_info'].some((name) => binary?.section(name) !== undefined)
    return { ids, hasDwarf }
  } catch (error) {
    // Whatever is wrong with a file that only lies in the same folder does not matter.
    if (error instanceof GoheapError) return undefined
    throw error
  } finally {
    binary?.close()
  }
}

function hasMagic(path: string): boolean {
  const file = new InputFile(path)
  try {
    const head = new Uint8Array(4)
    if (file.readInto(head, 0) < head.length) return false
    const magic = new DataView(head.buffer).getUint32(0, true)
    return MAGICS.includes(magic) || (magic & 0xffff) === MAGIC_PE
  } finally {
    file.close()
  }
}
