/** Columns of a table about to be written. Rows are numbered from 0. */
export type Column = NumberColumn | WideColumn | SequenceColumn | TextColumn | ComputedColumn
export type Value = number | bigint | string | Uint8Array | null

/** One number a row, from an array. */
export interface NumberColumn {
  name: string
  numbers: Numbers
  /** Added to each value: 1 turns row numbers into ids. */
  add?: number
  /** This value in the array is NULL in the table. */
  absent?: number
  /** Row 0 is at this place of the array. */
  from?: number
}
export type Numbers = readonly number[] | Uint8Array | Int32Array | Uint32Array | Float64Array

/** One integer a row, below 2^63, which a double may not hold exactly. */
export interface WideColumn {
  name: string
  wide: BigUint64Array
}

/** start, start + 1, ... */
export interface SequenceColumn {
  name: string
  start: number
}

/** One text a row; undefined is NULL. */
export interface TextColumn {
  name: string
  texts: ArrayLike<string | undefined>
}

/** For small tables, and for what follows from other arrays. */
export interface ComputedColumn {
  name: string
  at: (row: number) => Value
}

/** Puts rows from.. of a column into `cells`, at `place`, `place + stride`, ... */
export function fillCells(
  column: Column,
  rows: { from: number; count: number },
  cells: Value[],
  { place, stride }: { place: number; stride: number },
): void {
  if ('numbers' in column) fillNumbers(column, rows, cells, { place, stride })
  else if ('wide' in column) {
    for (let i = 0, cell = place; i < rows.count; i++, cell += stride)
      cells[cell] = column.wide[rows.from + i]
  } else if ('start' in column) {
    for (let i = 0, cell = place; i < rows.count; i++, cell += stride)
      cells[cell] = column.start + rows.from + i
  } else if ('texts' in column) {
    const { texts } = column
    for (let i = 0, cell = place; i < rows.count; i++, cell += stride) {
      cells[cell] = texts[rows.from + i] ?? null
    }
  } else {
    for (let i = 0, cell = place; i < rows.count; i++, cell += stride) cells[cell] = column.at(rows.from + i)
  }
}

function fillNumbers(
  column: NumberColumn,
  rows: { from: number; count: number },
  cells: Value[],
  { place, stride }: { place: number; stride: number },
): void {
  const { numbers, add = 0, absent } = column
  const first = (column.from ?? 0) + rows.from
  for (let i = 0, cell = place; i < rows.count; i++, cell += stride) {
    const number = numbers[first + i]
    cells[cell] = number === absent ? null : number + add
  }
}
