import { type HeapDb, readQuery } from '../../../index.ts'
import { type Answer, selectAll, type TableAnswer } from '../answer.ts'

const ROWS = 12

/** What the first page shows: figures, the biggest holders and types, the memory account, problems. */
export const answerOverview: Answer = (db) => ({
  metadata: Object.fromEntries(db.metadata()),
  holders: runNamed(db, 'top-holders', { limit: ROWS }),
  types: runNamed(db, 'histogram', { limit: ROWS }),
  memory: selectAll(db, 'SELECT id, parent_id, key, name, bytes, note FROM memory_account ORDER BY id'),
  problems: db.problems(),
})

/** A query of queries/, its header told with the rows. */
export function runNamed(
  db: HeapDb,
  name: string,
  args: Readonly<Record<string, string | number>>,
): TableAnswer {
  const query = readQuery(name)
  return { columns: query.columns, rows: [...db.runQuery(query, args).rows] }
}
