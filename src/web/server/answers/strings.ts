import { readTexts } from '../../../answers/inspect.ts'
import { GoheapError } from '../../../errors.ts'
import type { HeapDb } from '../../../index.ts'
import type { Answer, TableAnswer } from '../answer.ts'
import { runNamed } from './named.ts'

/** Rows of the query duplicate-strings. */
const MOST = 200

/**
 * The query duplicate-strings, with texts read from the core where the database has none; `missing` says why there are
 * none, and is null when there are.
 */
export function answerDuplicateStrings(files: {
  core: string | undefined
  binary: string | undefined
}): Answer {
  return (db) => readDuplicateStrings(db, MOST, files)
}

export function readDuplicateStrings(
  db: HeapDb,
  most: number,
  files: { core?: string | undefined; binary?: string | undefined },
): TableAnswer & { missing: string | null } {
  const table = runNamed(db, 'duplicate-strings', { limit: most })
  const value = table.columns.findIndex(({ name }) => name === 'value')
  if (table.rows.every((row) => row[value] !== null)) return { ...table, missing: null }
  try {
    const { texts, missing } = readTexts(db, listPlaces(db, table.rows.length), files)
    if (texts === null) return { ...table, missing }
    return { ...table, rows: withTexts(table, value, texts), missing: null }
  } catch (error) {
    // Files that changed or went since: the page shows all else.
    if (error instanceof GoheapError && error.code !== 'usage') return { ...table, missing: error.message }
    throw error
  }
}

/** Where the strings of the rows lie, in the order of the query. */
function listPlaces(db: HeapDb, count: number): { address: number; length: number }[] {
  const { rows } = db.query(
    `SELECT o.address + d.offset, d.length FROM duplicate_strings d JOIN objects o ON o.id = d.object_id
     ORDER BY d.id LIMIT ?`,
    [BigInt(count)],
  )
  return Array.from(rows, ([address, length]) => ({ address: Number(address), length: Number(length) }))
}

const withTexts = ({ rows }: TableAnswer, value: number, texts: readonly (string | null)[]) =>
  rows.map((row, i) => row.map((cell, column) => (column === value ? (cell ?? texts[i]) : cell)))
