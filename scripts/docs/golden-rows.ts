import { listQueries, readQuery } from '../../src/schema/query-file.ts'
import type { BundledHeap } from './bundled-heap.ts'
import { findExampleArguments } from './queries-page.ts'

/** Where the rows are kept, one file a query. */
export const GOLDEN_ROWS = 'test/golden/queries'
/** Rows of those queries that have a limit: of most, all. */
const LIMIT = 250

/**
 * What each bundled query says of the bundled core, as JSON: the titles of its columns, then a row a line. Cells are
 * exact, where docs/queries.md shows the first few as the command rounds them.
 */
export function renderGoldenRows({ db }: BundledHeap): [path: string, text: string][] {
  return listQueries().map((name) => {
    const query = readQuery(name)
    const limit = query.params.some((param) => param.name === 'limit') ? { limit: LIMIT } : {}
    const { columns, rows } = db.runQuery(query, { ...findExampleArguments(query, db), ...limit })
    const lines = [columns, ...rows].map((row) => JSON.stringify(row))
    return [`${GOLDEN_ROWS}/${name}.jsonl`, `${lines.join('\n')}\n`]
  })
}
