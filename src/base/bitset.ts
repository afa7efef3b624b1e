/**
 * A fixed-size set of row numbers below 2^32, one bit each: 1.25 MB for ten million rows, which stays in the
 * processor's cache where a byte or a number per row would not. Hot loops work on `words` themselves:
 * row i is bit `i & 31` of `words[i >>> 5]`.
 */
export class BitSet {
  readonly words: Int32Array
  /** Room for rows 0..length-1, all absent. */
  constructor(length: number) {
    this.words = new Int32Array(Math.ceil(length / 32))
  }
  has(row: number): boolean {
    return (this.words[row >>> 5] & (1 << (row & 31))) !== 0
  }
  add(row: number): void {
    this.words[row >>> 5] |= 1 << (row & 31)
  }
  delete(row: number): void {
    this.words[row >>> 5] &= ~(1 << (row & 31))
  }
  /** Adds all rows below `length`. */
  addBelow(length: number): void {
    this.words.fill(-1, 0, length >>> 5)
    if ((length & 31) !== 0) this.words[length >>> 5] |= (1 << (length & 31)) - 1
  }
  /** A set of its own with the rows below `length`. */
  first(length: number): BitSet {
    const set = new BitSet(length)
    set.words.set(this.words.subarray(0, set.words.length))
    if ((length & 31) !== 0 && set.words.length <= this.words.length)
      set.words[set.words.length - 1] &= (1 << (length & 31)) - 1
    return set
  }
  /** Takes out the rows of another set. */
  deleteAll(rows: BitSet): void {
    const words = Math.min(this.words.length, rows.words.length)
    for (let i = 0; i < words; i++) this.words[i] &= ~rows.words[i]
  }
  /** Each row, ascending. */
  walk(visit: (row: number) => void): void {
    for (let at = 0; at < this.words.length; at++) {
      for (let word = this.words[at]; word !== 0; word &= word - 1)
        visit(32 * at + 31 - Math.clz32(word & -word))
    }
  }
  /** How many rows there are. */
  count(): number {
    let count = 0
    for (let i = 0; i < this.words.length; i++) {
      let word = this.words[i]
      word -= (word >>> 1) & 0x55555555
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
      count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    }
    return count
  }
}
