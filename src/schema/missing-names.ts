import type Database from 'better-sqlite3'
import { nearNames } from '../base/near-names.ts'

const NAMES = {
  table: "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name",
  column: `SELECT DISTINCT c.name FROM sqlite_schema s, pragma_table_info(s.name) c
    WHERE s.type IN ('table', 'view') ORDER BY c.name`,
}

/** Tables or columns that may have been meant where SQLite says that there is no such; '' for none. */
export function hintAtMissing(message: string, database: Database.Database): string {
  const [, kind, name] = message.match(/^no such (table|column): (?:\w+\.)*(\w+)$/) ?? []
  if (kind !== 'table' && kind !== 'column') return ''
  const near = nearNames(name, database.prepare<[], string>(NAMES[kind]).pluck().all())
  return near.length > 0 ? ` (there is ${near.join(', ')})` : ''
}
