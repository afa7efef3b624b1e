import { GoheapError } from '../errors.ts'

/**
 * Reads little-endian numbers and LEB128 from [position, limit) of a byte array. Every read past the limit throws
 * GoheapError 'corrupt', so a loop over damaged bytes ends.
 */
export class ByteReader {
  readonly bytes: Uint8Array
  /** What is read, for messages: `.debug_info`. */
  readonly what: string
  position: number
  limit: number

  constructor(bytes: Uint8Array, what: string, position = 0, limit = bytes.length) {
    this.bytes = bytes
    this.what = what
    this.position = position
    this.limit = limit
  }

  /** Moves on by `count` bytes and returns where they begin. */
  skip(count: number): number {
    const start = this.position
    const next = start + count
    // Written so that NaN and negative counts of damaged lengths fail too.
    if (!(next >= start && next <= this.limit)) this.#overrun()
    this.position = next
    return start
  }

  u8(): number {
    if (this.position >= this.limit) this.#overrun()
    return this.bytes[this.position++]
  }

  u16(): number {
    const at = this.skip(2)
    return this.bytes[at] | (this.bytes[at + 1] << 8)
  }

  u24(): number {
    const at = this.skip(3)
    return this.bytes[at] | (this.bytes[at + 1] << 8) | (this.bytes[at + 2] << 16)
  }

  u32(): number {
    const at = this.skip(4)
    const bytes = this.bytes
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
  }

  /** An unsigned 64-bit word; exact below 2^53, and never a safe integer above. */
  u64(): number {
    const low = this.u32()
    return this.u32() * 0x1_0000_0000 + low
  }

  /** A 64-bit word in two's complement; exact while its magnitude is below 2^53. */
  i64(): number {
    const low = this.u32()
    return (this.u32() | 0) * 0x1_0000_0000 + low
  }

  /** Unsigned LEB128; exact below 2^53, and never a safe integer above. */
  uleb(): number {
    let byte = this.u8()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = this.u8()
      value += (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return value
  }

  /** Signed LEB128; exact while its magnitude is below 2^53, and never a safe integer above. */
  sleb(): number {
    return this.#leb64(true)
  }

  /**
   * Unsigned LEB128 taken as a 64-bit two's complement number: offsets from a base address wrap around, and Go's
   * linker writes negative ones this way. Exact while its magnitude is below 2^53.
   */
  wrappedUleb(): number {
    return this.#leb64(false)
  }

  #leb64(isSigned: boolean): number {
    let low = 0
    let high = 0
    for (let shift = 0; ; ) {
      const byte = this.u8()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >> 4
      } else if (shift < 64) high |= bits << (shift - 32)
      shift += 7
      if (byte >= 0x80) continue
      if (isSigned && byte & 0x40) {
        if (shift < 32) low |= -1 << shift
        if (shift < 64) high |= shift <= 32 ? -1 : -1 << (shift - 32)
      }
      return high * 0x1_0000_0000 + (low >>> 0)
    }
  }

  /** Moves behind a LEB128 number. */
  skipLeb(): void {
    while (this.u8() >= 0x80);
  }

  /** Moves behind a NUL-terminated string and returns where it begins. */
  skipString(): number {
    const start = this.position
    const { bytes, limit } = this
    let at = start
    while (at < limit && bytes[at] !== 0) at++
    if (at >= limit) this.#overrun()
    this.position = at + 1
    return start
  }

  #overrun(): never {
    throw new GoheapError(
      'corrupt',
      `${this.what} ends in the middle of an entry at 0x${this.position.toString(16)}`,
    )
  }
}

/** The NUL-terminated UTF-8 text at `start`; undefined when it does not end inside the bytes. */
export function readText(bytes: Uint8Array, start: number): string | undefined {
  if (!(start >= 0 && start < bytes.length)) return undefined
  const end = bytes.indexOf(0, start)
  if (end < 0) return undefined
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()
}
