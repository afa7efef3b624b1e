import { GoheapError } from '../../errors.ts'
import { type Argument, type Cell, type HeapDb, readRecords } from '../../index.ts'

/** A function of the web API: what it is asked comes as the parameters of a URL, what it gives, now or later, is sent as JSON. */
export type Answer = (db: HeapDb, params: URLSearchParams) => unknown

/** A result in columns and rows, as the page's tables take it. */
export interface TableAnswer {
  columns: ColumnAnswer[]
  rows: Cell[][]
}

export interface ColumnAnswer {
  name: string
  /** As in the headers of queries/: bytes, count, percent, address, node, types.name, ...; `-` for nothing special. */
  format: string
  doc: string
}

/** SQL of the viewer's own with its arguments. */
export interface Statement {
  sql: string
  args: Record<string, Argument>
}

/** Rows of a query of the viewer's own, as objects. */
export function selectAll(
  db: HeapDb,
  sql: string,
  args: Record<string, Argument> = {},
): Record<string, Cell>[] {
  return readRecords(db.query(sql, args))
}

/** The first row, undefined when there is none. */
export function selectOne(
  db: HeapDb,
  sql: string,
  args: Record<string, Argument> = {},
): Record<string, Cell> | undefined {
  return selectAll(db, sql, args)[0]
}

/** Throws 'usage' when the parameter is not a whole number of 0 or more; `fallback` when it is missing. */
export function readInteger(
  params: URLSearchParams,
  name: string,
  fallback?: number,
  most = 2 ** 53,
): number {
  const text = params.get(name)
  if (text === null && fallback !== undefined) return fallback
  const number = /^\d{1,16}$/.test(text ?? '') ? Number(text) : Number.NaN
  if (!(number <= most)) throw new GoheapError('usage', `${name} has to be a whole number up to ${most}`)
  return number
}

/** JSON of an answer: integers beyond 2^53 as text, bytes as hexadecimal text. */
export function encode(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, item) {
    // `item` is what a Buffer makes of itself.
    const own = this[key]
    if (own instanceof Uint8Array) return `0x${Buffer.from(own).toString('hex')}`
    return typeof item === 'bigint' ? item.toString() : item
  })
}
