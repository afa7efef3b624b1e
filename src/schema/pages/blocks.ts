import { NONE } from '../../model/types.ts'
import type { Column, NumberColumn, Numbers, WideColumn } from '../columns.ts'
import { NULL } from './record.ts'

/** Rows that are encoded at a time: few enough to stay in the processor's cache. */
export const BLOCK_ROWS = 2048

/**
 * Arrays of BLOCK_ROWS values: one a column and, behind them, one for each wide column, of which the former has the
 * upper 32 bits and the latter the lower ones.
 */
export type Block = readonly Float64Array[]

export interface RowRange {
  from: number
  count: number
  /** Where the rows are: from.. are places in it. undefined: from.. are the rows themselves. */
  order: Uint32Array | undefined
}

/** Array of a block with the lower bits of each column; NONE for one that is not wide. `undefined` is a column of NULLs. */
export function placeLowerBits(columns: readonly (Column | undefined)[]): Int32Array {
  let next = columns.length
  return Int32Array.from(columns, (column) => (column !== undefined && 'wide' in column ? next++ : NONE))
}

export function makeBlock(columns: readonly (Column | undefined)[]): Block {
  const arrays = Math.max(columns.length, ...placeLowerBits(columns).map((place) => place + 1))
  return Array.from({ length: arrays }, () => new Float64Array(BLOCK_ROWS))
}

/** Reads a range of rows into a block. */
export function fillBlock(block: Block, columns: readonly (Column | undefined)[], rows: RowRange): void {
  const low = placeLowerBits(columns)
  for (let place = 0; place < columns.length; place++) {
    const column = columns[place]
    if (column !== undefined && 'wide' in column) fillWide(block[place], block[low[place]], column, rows)
    else fillColumn(block[place], column, rows)
  }
}

function fillWide(
  high: Float64Array,
  low: Float64Array,
  { wide }: WideColumn,
  { from, count, order }: RowRange,
): void {
  const words = new Uint32Array(wide.buffer, wide.byteOffset, wide.length * 2)
  for (let i = 0; i < count; i++) {
    const row = order ? order[from + i] : from + i
    low[i] = words[2 * row]
    high[i] = words[2 * row + 1]
  }
}

function fillColumn(
  into: Float64Array,
  column: Exclude<Column, WideColumn> | undefined,
  rows: RowRange,
): void {
  const { from, count, order } = rows
  if (column === undefined) into.fill(NULL, 0, count)
  else if ('numbers' in column) fillNumbers(into, column, rows)
  else if ('start' in column) {
    for (let i = 0; i < count; i++) into[i] = column.start + (order ? order[from + i] : from + i)
  } else if ('at' in column) {
    for (let i = 0; i < count; i++) into[i] = requireNumber(column.at(order ? order[from + i] : from + i))
  } else throw new Error(`column ${column.name} is text`)
}

function fillNumbers(into: Float64Array, column: NumberColumn, { from, count, order }: RowRange): void {
  const { numbers, add = 0, absent, from: first = 0 } = column
  if (order !== undefined) gather(into, numbers, order.subarray(from, from + count), first)
  else if (Array.isArray(numbers)) into.set(numbers.slice(first + from, first + from + count))
  else into.set((numbers as Exclude<Numbers, readonly number[]>).subarray(first + from, first + from + count))
  if (absent !== undefined)
    for (let i = 0; i < count; i++) into[i] = into[i] === absent ? NULL : into[i] + add
  else if (add !== 0) for (let i = 0; i < count; i++) into[i] += add
}

/** The same loop for each kind of array: one that has met them all reads each of them slowly. */
function gather(into: Float64Array, numbers: Numbers, rows: Uint32Array, first: number): void {
  if (numbers instanceof Float64Array)
    for (let i = 0; i < rows.length; i++) into[i] = numbers[first + rows[i]]
  else if (numbers instanceof Uint32Array)
    for (let i = 0; i < rows.length; i++) into[i] = numbers[first + rows[i]]
  else if (numbers instanceof Int32Array)
    for (let i = 0; i < rows.length; i++) into[i] = numbers[first + rows[i]]
  else for (let i = 0; i < rows.length; i++) into[i] = numbers[first + rows[i]]
}

function requireNumber(value: unknown): number {
  if (value === null) return NULL
  if (typeof value === 'number') return value
  throw new Error('a column of a table written as pages is not a number')
}
