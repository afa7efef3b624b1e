import { GoheapError } from '../errors.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import type { ResultFormat } from './render/result.ts'
import { withDatabase } from './with-database.ts'

export interface FormatOptions {
  json?: true
  csv?: true
}

/** The one format that the options ask for. */
export function chooseFormat({ json, csv }: FormatOptions): ResultFormat {
  if (json && csv) throw new GoheapError('usage', '--json and --csv exclude each other')
  return json ? 'json' : csv ? 'csv' : 'table'
}

type QueryArguments = Readonly<Record<string, string | number>>

/** Runs a query of queries/ on a database and writes its result to stdout. */
export function runNamedQuery(
  path: string,
  name: string,
  args: QueryArguments,
  format: ResultFormat,
): Promise<void> {
  return withDatabase(path, (db) => writeNamedQuery(db, name, args, format))
}

/** Likewise, of a database that is open: what was looked up before is of the same file. */
export async function writeNamedQuery(
  db: HeapDb,
  name: string,
  args: QueryArguments,
  format: ResultFormat,
): Promise<void> {
  // Loaded only now: help and bad usage need no database.
  const [{ readQuery }, { writeResult }, { Output }] = await Promise.all([
    import('../schema/query-file.ts'),
    import('./render/result.ts'),
    import('./output.ts'),
  ])
  const query = readQuery(name)
  await writeResult(new Output(), db.runQuery(query, args), format, query.columns)
}

/** Runs SQL of the user's own. */
export async function runSql(path: string, sql: string, format: ResultFormat): Promise<void> {
  const [{ writeResult }, { Output }] = await Promise.all([
    import('./render/result.ts'),
    import('./output.ts'),
  ])
  await withDatabase(path, (db) => writeResult(new Output(), db.query(sql), format))
}
