import { ContentHash } from '../../base/content-hash.ts'
import type { Memory } from '../file/memory.ts'

const WINDOW_BYTES = 2 ** 20
/** Bytes of a string that its value keeps. */
export const MAX_VALUE_BYTES = 4096

/** Reads the bytes of strings and arrays, asked for in address order, in large pieces. */
export class StringReader {
  readonly hash = new ContentHash()
  readonly #memory: Memory
  readonly #window: Uint8Array
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #start = 0
  #size = 0

  /** Pieces of `windowBytes`, a multiple of 4: small ones where little of much is asked for. */
  constructor(memory: Memory, windowBytes = WINDOW_BYTES) {
    this.#memory = memory
    this.#window = new Uint8Array(windowBytes)
  }

  /** Sets `hash`. False when the core does not hold all of the bytes. */
  hashBytes(address: number, length: number): boolean {
    this.hash.reset()
    // A window is a multiple of 4 bytes, as the hash wants its pieces.
    for (let done = 0; done < length; done += this.#window.length) {
      const size = Math.min(this.#window.length, length - done)
      const from = this.#locate(address + done, size)
      if (from === undefined) return false
      this.hash.update(this.#window, from, from + size)
    }
    this.hash.finish()
    return true
  }

  /**
   * The text of the first MAX_VALUE_BYTES bytes, up to the last whole character among them; U+FFFD stands for bytes that
   * are not UTF-8. undefined when the core does not hold them.
   */
  text(address: number, length: number): string | undefined {
    const size = Math.min(length, MAX_VALUE_BYTES)
    const from = this.#locate(address, size)
    if (from === undefined) return undefined
    const bytes = this.#window.subarray(from, from + size)
    return this.#decoder.decode(size === length ? bytes : bytes.subarray(0, wholeCharacters(bytes)))
  }

  /** Place of the bytes in the window. */
  #locate(address: number, size: number): number | undefined {
    if (address < this.#start || address + size > this.#start + this.#size) {
      this.#start = address
      this.#size = this.#memory.readInto(address, this.#window)
      if (this.#size < size) return undefined
    }
    return address - this.#start
  }
}

/** Bytes up to the end of the last character that is not cut; all of them where that is no UTF-8. */
function wholeCharacters(bytes: Uint8Array): number {
  const size = bytes.length
  for (let back = 1; back <= 4 && back <= size; back++) {
    const byte = bytes[size - back]
    if (byte < 0x80) return size
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? size - back : size
    }
  }
  return size
}
