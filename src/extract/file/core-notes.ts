import type { Problems } from '../../model/problem.ts'
import type { CoreWriter, GoArch, OperatingSystem, Thread } from './core.ts'
import { isDelveNote, readDelveHeader, readDelveThread } from './delve-notes.ts'
import { type Elf, PT_NOTE } from './elf.ts'
import { readCString, readUint64, viewOf } from './elf-header.ts'
import { type Note, readNotes, wordsOf } from './notes.ts'

/** One row of NT_FILE: [start, end) is a mapping of the file `path` from `fileOffset` on. */
export interface MappedFile {
  address: number
  size: number
  fileOffset: number
  path: string
}

/** What the notes of a core tell. */
export interface CoreNotes {
  threads: Thread[]
  /** AT_* to value. */
  auxv: ReadonlyMap<number, number>
  /** Ascending. */
  mappedFiles: MappedFile[]
  processId: number | undefined
  commandLine: string | undefined
  writer: CoreWriter
  system: OperatingSystem
  /** delve: the entry point; on macOS the address of the Mach-O header, on Windows of the image. */
  entry: number | undefined
}

const NT_PRSTATUS = 1
const NT_PRPSINFO = 3
const NT_AUXV = 6
const NT_SIGINFO = 0x5349_4749
const NT_FILE = 0x4649_4c45
const NT_GDB_TDESC = 0xff00_0000
/** The order of the first notes in fs/binfmt_elf.c, fill_note_info: the kernel's own hand. */
const KERNEL_ORDER = [NT_PRSTATUS, NT_PRPSINFO, NT_SIGINFO, NT_AUXV]

/** struct elf_prstatus: thread id at 32, registers from 112 on. include/linux/elfcore.h */
const THREAD_ID_OFFSET = 32
const REGISTERS_OFFSET = 112
const REGISTERS: Record<GoArch, { count: number; pc: number; sp: number }> = {
  amd64: { count: 27, pc: 16, sp: 19 },
  arm64: { count: 34, pc: 32, sp: 31 },
}
/** struct elf_prpsinfo: pid at 24, 80 bytes of command line at 56. */
const PROCESS_ID_OFFSET = 24
const COMMAND_LINE_OFFSET = 56
const PROCESS_INFO_SIZE = 136

/** What delve names instead of a process that it attached to: gone with the process, or by now another one's. */
const ATTACHED = /^\/proc\/\d+\/exe$/

/** Reads the notes of a core. What is malformed becomes a problem of the stage 'open', and the rest is read. */
export function readCoreNotes(core: Elf, arch: GoArch, problems: Problems): CoreNotes {
  const notes: CoreNotes = {
    threads: [],
    auxv: new Map(),
    mappedFiles: [],
    processId: undefined,
    commandLine: undefined,
    writer: 'unknown',
    system: 'linux',
    entry: undefined,
  }
  const order: number[] = []
  let isGcore = false
  for (const segment of core.segments) {
    if (segment.type !== PT_NOTE) continue
    const defect = readNotes(core, segment, (note) => {
      if (order.length < KERNEL_ORDER.length) order.push(note.owner === 'CORE' ? note.type : -1)
      if (note.owner === 'GDB' && note.type === NT_GDB_TDESC) isGcore = true
      readCoreNote(note, arch, notes, problems)
    })
    if (defect) problems.add('open', defect.code, 'error', `${core.path}: ${defect.message}`)
  }
  if (isGcore) notes.writer = 'gcore'
  else if (notes.writer === 'unknown' && KERNEL_ORDER.every((type, i) => order[i] === type)) {
    notes.writer = 'kernel'
  }
  if (notes.threads.length === 0) {
    problems.add('open', 'no-threads', 'error', `${core.path} has no notes of threads: registers are unknown`)
  }
  return notes
}

function readCoreNote(note: Note, arch: GoArch, notes: CoreNotes, problems: Problems): void {
  if (isDelveNote(note)) {
    readDelveNote(note, arch, notes, problems)
    return
  }
  // Delve leaves the owner empty.
  if (note.owner !== 'CORE' && note.owner !== '') return
  if (note.type === NT_PRSTATUS) {
    const thread = parseThread(note.bytes, arch)
    if (thread) notes.threads.push(thread)
    else addMalformed(problems, 'NT_PRSTATUS', note)
  } else if (note.type === NT_AUXV) {
    notes.auxv = parseAuxv(note.bytes)
  } else if (note.type === NT_FILE) {
    const mapped = parseMappedFiles(note.bytes)
    if (mapped) notes.mappedFiles = mapped.sort((a, b) => a.address - b.address)
    else addMalformed(problems, 'NT_FILE', note)
  } else if (note.type === NT_PRPSINFO) {
    if (note.bytes.length < PROCESS_INFO_SIZE) {
      addMalformed(problems, 'NT_PRPSINFO', note)
      return
    }
    notes.processId = viewOf(note.bytes).getInt32(PROCESS_ID_OFFSET, true)
    const text = readCString(note.bytes.subarray(COMMAND_LINE_OFFSET, PROCESS_INFO_SIZE), 0).trim()
    notes.commandLine = text === '' || ATTACHED.test(text) ? undefined : text
  }
}

function readDelveNote(note: Note, arch: GoArch, notes: CoreNotes, problems: Problems): void {
  const header = readDelveHeader(note)
  if (header !== undefined) {
    notes.writer = 'delve'
    notes.processId ??= header.processId
    notes.entry = header.entry
    if (header.system !== undefined) notes.system = header.system
    return
  }
  const thread = readDelveThread(note, arch)
  if (thread) notes.threads.push(thread)
  else addMalformed(problems, 'thread', note)
}

function addMalformed(problems: Problems, name: string, note: Note): void {
  const message = `a ${name} note of ${note.bytes.length} bytes is malformed`
  problems.add('open', 'note-malformed', 'error', message)
}

function parseThread(bytes: Uint8Array, arch: GoArch): Thread | undefined {
  const { count, pc, sp } = REGISTERS[arch]
  if (bytes.length < REGISTERS_OFFSET + count * 8) return undefined
  const view = viewOf(bytes)
  const registers = Float64Array.from({ length: count }, (_, i) => readUint64(view, REGISTERS_OFFSET + i * 8))
  return {
    id: view.getInt32(THREAD_ID_OFFSET, true),
    pc: registers[pc],
    sp: registers[sp],
    registers,
    g: undefined,
  }
}

/** Pairs of words up to AT_NULL. */
function parseAuxv(bytes: Uint8Array): Map<number, number> {
  const word = wordsOf(bytes)
  const auxv = new Map<number, number>()
  for (let i = 0; ; i += 2) {
    const tag = word(i)
    const value = word(i + 1)
    if (tag === undefined || value === undefined || tag === 0) return auxv
    auxv.set(tag, value)
  }
}

/** Count, page size, (start, end, offset in pages) each, then the names. fs/binfmt_elf.c, fill_files_note */
function parseMappedFiles(bytes: Uint8Array): MappedFile[] | undefined {
  const word = wordsOf(bytes)
  const count = word(0)
  const pageSize = word(1)
  if (count === undefined || pageSize === undefined || 16 + count * 24 > bytes.length) return undefined
  const files: MappedFile[] = []
  let nameAt = 16 + count * 24
  for (let i = 0; i < count; i++) {
    const start = word(2 + i * 3) ?? 0
    const end = word(3 + i * 3) ?? 0
    const fileOffset = (word(4 + i * 3) ?? 0) * pageSize
    const path = readCString(bytes, nameAt)
    if (nameAt >= bytes.length || end <= start || end > Number.MAX_SAFE_INTEGER) return undefined
    nameAt = bytes.indexOf(0, nameAt) + 1
    if (nameAt === 0) nameAt = bytes.length
    files.push({ address: start, size: end - start, fileOffset, path })
  }
  return files
}
