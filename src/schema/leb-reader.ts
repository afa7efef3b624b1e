/** Unsigned numbers in LEB128, one after the other, for loops over millions of them: behind the end there are zeros. */
export class LebReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length
  }

  next(): number {
    if (this.#at >= this.#bytes.length) return 0
    const byte = this.#bytes[this.#at++]
    return byte < 0x80 ? byte : this.#nextOf(byte & 0x7f)
  }

  #nextOf(low: number): number {
    let number = low
    for (let unit = 0x80; this.#at < this.#bytes.length; unit *= 0x80) {
      const byte = this.#bytes[this.#at++]
      number += (byte & 0x7f) * unit
      if (byte < 0x80) break
    }
    return number
  }
}

/** How many numbers there are. */
export function countLebs(bytes: Uint8Array): number {
  let count = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] < 0x80) count++
  return count
}
