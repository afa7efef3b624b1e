import { formatBytes, formatCount, formatDuration, formatPercent } from '../../base/numbers.ts'
import type { Cell, QueryResult } from '../../schema/heap-db.ts'
import type { QueryColumn } from '../../schema/query-file.ts'
import type { Output } from '../output.ts'
import { renderTable, type TableColumn } from './table.ts'
import { showControls } from './text.ts'

/** The part of a QueryColumn that says how to show a value. */
export type CellFormat = Pick<QueryColumn, 'name' | 'format' | 'nullIsUnknown'>
export type ResultFormat = 'table' | 'json' | 'csv'

/** Rows whose widths decide a table's: a longer result is laid out in pieces of this many. */
const ROWS_PER_TABLE = 10_000

/** Writes a result. Numbers are exact in json and csv; a table shows them as the query's header says. */
export async function writeResult(
  output: Output,
  result: QueryResult,
  format: ResultFormat,
  described: readonly CellFormat[] = [],
): Promise<void> {
  if (format === 'json') await writeJson(output, result)
  else if (format === 'csv') await writeCsv(output, result)
  else await writeTable(output, result, described)
  await output.flush()
}

async function writeTable(output: Output, result: QueryResult, described: readonly CellFormat[]) {
  const formats = result.columns.map((name) => described.find((column) => column.name === name))
  let rows: Cell[][] = []
  let isFirst = true
  const flush = async () => {
    const cells = rows.map((row) => row.map((cell, place) => showCell(cell, formats[place])))
    const columns = result.columns.map((title, place): TableColumn => {
      const isNumber = rows.some((row) => typeof row[place] === 'number' || typeof row[place] === 'bigint')
      // A cell says its unit.
      const words = formats[place]?.format === 'duration' ? title.replace(/_ns$/, '') : title
      return { title: showControls(words.replaceAll('_', ' ')), align: isNumber ? 'right' : 'left' }
    })
    const text = renderTable(columns, cells, output.width)
    await output.write(isFirst ? text : text.slice(text.indexOf('\n') + 1))
    isFirst = false
    rows = []
  }
  for (const row of result.rows) {
    rows.push(row)
    if (rows.length === ROWS_PER_TABLE) await flush()
  }
  if (isFirst || rows.length > 0) await flush()
}

function showCell(cell: Cell, column: CellFormat | undefined): string {
  if (cell === null) return column?.nullIsUnknown ? 'unknown' : '-'
  const format = column?.format ?? '-'
  if (typeof cell === 'string') return showControls(cell)
  if (cell instanceof Uint8Array) return `x'${Buffer.from(cell).toString('hex')}'`
  if (format === 'bytes') return formatBytes(Number(cell))
  if (format === 'count') return formatCount(cell)
  if (format === 'percent') return formatPercent(Number(cell))
  // Of nanoseconds.
  if (format === 'duration') return formatDuration(Number(cell) / 1e9)
  if (format === 'bytes delta') return signed(cell, formatBytes(Number(cell)))
  if (format === 'count delta') return signed(cell, formatCount(cell))
  if (format === 'address') return `0x${cell.toString(16)}`
  return cell.toString()
}

const signed = (number: number | bigint, text: string) => (number > 0 ? `+${text}` : text)

/** An array with an object a row, a row a line. */
async function writeJson(output: Output, { columns, rows }: QueryResult): Promise<void> {
  const keys = columns.map((name) => JSON.stringify(name))
  let separator = '[\n'
  for (const row of rows) {
    const members = row.map((cell, place) => `${keys[place]}: ${jsonCell(cell)}`)
    await output.write(`${separator}{${members.join(', ')}}`)
    separator = ',\n'
  }
  await output.write(separator === '[\n' ? '[]\n' : '\n]\n')
}

/** An integer beyond 2^53 keeps its digits: JSON sets no limit. */
function jsonCell(cell: Cell): string {
  if (typeof cell === 'bigint') return cell.toString()
  if (cell instanceof Uint8Array) return JSON.stringify(Buffer.from(cell).toString('base64'))
  // SQLite has infinities, JSON has none.
  if (typeof cell === 'number' && !Number.isFinite(cell)) return cell > 0 ? '1e999' : '-1e999'
  return JSON.stringify(cell)
}

/** RFC 4180, with plain line feeds. NULL is an empty field, an empty text is "". */
async function writeCsv(output: Output, { columns, rows }: QueryResult): Promise<void> {
  await output.write(`${columns.map(csvText).join(',')}\n`)
  for (const row of rows) await output.write(`${row.map(csvCell).join(',')}\n`)
}

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString('base64')
  return typeof cell === 'string' ? csvText(cell) : cell.toString()
}

function csvText(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
