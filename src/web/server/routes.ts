import { type HeapDb, listQueries, readQuery } from '../../index.ts'
import { type Answer, selectAll } from './answer.ts'
import { answerDominated, answerNodeTotal } from './answers/dominated.ts'
import { answerGoroutineGroup, answerGoroutines } from './answers/goroutines.ts'
import { answerHistogram } from './answers/histogram.ts'
import { answerMemory } from './answers/memory.ts'
import { runNamed } from './answers/named.ts'
import { answerNode, answerObjects } from './answers/node.ts'
import { answerOverview } from './answers/overview.ts'
import { answerRootPaths } from './answers/root-paths.ts'
import { answerSearch } from './answers/search.ts'
import { answerMerged, answerSlices } from './answers/slices.ts'

/** The web API: paths below /api/ and what answers them. `old` is the heap to compare with. */
export function buildRoutes(old: HeapDb | undefined): ReadonlyMap<string, Answer> {
  return new Map<string, Answer>([
    ['overview', answerOverview],
    ['memory', answerMemory],
    ['histogram', answerHistogram(old)],
    ['objects', answerObjects],
    ['root-paths', answerRootPaths],
    ['dominated', answerDominated],
    ['node-total', answerNodeTotal],
    ['slices', answerSlices],
    ['merged', answerMerged],
    ['node', answerNode],
    ['goroutines', answerGoroutines],
    ['goroutine-group', answerGoroutineGroup],
    ['search', answerSearch],
    ['queries', () => listQueries().map((name) => ({ ...readQuery(name), name }))],
    ['query', answerQuery],
    ['schema', answerSchema],
    ['features', () => ({ compare: old?.path ?? null })],
  ])
}

/** A query of queries/ by `name`; all other parameters are its arguments. */
const answerQuery: Answer = (db, params) => {
  const { name = '', ...args } = Object.fromEntries(params)
  return runNamed(db, name, args)
}

/** Tables and views with their columns, for completion in the SQL editor. */
const answerSchema: Answer = (db) => {
  const tables = new Map<string, string[]>()
  for (const { table, column } of selectAll(
    db,
    `SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema m JOIN pragma_table_info(m.name) c
     WHERE m.type IN ('table', 'view') ORDER BY m.name, c.cid`,
  )) {
    const columns = tables.get(String(table))
    if (columns === undefined) tables.set(String(table), [String(column)])
    else columns.push(String(column))
  }
  return Object.fromEntries(tables)
}
