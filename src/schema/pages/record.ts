/**
 * Rows of integers and NULLs in SQLite's record format: a header of one byte a column, then the bytes of the values,
 * big-endian and as short as they can be. https://www.sqlite.org/fileformat2.html#record_format
 */

import type { Block } from './blocks.ts'

/** NULL in a column of numbers. */
export const NULL = Number.NaN

/** Serial type of a value: 0 NULL, 8 and 9 the numbers 0 and 1, others an integer of SIZES[type] bytes. */
function serialType(value: number): number {
  if (value === 0) return 8
  if (value === 1) return 9
  if (value >= 0) {
    if (value < 2 ** 7) return 1
    if (value < 2 ** 15) return 2
    if (value < 2 ** 23) return 3
    if (value < 2 ** 31) return 4
    return value < 2 ** 47 ? 5 : 6
  }
  if (value >= -(2 ** 7)) return 1
  if (value >= -(2 ** 15)) return 2
  if (value >= -(2 ** 23)) return 3
  if (value >= -(2 ** 31)) return 4
  if (value >= -(2 ** 47)) return 5
  return value < 0 ? 6 : 0
}

const SIZES = Uint8Array.of(0, 1, 2, 3, 4, 6, 8, 8, 0, 0)

/** Encodes one row after the other. Columns are at most 120, so that the size of the header is one byte. */
export class RecordEncoder {
  /** Bytes of the current row's record. */
  size = 0
  /** Upper bits of each value, all but the lower 32, and these. */
  readonly #high: Float64Array
  readonly #low: Float64Array
  readonly #types: Uint8Array
  readonly #lowerBits: Int32Array

  /** `lowerBits`: see placeLowerBits. */
  constructor(lowerBits: Int32Array) {
    this.#lowerBits = lowerBits
    this.#high = new Float64Array(lowerBits.length)
    this.#low = new Float64Array(lowerBits.length)
    this.#types = new Uint8Array(lowerBits.length)
  }

  /** Makes row `row` of the block the current one. */
  take(block: Block, row: number): void {
    const columns = this.#types.length
    let size = 1 + columns
    for (let column = 0; column < columns; column++) {
      const value = block[column][row]
      const low = this.#lowerBits[column]
      let type: number
      if (low < 0) {
        type = serialType(value)
        const high = Math.floor(value / 2 ** 32)
        this.#high[column] = high
        this.#low[column] = value - high * 2 ** 32
      } else {
        // Only a value of less than 2^53 is told by a double.
        type = value < 2 ** 21 ? serialType(value * 2 ** 32 + block[low][row]) : 6
        this.#high[column] = value
        this.#low[column] = block[low][row]
      }
      this.#types[column] = type
      size += SIZES[type]
    }
    this.size = size
  }

  /** Writes the current record at `start` of the page. */
  put(page: Uint8Array, start: number): void {
    const types = this.#types
    const columns = types.length
    let at = start
    page[at++] = columns + 1
    for (let column = 0; column < columns; column++) page[at++] = types[column]
    for (let column = 0; column < columns; column++) {
      const size = SIZES[types[column]]
      if (size === 0) continue
      const high = this.#high[column]
      const low = this.#low[column]
      for (let byte = size - 1; byte >= 4; byte--) page[at++] = high >> ((byte - 4) * 8)
      for (let byte = Math.min(size, 4) - 1; byte >= 0; byte--) page[at++] = low >>> (byte * 8)
    }
  }
}

/** Bytes of a number below 2^53 as SQLite's varint: seven bits a byte, the high ones first. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes a varint; gives the place after it. */
export function putVarint(page: Uint8Array, start: number, value: number): number {
  const size = varintSize(value)
  let rest = value
  for (let byte = size - 1; byte >= 0; byte--) {
    page[start + byte] = (rest % 128) | (byte === size - 1 ? 0 : 0x80)
    rest = Math.floor(rest / 128)
  }
  return start + size
}
