import { type HeapDb, readQuery } from '../../../index.ts'
import type { TableAnswer } from '../answer.ts'

/** A query of queries/, its header told with the rows. */
export function runNamed(
  db: HeapDb,
  name: string,
  args: Readonly<Record<string, string | number>>,
): TableAnswer {
  const query = readQuery(name)
  return { columns: query.columns, rows: [...db.runQuery(query, args).rows] }
}
