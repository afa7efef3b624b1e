import type { Cell, QueryResult } from '../../schema/heap-db.ts'
import type { CellFormat } from './result.ts'

/** Columns of rows that no query gave: names as they are in JSON, and how a table shows them. */
export type RowFormat<Row> = { [Name in keyof Row]?: string }

/**
 * Objects as a result that writeResult takes, with the columns that `format` names, in its order. A format ends in `?`
 * when NULL is a value that is not known, as in the headers of queries.
 */
export function rowsToResult<Row extends object>(
  rows: Iterable<Row>,
  format: RowFormat<Row>,
): { result: QueryResult; columns: CellFormat[] } {
  const entries = Object.entries<string | undefined>(format)
  const columns = entries.map(([name, shown = '-']): CellFormat => {
    const nullIsUnknown = shown.endsWith('?')
    return { name, format: nullIsUnknown ? shown.slice(0, -1) || '-' : shown, nullIsUnknown }
  })
  const names = columns.map(({ name }) => name)
  return { columns, result: { columns: names, rows: readCells(rows, names) } }
}

function* readCells(rows: Iterable<object>, names: readonly string[]): Generator<Cell[]> {
  for (const row of rows) {
    const cells = new Map<string, Cell>(Object.entries(row))
    yield names.map((name) => cells.get(name) ?? null)
  }
}
