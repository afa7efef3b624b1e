/**
 * A hash of 63 bits by which equal contents are found, over bytes that come in pieces. Two lanes of 32 bits that feed
 * each other, in the manner of A. Appleby's MurmurHash3 (x86, 128 bits, of which this has half): JavaScript multiplies
 * 32 bits fast and 64 slowly. Among n different contents of one length a pair is expected to collide once in
 * 2^64 / n^2 heaps. Not for contents made to collide on purpose.
 */
export class ContentHash {
  /** Bits 0 to 31. */
  low = 0
  /** Bits 32 to 62. */
  high = 0
  #a = 0
  #b = 0
  #length = 0

  reset(): void {
    this.#a = SEED_A
    this.#b = SEED_B
    this.#length = 0
  }

  /** Takes bytes [from, to). Every piece but the last has a multiple of 4 bytes. */
  update(bytes: Uint8Array, from: number, to: number): void {
    let a = this.#a
    let b = this.#b
    let i = from
    for (; i + 4 <= to; i += 4) {
      const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
      a = Math.imul(turn(a ^ scatterA(word), 13) + b, 5) + 0x561ccd1b
      b = Math.imul(turn(b ^ scatterB(word), 17) + a, 5) + 0x0bcaa747
    }
    if (i < to) {
      let word = 0
      for (let shift = 0; i < to; i++, shift += 8) word |= bytes[i] << shift
      a = Math.imul(turn(a ^ scatterA(word), 13) + b, 5) + 0x561ccd1b
      b = Math.imul(turn(b ^ scatterB(word), 17) + a, 5) + 0x0bcaa747
    }
    this.#a = a | 0
    this.#b = b | 0
    this.#length += to - from
  }

  /** Sets low and high. */
  finish(): void {
    // Contents may be over 4 GiB.
    let a = this.#a ^ this.#length
    let b = this.#b ^ Math.imul(Math.floor(this.#length / 2 ** 32) + 1, 0x2545f491)
    a = (a + b) | 0
    b = (b + a) | 0
    a = mixBits(a)
    b = mixBits(b)
    a = (a + b) | 0
    b = (b + a) | 0
    this.low = a >>> 0
    this.high = b >>> 1
  }
}

/** The hash of a content in pieces, as 16 hexadecimal digits. */
export function hashText(pieces: Iterable<Uint8Array>): string {
  const hash = new ContentHash()
  hash.reset()
  for (const piece of pieces) hash.update(piece, 0, piece.length)
  hash.finish()
  return ((BigInt(hash.high) << 32n) | BigInt(hash.low)).toString(16).padStart(16, '0')
}

const SEED_A = 0x676f6865
const SEED_B = 0x61703031

const turn = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits))
const scatterA = (word: number) => Math.imul(turn(Math.imul(word, 0x239b961b), 15), 0xab0e9789)
const scatterB = (word: number) => Math.imul(turn(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93)

/** MurmurHash3's finalizer: every bit of the word changes half of the others. */
function mixBits(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
