import type { GoArch } from '../file/core.ts'
import type { AddressRange } from '../file/extents.ts'

/**
 * Addresses of `data` that a function's code names, in the order of the instructions; `address` is where `code` lies.
 *
 * Not a disassembler: it looks for what instructions that name a fixed address look like. Bytes that look like one by
 * chance would have to give an address inside of `data` too, and then spoil this function only.
 */
export function dataReferences(
  arch: GoArch,
  code: Uint8Array,
  address: number,
  data: readonly AddressRange[],
): number[] {
  const isData = (target: number) =>
    data.some((range) => target >= range.address && target < range.address + range.size)
  const found = arch === 'amd64' ? ripRelative(code, address) : pageRelative(code, address)
  return found.filter(isData)
}

/** Opcodes of one byte that take an operand in memory and that Go's compiler and assembler use. */
const OPERAND_OPCODES = new Set([
  ...[0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38].flatMap((first) => [0, 1, 2, 3].map((n) => first + n)),
  ...[0x63, 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8d],
  ...[0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe, 0xff],
])
/** Those after 0x0f that take none: syscall, wrmsr to rdpmc, jumps, cpuid, bswap. */
const hasNoOperand = (opcode: number) =>
  opcode === 0x05 ||
  opcode === 0x0b ||
  (opcode >= 0x30 && opcode <= 0x37) ||
  (opcode >= 0x80 && opcode <= 0x8f) ||
  opcode === 0xa2 ||
  (opcode >= 0xc8 && opcode <= 0xcf)
/** Those after 0x0f that end in an immediate byte: shld, shrd, bt, cmpps, pinsrw, pextrw, shufps. */
const TWO_BYTE_WITH_IMMEDIATE = new Set([0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6])

/** amd64: a ModRM byte with mod 0 and r/m 5, then a 32-bit distance from the end of the instruction. Intel SDM, volume 2, 2.2.1.6. */
function ripRelative(code: Uint8Array, address: number): number[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const targets: number[] = []
  for (let at = 1; at + 5 <= code.length; at++) {
    if ((code[at] & 0xc7) !== 5) continue
    const immediate = immediateSize(code, at)
    if (immediate < 0) continue
    targets.push(address + at + 5 + immediate + view.getInt32(at + 1, true))
  }
  return targets
}

/** Bytes after the distance; -1 when what precedes the ModRM byte at `at` is no opcode. */
function immediateSize(code: Uint8Array, at: number): number {
  const opcode = code[at - 1]
  // What looks like an opcode and its ModRM byte is the distance of a call or jump.
  if (at >= 2 && (code[at - 2] === 0xe8 || code[at - 2] === 0xe9)) return -1
  if (at >= 2 && code[at - 2] === 0x0f && hasNoOperand(opcode)) return -1
  if (at >= 2 && code[at - 2] === 0x0f) return TWO_BYTE_WITH_IMMEDIATE.has(opcode) ? 1 : 0
  if (!OPERAND_OPCODES.has(opcode)) return -1
  const operation = (code[at] >> 3) & 7
  const isTest = (opcode === 0xf6 || opcode === 0xf7) && operation < 2
  if ([0x6b, 0x80, 0x83, 0xc0, 0xc1, 0xc6].includes(opcode) || (opcode === 0xf6 && isTest)) return 1
  if ([0x69, 0x81, 0xc7].includes(opcode) || (opcode === 0xf7 && isTest))
    return hasSizePrefix(code, at - 1) ? 2 : 4
  return 0
}

/** 0x66 before the opcode, with or without a REX byte between: operands of 16 bits. */
function hasSizePrefix(code: Uint8Array, opcode: number): boolean {
  const before = opcode >= 1 && (code[opcode - 1] & 0xf0) === 0x40 ? opcode - 2 : opcode - 1
  return before >= 0 && code[before] === 0x66
}

/** Registers of arm64. */
const REGISTERS = 32

/** arm64: ADRP gives a page, an ADD, load or store that follows the place in it. Arm ARM, C6.2. */
function pageRelative(code: Uint8Array, address: number): number[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const pages = new Float64Array(REGISTERS).fill(Number.NaN)
  const targets: number[] = []
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = view.getUint32(at, true)
    const to = word & 31
    const from = (word >>> 5) & 31
    if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      // 21 bits, signed: immhi is bits 23 to 5, immlo bits 30 and 29.
      const pagesAway = (((word << 8) >> 13) << 2) | ((word >>> 29) & 3)
      pages[to] = Math.floor((address + at) / 4096) * 4096 + pagesAway * 4096
      continue
    }
    const isAdd = (word & 0xffc00000) >>> 0 === 0x91000000
    const isLoadOrStore = (word & 0x3b000000) >>> 0 === 0x39000000
    if (!isAdd && !isLoadOrStore) continue
    const page = pages[from]
    if (Number.isNaN(page)) continue
    const immediate = (word >>> 10) & 0xfff
    targets.push(page + (isAdd ? immediate : immediate * 2 ** (word >>> 30)))
    if (isAdd) pages[to] = Number.NaN
  }
  return targets
}
