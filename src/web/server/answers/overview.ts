import { type HeapDb, readQuery } from '../../../index.ts'
import { type Answer, selectAll, type TableAnswer } from '../answer.ts'

const ROWS = 12

/** What the first page shows: figures, suspects, the biggest holders and types, the memory account, problems. */
export const answerOverview: Answer = (db) => ({
  metadata: Object.fromEntries(db.metadata()),
  suspects: runNamed(db, 'suspects', {}),
  holders: selectAll(db, HOLDERS, { most: ROWS }),
  types: runNamed(db, 'histogram', { limit: ROWS }),
  memory: selectAll(db, 'SELECT id, parent_id, key, name, bytes, note FROM memory_account ORDER BY id'),
  problems: db.problems(),
})

// The top of the dominator tree with nodes of one name merged: a hundred goroutines that do the same are one row.
const HOLDERS = `
  SELECT id, kind, name, nodes, objects, retained_size, node_id FROM dominator_paths
  WHERE parent_id IS NULL ORDER BY retained_size DESC, id LIMIT :most`

/** A query of queries/, its header told with the rows. */
export function runNamed(
  db: HeapDb,
  name: string,
  args: Readonly<Record<string, string | number>>,
): TableAnswer {
  const query = readQuery(name)
  return { columns: query.columns, rows: [...db.runQuery(query, args).rows] }
}
