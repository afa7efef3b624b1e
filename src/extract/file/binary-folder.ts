import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describeSystemError } from '../../base/system-error.ts'
import { GoheapError } from '../../errors.ts'
import { openBinary } from './binary.ts'
import { type Elf, ET_DYN, ET_EXEC, SHT_NOBITS } from './elf.ts'
import { InputFile } from './input-file.ts'
import { type BuildIds, isSameBuild } from './notes.ts'

interface FolderFile {
  path: string
  ids: BuildIds
  /** A program or library; else debug information alone. */
  isWhole: boolean
  hasDwarf: boolean
}

/**
 * Programs, libraries and debug information in a folder and all below it, by build id. The folder is read when the first
 * is asked for, and no further than to what answers.
 */
export class BinaryFolder {
  readonly path: string
  readonly #known: FolderFile[] = []
  readonly #rest: Iterator<FolderFile>

  constructor(path: string) {
    this.path = path
    this.#rest = readFiles(path)
  }

  /** Path of the program or library of a build, of several one with debug information; undefined when there is none. */
  findProgram(ids: BuildIds): string | undefined {
    let stripped: string | undefined
    for (const file of this.#files()) {
      if (!file.isWhole || !isSameBuild(file.ids, ids)) continue
      if (file.hasDwarf) return file.path
      stripped ??= file.path
    }
    return stripped
  }

  /** Path of a file with the debug information of a build; undefined when there is none. */
  findDebug(ids: BuildIds): string | undefined {
    for (const file of this.#files()) if (file.hasDwarf && isSameBuild(file.ids, ids)) return file.path
    return undefined
  }

  countPrograms(): number {
    return [...this.#files()].filter(({ isWhole }) => isWhole).length
  }

  *#files(): Generator<FolderFile> {
    for (let i = 0; ; i++) {
      if (i === this.#known.length) {
        const next = this.#rest.next()
        if (next.done) return
        this.#known.push(next.value)
      }
      yield this.#known[i]
    }
  }
}

function* readFiles(folder: string): Generator<FolderFile, undefined> {
  for (const path of listFiles(folder)) {
    const file = readFile(path)
    if (file !== undefined) yield file
  }
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

/** undefined for all else: other files, damaged ones, objects. */
function readFile(path: string): FolderFile | undefined {
  let binary: Elf | undefined
  try {
    if (!hasMagic(path)) return undefined
    binary = openBinary(path)
    if (binary.type !== ET_EXEC && binary.type !== ET_DYN) return undefined
    const ids = { go: binary.goBuildId, gnu: binary.gnuBuildId }
    // What objcopy --only-keep-debug leaves has all headers of the program, and none of its bytes.
    const isWhole = binary.section('.text')?.type !== SHT_NOBITS
    const hasDwarf = ['.debug_info', '.zdebug_info'].some((name) => binary?.section(name) !== undefined)
    return { path, ids, isWhole, hasDwarf }
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
