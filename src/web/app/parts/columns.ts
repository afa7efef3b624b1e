import type { ComponentChildren } from 'preact'

/** A column of a table, whatever draws it. */
export interface TableColumn<R> {
  name: string
  title: string
  doc?: string
  /** What to sort by and to save. */
  value: (row: R) => number | string | null
  /** How to show it; the value as it is when missing. */
  show?: (row: R) => ComponentChildren
  /** Numbers stand right, and sort from the biggest on. */
  isNumber?: boolean
  /** CSS grid track; default 8rem for numbers, what is left for text. */
  width?: string
}

/** Rows by `column` or `-column`; as they are without. */
export function sortRows<R>(
  rows: readonly R[],
  columns: readonly TableColumn<R>[],
  order: string | undefined,
): readonly R[] {
  const column = columns.find(({ name }) => name === order?.replace(/^-/, ''))
  if (order === undefined || column === undefined) return rows
  const sign = order.startsWith('-') ? -1 : 1
  const keyed = rows.map((row, place) => ({ row, place, key: column.value(row) }))
  // What is not known comes last either way.
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      return Number(a.key === null) - Number(b.key === null) || a.place - b.place
    }
    return sign * compareCells(a.key, b.key) || a.place - b.place
  })
  return keyed.map(({ row }) => row)
}

function compareCells(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}
