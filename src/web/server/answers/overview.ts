import { findGoroutineCrowd } from '../../../answers/goroutine-crowd.ts'
import { type Answer, selectAll } from '../answer.ts'
import { selectAccount } from './memory.ts'
import { runNamed } from './named.ts'

const ROWS = 12
/** Percent of the memory that a suspect takes at least. */
const SUSPECT_SHARE = 10

/** What the first page shows: figures, suspects, the biggest holders and types, the memory account, problems. */
export const answerOverview: Answer = (db) => ({
  metadata: Object.fromEntries(db.metadata()),
  suspects: runNamed(db, 'suspects', { min_share: SUSPECT_SHARE }),
  crowd: findGoroutineCrowd(db, SUSPECT_SHARE) ?? null,
  holders: selectAll(db, HOLDERS, { most: ROWS }),
  types: runNamed(db, 'histogram', { limit: ROWS }),
  memory: selectAccount(db),
  problems: db.problems(),
})

// The top of the dominator tree with nodes of one name merged: a hundred goroutines that do the same are one row.
export const HOLDERS = `
  SELECT id, kind, name, nodes, objects, retained_size, node_id FROM dominator_paths
  WHERE parent_id IS NULL ORDER BY retained_size DESC, id LIMIT :most`
