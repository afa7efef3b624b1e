import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import type { BinaryFolder } from './binary-folder.ts'
import { type Elf, openElf } from './elf.ts'
import { readCString } from './elf-header.ts'
import { InputFile } from './input-file.ts'

/**
 * Debug information that `objcopy --only-keep-debug` has moved to a file of its own. Where it is looked for, as gdb does
 * ("Debugging Information in Separate Files" of its manual): by the name in .gnu_debuglink and by the binary's own name
 * with `.debug`, each beside the binary, in `.debug`, and in /usr/lib/debug; and there by build id; at last by build id in a folder that is named. A file counts when it
 * has the build ids of the binary, or, where there are none to compare, the checksum of .gnu_debuglink.
 */

const SYSTEM_FOLDER = '/usr/lib/debug'
const CHECKSUM_WINDOW = 1 << 20

/**
 * The file with the debug information of a binary that has none; undefined when there is none to be found. The caller
 * closes it. Files that are not the binary's become problems.
 */
export function openDebugFile(binary: Elf, problems: Problems, folder?: BinaryFolder): Elf | undefined {
  if (binary.format !== 'elf' || hasDwarf(binary)) return undefined
  const link = readDebugLink(binary)
  for (const path of listCandidates(binary, link?.name)) {
    if (!existsSync(path)) continue
    const debug = openCandidate(path)
    if (debug === undefined) continue
    if (hasDwarf(debug) && isOf(binary, debug, link?.checksum)) return debug
    debug.close()
    const message = `${path} is not the debug information of ${binary.path}: it is another build’s, or has none`
    problems.add('open', 'debug-file-differs', 'warning', message)
  }
  const inFolder = folder?.findDebug({ go: binary.goBuildId, gnu: binary.gnuBuildId })
  return inFolder === undefined ? undefined : openElf(inFolder)
}

/** The binary, with debug sections and symbols out of `debug`. */
export function joinDebugFile(binary: Elf, debug: Elf): Elf {
  const { format, path, location, fileSize, type, machine, entry, segments, gnuBuildId, goBuildId } = binary
  return {
    format,
    path,
    location,
    fileSize,
    type,
    machine,
    entry,
    segments,
    gnuBuildId,
    goBuildId,
    get sections() {
      return binary.sections
    },
    section: (name) => binary.section(name),
    sectionBytes: (name) => (name.startsWith('.debug_') ? debug : binary).sectionBytes(name),
    symbols: () => (binary.symbols().length > 0 ? binary : debug).symbols(),
    read: (offset, size) => binary.read(offset, size),
    close() {
      binary.close()
      debug.close()
    },
  }
}

const hasDwarf = (elf: Elf) =>
  ['.debug_info', '.zdebug_info'].some((name) => (elf.section(name)?.size ?? 0) > 0)

interface DebugLink {
  name: string
  checksum: number
}

/** A name, padded to a multiple of 4, and a CRC-32. */
function readDebugLink(binary: Elf): DebugLink | undefined {
  const bytes = binary.sectionBytes('.gnu_debuglink')
  if (bytes === undefined || bytes.length < 8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const name = readCString(bytes, 0)
  const at = Math.ceil((name.length + 1) / 4) * 4
  if (name === '' || name.includes('/') || at + 4 > bytes.length) return undefined
  return { name, checksum: view.getUint32(at, true) }
}

function listCandidates(binary: Elf, linked: string | undefined): string[] {
  const path = resolve(binary.path)
  const folder = dirname(path)
  const names = linked === undefined ? [] : [linked]
  const own = `${path.slice(folder.length).replace(/^\//, '')}.debug`
  const folders = [folder, join(folder, '.debug'), join(SYSTEM_FOLDER, folder)]
  const found = [...new Set([...names, own])].flatMap((name) => folders.map((place) => join(place, name)))
  const id = binary.gnuBuildId
  if (id !== undefined && id.length > 2) {
    found.push(join(SYSTEM_FOLDER, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`))
  }
  return found.filter((candidate) => candidate !== path)
}

/** undefined for what is no ELF file, or a damaged one. */
function openCandidate(path: string): Elf | undefined {
  try {
    return openElf(path)
  } catch (error) {
    if (error instanceof GoheapError) return undefined
    throw error
  }
}

function isOf(binary: Elf, debug: Elf, checksum: number | undefined): boolean {
  if (debug.machine !== binary.machine) return false
  const ids = [
    [binary.goBuildId, debug.goBuildId],
    [binary.gnuBuildId, debug.gnuBuildId],
  ].filter(([own, other]) => own !== undefined && other !== undefined)
  if (ids.length > 0) return ids.every(([own, other]) => own === other)
  return checksum !== undefined && checksumOf(debug.path) === checksum
}

function checksumOf(path: string): number {
  const file = new InputFile(path)
  try {
    const window = new Uint8Array(CHECKSUM_WINDOW)
    let sum = 0
    for (let at = 0; at < file.fileSize; at += window.length) {
      sum = crc32(window.subarray(0, file.readInto(window, at)), sum)
    }
    return sum
  } finally {
    file.close()
  }
}
