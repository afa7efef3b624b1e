import type { Core } from '../file/core.ts'
import { PF_W, PT_LOAD } from '../file/elf.ts'
import type { AddressRange } from '../file/extents.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { Layouts } from './layouts.ts'

/** First word of runtime.pcHeader since Go 1.20, without the smallest instruction that follows. internal/abi/symtab.go, Go120PCLnTabMagic. */
const PC_HEADER = [0xf1, 0xff, 0xff, 0xff, 0, 0]
const POINTER_SIZE = 8
/** Read at a time; a multiple of every alignment. */
const WINDOW = 4 << 20
/** How many functions are held against the table of functions. */
const SAMPLE = 1000

/**
 * Address of runtime.firstmoduledata in a binary without symbols: its first two words are the address of the pcHeader and
 * that of the function names, which the pcHeader tells. undefined when not exactly one place is like that.
 */
export function findModuleData(core: Core, layouts: Layouts): number | undefined {
  const { memory } = core
  const header = layouts.struct('runtime.pcHeader')
  const found = new Set<number>()
  for (const pcHeader of findPcHeaders(core)) {
    const names = readable(() => pcHeader + memory.readWord(pcHeader + header.offset('funcnameOffset')))
    if (names === undefined || names > Number.MAX_SAFE_INTEGER) continue
    const pattern = Buffer.alloc(16)
    pattern.writeBigUInt64LE(BigInt(pcHeader), 0)
    pattern.writeBigUInt64LE(BigInt(names), 8)
    for (const range of segmentsOf(core, 'writable')) {
      for (const address of findPattern(memory, range, pattern)) {
        if (isModuleData(memory, layouts, address)) found.add(address)
      }
    }
  }
  const [address] = found
  return found.size === 1 ? address : undefined
}

/** The program's segments at their run-time addresses. */
function segmentsOf(core: Core, which: 'all' | 'writable'): AddressRange[] {
  return core.binary.segments
    .filter(({ type, flags }) => type === PT_LOAD && (which === 'all' || (flags & PF_W) !== 0))
    .map(({ virtualAddress, memorySize }) => ({ address: virtualAddress + core.bias, size: memorySize }))
}

function findPcHeaders(core: Core): number[] {
  const pattern = Buffer.from([...PC_HEADER, core.arch === 'arm64' ? 4 : 1, POINTER_SIZE])
  return segmentsOf(core, 'all').flatMap((range) => findPattern(core.memory, range, pattern))
}

/** Addresses of a pattern of at most 16 bytes that are multiples of 8. */
function findPattern(memory: Memory, range: AddressRange, pattern: Buffer): number[] {
  const found: number[] = []
  for (const { address: start, size } of readableParts(memory, range)) {
    for (let address = Math.ceil(start / 8) * 8; address < start + size; address += WINDOW) {
      const window = Buffer.from(
        memory.readBytes(address, Math.min(WINDOW + pattern.length, start + size - address)),
      )
      for (let at = window.indexOf(pattern); at >= 0; at = window.indexOf(pattern, at + 1)) {
        if (at % 8 === 0 && at < WINDOW) found.push(address + at)
      }
    }
  }
  return found
}

/** The parts of a range that can be read, joined where they touch: what is looked for may lie across a joint. */
export function readableParts(memory: Memory, range: AddressRange): AddressRange[] {
  const parts: AddressRange[] = []
  for (const { address, size } of memory.plan.extents) {
    const start = Math.max(address, range.address)
    const end = Math.min(address + size, range.address + range.size)
    const last = parts.at(-1)
    if (start >= end) continue
    if (last !== undefined && last.address + last.size === start) last.size += end - start
    else parts.push({ address: start, size: end - start })
  }
  return parts
}

/** What runtime.moduledataverify1 checks too: the table of functions ascends, and ends where the code ends. */
function isModuleData(memory: Memory, layouts: Layouts, address: number): boolean {
  const layout = layouts.struct('runtime.moduledata')
  const header = layouts.struct('runtime.pcHeader')
  const word = (field: string) => memory.readWord(address + layout.offset(field))
  return (
    readable(() => {
      const [ftab, count, text, etext] = [
        word('ftab'),
        memory.readWord(address + layout.offset('ftab') + 8),
        word('text'),
        word('etext'),
      ]
      const functions = memory.readWord(word('pcHeader') + header.offset('nfunc'))
      if (count !== functions + 1 || !(text < etext) || word('minpc') < text || word('maxpc') > etext)
        return false
      const offsetAt = (row: number) => memory.readU32(ftab + row * 8)
      for (let row = 1; row < Math.min(count, SAMPLE); row++) {
        if (offsetAt(row) < offsetAt(row - 1)) return false
      }
      return text + offsetAt(0) === word('minpc') && text + offsetAt(count - 1) === word('maxpc')
    }) ?? false
  )
}
