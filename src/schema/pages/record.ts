/**
 * Rows of integers and NULLs in SQLite's record format: a header of one byte a column, then the bytes of the values,
 * big-endian and as short as they can be. https://www.sqlite.org/fileformat2.html#record_format
 */

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
  readonly #values: Float64Array
  readonly #types: Uint8Array

  constructor(columns: number) {
    this.#values = new Float64Array(columns)
    this.#types = new Uint8Array(columns)
  }

  /** Makes row `row` of the block the current one. A block is one array a column. */
  take(block: readonly Float64Array[], row: number): void {
    let size = 1 + block.length
    for (let column = 0; column < block.length; column++) {
      const value = block[column][row]
      const type = serialType(value)
      this.#values[column] = value
      this.#types[column] = type
      size += SIZES[type]
    }
    this.size = size
  }

  /** Writes the current record at `start` of the page. */
  put(page: Uint8Array, start: number): void {
    const values = this.#values
    const types = this.#types
    const columns = types.length
    let at = start
    page[at++] = columns + 1
    for (let column = 0; column < columns; column++) page[at++] = types[column]
    for (let column = 0; column < columns; column++) {
      const size = SIZES[types[column]]
      if (size === 0) continue
      const value = values[column]
      const high = Math.floor(value / 2 ** 32)
      const low = value - high * 2 ** 32
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
