import type { GoArch, OperatingSystem, Thread } from './core.ts'
import { readUint64, viewOf } from './elf-header.ts'
import type { Note } from './notes.ts'

/**
 * The notes that delve's `dump` writes. Everywhere the first; the second instead of NT_PRSTATUS where it knows no other
 * form, which is everywhere but on linux/amd64. delve: pkg/elfwriter/delve_core.go, pkg/proc/dump.go.
 */
const DELVE_HEADER = 0x444c_5645
const DELVE_THREAD = 0x444c_5654
/** Thread, pc, sp, bp, tls; one byte whether g is known; g; u32 registers. */
const THREAD_HEADER_SIZE = 5 * 8 + 1 + 8 + 4
/** More than any machine has. */
const MAX_REGISTERS = 4096

const SYSTEMS: Record<string, OperatingSystem> = { linux: 'linux', darwin: 'darwin', windows: 'windows' }

export interface DelveHeader {
  /** undefined for a system that Go programs are not read of. */
  system: OperatingSystem | undefined
  processId: number | undefined
  entry: number | undefined
}

export function isDelveNote({ type }: Note): boolean {
  return type === DELVE_HEADER || type === DELVE_THREAD
}

/** Lines of text: `darwin/arm64`, the version of delve, `Target Pid: 1`, `Entry Point: 0x1`. undefined for other notes. */
export function readDelveHeader(note: Note): DelveHeader | undefined {
  if (note.type !== DELVE_HEADER) return undefined
  const text = Buffer.from(note.bytes).toString('utf8')
  const number = (pattern: RegExp) => {
    const [, digits] = pattern.exec(text) ?? []
    const value = Number(digits)
    return digits === undefined || !Number.isSafeInteger(value) ? undefined : value
  }
  return {
    system: SYSTEMS[text.split('/', 1)[0]],
    processId: number(/^Target Pid: (\d+)$/m),
    // 0 where delve does not know it.
    entry: number(/^Entry Point: (0x[\da-f]+)$/im) || undefined,
  }
}

const AMD64_REGISTERS =
  'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs rflags rsp ss fs_base gs_base ds es fs gs'
/** Names in lower case, in the order of Thread.registers. */
const REGISTER_NAMES: Record<GoArch, readonly string[]> = {
  amd64: AMD64_REGISTERS.split(' '),
  arm64: [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp', 'pc', 'pstate'],
}
const OTHER_NAMES: Record<string, string> = { fp: 'x29', lr: 'x30', cpsr: 'pstate' }

/** Registers that the note does not have are 0. undefined when it is malformed. */
export function readDelveThread({ bytes }: Note, arch: GoArch): Thread | undefined {
  if (bytes.length < THREAD_HEADER_SIZE) return undefined
  const view = viewOf(bytes)
  const [id, pc, sp] = [0, 8, 16].map((at) => readUint64(view, at))
  const count = view.getUint32(THREAD_HEADER_SIZE - 4, true)
  if (count > MAX_REGISTERS) return undefined
  const values = new Map<string, number>([
    ['pc', pc],
    ['rip', pc],
    ['sp', sp],
    ['rsp', sp],
  ])
  let at = THREAD_HEADER_SIZE
  const take = (): Uint8Array | undefined => {
    if (at + 2 > bytes.length) return undefined
    const from = at + 2
    const end = from + view.getUint16(at, true)
    at = end
    return end <= bytes.length ? bytes.subarray(from, end) : undefined
  }
  for (let i = 0; i < count; i++) {
    const name = take()
    const value = take()
    if (name === undefined || value === undefined) return undefined
    const text = Buffer.from(name).toString('latin1').toLowerCase()
    if (value.length === 8) values.set(OTHER_NAMES[text] ?? text, readUint64(viewOf(value), 0))
  }
  const registers = Float64Array.from(REGISTER_NAMES[arch], (name) => values.get(name) ?? 0)
  return { id, pc, sp, registers, g: view.getUint8(40) === 0 ? undefined : readUint64(view, 41) }
}
