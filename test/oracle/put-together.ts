import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { type Core, openCore } from '../../src/extract/file/core.ts'
import { type ElfSection, openElf, PT_LOAD, SHT_NOBITS } from '../../src/extract/file/elf.ts'
import { Problems } from '../../src/model/problem.ts'
import type { CrashedRun } from './toolchain.ts'

/** Names of a thread's registers in their order; of user_regs_struct on amd64. On arm64 as debugserver has them. */
const NAMES = {
  amd64:
    'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs rflags rsp ss fs_base gs_base ds es fs gs',
  arm64: [...Array.from({ length: 29 }, (_, i) => `x${i}`), 'fp', 'lr', 'sp', 'pc', 'cpsr'].join(' '),
}
/** The frame pointer, what thread variables are found by, and arm64's g. */
const PLACES = { amd64: { frame: 4, thread: 21 }, arm64: { frame: 29, thread: 28 } }
const EM_AARCH64 = 183
const DELVE_HEADER = 0x444c_5645
const DELVE_THREAD = 0x444c_5654

/**
 * Puts together, out of the memory and the registers of a real Linux process, the dump that delve would have written of it
 * on another system: notes that do not depend on the system, headers at the end. No macOS wrote it.
 * delve: pkg/elfwriter/writer.go, pkg/proc/dump.go
 */
export function putTogether(run: CrashedRun, target: string, system: string, hasG: boolean): void {
  const core = openCore(run.core, run.binary, new Problems())
  const elf = openElf(run.core)
  const fd = openSync(target, 'w')
  let end = 64
  const write = (bytes: Uint8Array) => {
    const at = end
    for (let done = 0; done < bytes.length; )
      done += writeSync(fd, bytes, done, bytes.length - done, at + done)
    end += bytes.length
    return at
  }
  const headers: Buffer[] = []
  const addHeader = (type: number, flags: number, words: number[]) => {
    const header = Buffer.alloc(56)
    header.writeUInt32LE(type, 0)
    header.writeUInt32LE(flags, 4)
    words.forEach((word, i) => {
      header.writeBigUInt64LE(BigInt(word), 8 + i * 8)
    })
    headers.push(header)
  }
  // Delve writes all that can be read, what is unchanged from files too.
  for (const { address, size, source, permissions } of core.memory.mappings) {
    if (source === 'absent' || source === 'lost') continue
    const flags = [...permissions].reduce((sum, letter) => sum + ({ r: 4, w: 2, x: 1 }[letter] ?? 0), 0)
    addHeader(PT_LOAD, flags, [write(core.memory.readBytes(address, size)), address, 0, size, size, 0])
  }
  // On macOS the place of the file's first byte.
  const first = core.binary.segments.find(({ type }) => type === PT_LOAD)
  const entry = core.bias + (system === 'linux' ? core.binary.entry : (first?.virtualAddress ?? 0))
  const text = `${system}/${core.arch}\nVersion: 1.27.2\nTarget Pid: ${core.processId}\nEntry Point: 0x${entry.toString(16)}\n`
  const notes = Buffer.concat([
    note('Delve Header', DELVE_HEADER, Buffer.from(text)),
    ...core.threads.map((thread) => note('', DELVE_THREAD, describeThread(core, thread, hasG))),
  ])
  addHeader(4, 0, [write(notes), 0, 0, notes.length, 0, 4])
  const tableAt = write(Buffer.concat(headers))
  const head = Buffer.from(elf.read(0, 64))
  head.writeUInt8(0xff, 7)
  head.writeBigUInt64LE(BigInt(tableAt), 32)
  head.writeBigUInt64LE(0n, 40)
  head.writeUInt16LE(headers.length, 56)
  head.fill(0, 60, 64)
  writeSync(fd, head, 0, 64, 0)
  closeSync(fd)
  elf.close()
  core.close()
}

function note(owner: string, type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(owner.length, 0)
  head.writeUInt32LE(content.length, 4)
  head.writeUInt32LE(type, 8)
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
  return Buffer.concat([pad(Buffer.concat([head, Buffer.from(owner)])), pad(content)])
}

/** As debugserver names the registers: in lower case. */
function describeThread(
  core: Core,
  { id, pc, sp, registers }: Core['threads'][number],
  hasG: boolean,
): Buffer {
  const { frame, thread } = PLACES[core.arch]
  // On arm64 g is in a register, on amd64 below what fs points at.
  const tls = core.arch === 'amd64' ? registers[thread] : 0
  const g = core.arch === 'arm64' ? registers[thread] : tls === 0 ? 0 : core.memory.readWord(tls - 8)
  const word = (value: number) => {
    const bytes = Buffer.alloc(8)
    // Registers are Numbers: -1 has become 2^64.
    bytes.writeBigUInt64LE(value === 2 ** 64 ? 2n ** 64n - 1n : BigInt(value))
    return bytes
  }
  const size = (value: number) => Buffer.from([value & 0xff, value >> 8])
  const parts = [...[id, pc, sp, registers[frame], tls].map(word), Buffer.from([hasG ? 1 : 0])]
  parts.push(word(hasG ? g : 0))
  const names = NAMES[core.arch].split(' ').flatMap((name, i) =>
    // orig_rax is -1 in most threads; no debugger outside of Linux has it.
    name === 'orig_rax' ? [] : [{ name, value: registers[i] }],
  )
  const count = Buffer.alloc(4)
  count.writeUInt32LE(names.length + 1)
  parts.push(count)
  for (const { name, value } of names) parts.push(size(name.length), Buffer.from(name), size(8), word(value))
  parts.push(size(4), Buffer.from('XMM0'), size(16), Buffer.alloc(16, 7))
  return Buffer.concat(parts)
}

/**
 * Writes the segments and sections of an ELF program as a Mach-O file, debug information not compressed. Its code stays that
 * of Linux.
 */
export function wrapAsMacho(program: string, target: string): void {
  const elf = openElf(program)
  const bytes = readFileSync(program)
  const loads = elf.segments.filter(({ type }) => type === PT_LOAD)
  const named = elf.sections.filter(({ name }) => name.startsWith('.'))
  const shift = 1 << 16
  const debug: Uint8Array[] = []
  let end = shift + bytes.length
  /** Where its bytes come to lie, and how many. */
  const place = ({ name, offset, size }: ElfSection): [number, number] => {
    const content = name.startsWith('.debug_') ? elf.sectionBytes(name) : undefined
    if (content === undefined) return [offset + shift, size]
    debug.push(content)
    end += content.length
    return [end - content.length, content.length]
  }
  const commands = loads.map((segment, i) => {
    const sections = i === 0 ? named : []
    const command = Buffer.alloc(72 + sections.length * 80)
    command.writeUInt32LE(0x19, 0)
    command.writeUInt32LE(command.length, 4)
    command.write(i === 0 ? '__TEXT' : `__SEG${i}`, 8)
    const { virtualAddress, memorySize, offset, fileSize, flags } = segment
    for (const [k, value] of [virtualAddress, memorySize, offset + shift, fileSize].entries()) {
      command.writeBigUInt64LE(BigInt(value), 24 + k * 8)
    }
    command.writeUInt32LE((flags & 4 ? 1 : 0) | (flags & 2) | (flags & 1 ? 4 : 0), 60)
    command.writeUInt32LE(sections.length, 64)
    for (const [k, section] of sections.entries()) {
      const at = 72 + k * 80
      command.write(`__${section.name.slice(1).replace('.', '_')}`.slice(0, 16), at)
      command.writeBigUInt64LE(BigInt(section.address), at + 32)
      const [offset, size] = place(section)
      command.writeBigUInt64LE(BigInt(size), at + 40)
      command.writeUInt32LE(offset, at + 48)
      command.writeUInt32LE(section.type === SHT_NOBITS ? 1 : 0, at + 64)
    }
    return command
  })
  const file = Buffer.concat([Buffer.alloc(shift), bytes, ...debug])
  const processor = elf.machine === EM_AARCH64 ? [0x0100_000c, 0] : [0x0100_0007, 3]
  const words = [0xfeedfacf, ...processor, 2, commands.length, Buffer.concat(commands).length, 0x20_0000, 0]
  words.forEach((value, i) => {
    file.writeUInt32LE(value, i * 4)
  })
  Buffer.concat(commands).copy(file, 32)
  writeFileSync(target, file)
  elf.close()
}
