import type { Memory } from '../file/memory.ts'

/** No compiler writes a longer one; bounds what hostile bytes can cost. */
const MAX_PROGRAM_BYTES = 2 ** 26

/**
 * Runs a GC program: GCData of a large type up to Go 1.23 says how to make its pointer mask. After a 4-byte length come
 * instructions: `0nnnnnnn` n literal bits follow (0: end); `1nnnnnnn c` repeat the previous n bits c times (n = 0: n is
 * a varint that follows; c is a varint). runtime/mbitmap.go, runGCProg.
 *
 * Gives `count` bits, lowest bit of the first byte first; bits that the program does not reach are 0. undefined when it
 * is not a program. Faults as Memory does.
 */
export function decodeGcProgram(memory: Memory, address: number, count: number): Uint8Array | undefined {
  const length = memory.readU32(address)
  if (length > MAX_PROGRAM_BYTES) return undefined
  const program = memory.readBytes(address + 4, length)
  const bits = new Uint8Array(Math.ceil(count / 8))
  let filled = 0
  let at = 0
  const push = (bit: number) => {
    bits[filled >> 3] |= bit << (filled & 7)
    filled++
  }
  const readVarint = (): number => {
    let value = 0
    for (let scale = 1; at < length && scale < 2 ** 49; scale *= 128) {
      const byte = program[at++]
      value += (byte & 0x7f) * scale
      if ((byte & 0x80) === 0) return value
    }
    return Number.NaN
  }
  while (filled < count) {
    if (at >= length) return undefined
    const instruction = program[at++]
    const literals = instruction & 0x7f
    if ((instruction & 0x80) === 0) {
      if (literals === 0) break
      const bytes = Math.ceil(literals / 8)
      if (at + bytes > length) return undefined
      for (let i = 0; i < literals && filled < count; i++) push((program[at + (i >> 3)] >> (i & 7)) & 1)
      at += bytes
      continue
    }
    const repeated = literals === 0 ? readVarint() : literals
    const end = Math.min(count, filled + repeated * readVarint())
    if (!(end >= filled && repeated >= 1 && repeated <= filled)) return undefined
    for (let from = filled - repeated; filled < end; from++) push((bits[from >> 3] >> (from & 7)) & 1)
  }
  return bits
}
