import type { Cell, QueryResult } from '../../../index.ts'
import { encode } from '../answer.ts'

export type ExportFormat = 'csv' | 'json'

/** Letters of one piece, about. */
const PIECE = 60_000

/** A table as text, in pieces; the last one ends it. What a spreadsheet would run as a formula is kept text by a quote before it. */
export function* writeTable(result: QueryResult, format: ExportFormat): Generator<string> {
  const lines = format === 'csv' ? csvLines(result) : jsonLines(result)
  let piece = ''
  for (const line of lines) {
    piece += line
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  yield piece
}

/** RFC 4180, as the page saves what it has itself. */
function* csvLines({ columns, rows }: QueryResult): Generator<string> {
  yield `${columns.map(csvCell).join(',')}\r\n`
  for (const row of rows) yield `${row.map(csvCell).join(',')}\r\n`
}

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (cell instanceof Uint8Array) return `0x${Buffer.from(cell).toString('hex')}`
  if (typeof cell !== 'string') return cell.toString()
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** An array with an object a row, a row a line. */
function* jsonLines({ columns, rows }: QueryResult): Generator<string> {
  let separator = '[\n'
  for (const row of rows) {
    yield separator + encode(Object.fromEntries(columns.map((name, i) => [name, row[i]])))
    separator = ',\n'
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n'
}
