import { setImmediate as nextTurn } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { type Column, fillCells, type Value } from './columns.ts'

/** A table with its rows, in the order of its key. */
export interface TableRows {
  name: string
  rowCount: number
  /** Rows have consecutive ids from this one on; undefined: `columns` holds the key. */
  firstId?: number
  /** Columns left out get the table's default. */
  columns: Column[]
}

/** Rows a statement inserts: more no longer helps, and 32766 parameters are the limit. */
const ROWS_PER_STATEMENT = 200
const MAX_PARAMETERS = 32766
/** Rows between two looks at the event loop, where signals and cancellation come from. */
const ROWS_PER_TURN = 40_000

/**
 * Inserts all rows of a table, inside the caller's transaction. `report` hears of the rows written so far, and may
 * throw to stop.
 */
export async function writeTable(
  database: Database.Database,
  table: TableRows,
  report: (rows: number) => void,
): Promise<void> {
  const { rowCount } = table
  const columns = listColumns(table)
  const perStatement = Math.min(ROWS_PER_STATEMENT, Math.floor(MAX_PARAMETERS / columns.length))
  const cells: Value[] = new Array(perStatement * columns.length).fill(null)
  const insert = database.prepare(insertSql(table.name, columns, perStatement))
  let nextReport = ROWS_PER_TURN
  let row = 0
  for (; row + perStatement <= rowCount; row += perStatement) {
    fillRows(columns, { from: row, count: perStatement }, cells)
    insert.run(cells)
    if (row < nextReport) continue
    nextReport = row + ROWS_PER_TURN
    report(row)
    await nextTurn()
  }
  if (row < rowCount) {
    const rest = rowCount - row
    cells.length = rest * columns.length
    fillRows(columns, { from: row, count: rest }, cells)
    database.prepare(insertSql(table.name, columns, rest)).run(cells)
  }
  report(rowCount)
}

function fillRows(columns: Column[], rows: { from: number; count: number }, cells: Value[]): void {
  const stride = columns.length
  for (let place = 0; place < stride; place++) fillCells(columns[place], rows, cells, { place, stride })
}

/** JavaScript's numbers bind as REAL; columns of STRICT tables turn them back into exact integers. */
function insertSql(table: string, columns: Column[], rows: number): string {
  const names = columns.map((column) => column.name).join(', ')
  const row = `(${columns.map(() => '?').join(', ')})`
  return `INSERT INTO ${table} (${names}) VALUES ${new Array(rows).fill(row).join(', ')}`
}

function listColumns({ columns, firstId }: TableRows): Column[] {
  return firstId === undefined ? columns : [{ name: 'id', start: firstId }, ...columns]
}
