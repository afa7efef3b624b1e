import type { Column } from '../columns.ts'
import { NULL } from './record.ts'

/** Rows that are encoded at a time: few enough to stay in the processor's cache. */
export const BLOCK_ROWS = 2048

export type Block = readonly Float64Array[]

export function makeBlock(columns: number): Block {
  return Array.from({ length: columns }, () => new Float64Array(BLOCK_ROWS))
}

/**
 * Reads `count` rows of the columns, `undefined` being a column of NULLs: rows from.., or the rows that stand at places
 * from.. of `order`.
 */
export function fillBlock(
  block: Block,
  columns: readonly (Column | undefined)[],
  { from, count, order }: { from: number; count: number; order: Uint32Array | undefined },
): void {
  columns.forEach((column, place) => {
    const into = block[place]
    if (column === undefined) into.fill(NULL, 0, count)
    else if ('texts' in column) throw new Error(`column ${column.name} is text`)
    else if ('at' in column) {
      for (let i = 0; i < count; i++) into[i] = numberOf(column.at(order ? order[from + i] : from + i))
    } else fillNumbers(into, column.numbers, { from, count, order })
    if (column !== undefined && 'numbers' in column) shift(into, count, column.add ?? 0, column.absent)
  })
}

function fillNumbers(
  into: Float64Array,
  numbers: ArrayLike<number>,
  { from, count, order }: { from: number; count: number; order: Uint32Array | undefined },
): void {
  if (order === undefined) for (let i = 0; i < count; i++) into[i] = numbers[from + i]
  else for (let i = 0; i < count; i++) into[i] = numbers[order[from + i]]
}

function shift(into: Float64Array, count: number, add: number, absent: number | undefined): void {
  for (let i = 0; i < count; i++) into[i] = into[i] === absent ? NULL : into[i] + add
}

function numberOf(value: unknown): number {
  if (value === null) return NULL
  if (typeof value === 'number') return value
  throw new Error('a column of a paged table is not a number')
}
