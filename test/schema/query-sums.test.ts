import { describe, expect, test } from 'vitest'
import { listQueries, type QueryFile, readQuery } from '../../src/schema/query-file.ts'
import { useLeaky } from '../answers/leaky.ts'

const leaky = useLeaky()

/** One set of arguments for each choice of each parameter, or one that takes the defaults. */
function argumentsOf(query: QueryFile): Record<string, string | number>[] {
  const limit = query.params.some(({ name }) => name === 'limit') ? { limit: 1_000_000 } : {}
  const chosen = query.params.flatMap(({ name, choices = [] }) =>
    choices.map((choice) => ({ ...limit, [name]: choice })),
  )
  return chosen.length > 0 ? chosen : [limit]
}

const asked = listQueries()
  .map((name) => readQuery(name))
  .filter(({ params }) => params.every((param) => param.default !== undefined))

describe.each(asked.map((query) => [query.name, query] as const))('%s', (_, query) => {
  const results = () =>
    argumentsOf(query).map((args) => ({ args, rows: [...leaky.db.runQuery(query, args).rows] }))

  test('has no share of more than a whole', () => {
    const shares = query.columns.flatMap(({ format }, place) => (format === 'percent' ? [place] : []))
    for (const { args, rows } of results())
      for (const row of rows)
        for (const place of shares)
          if (row[place] !== null) {
            expect(Number(row[place]), JSON.stringify([args, row])).toBeGreaterThanOrEqual(0)
            expect(Number(row[place]), JSON.stringify([args, row])).toBeLessThan(100.000001)
          }
  })

  test('has no row twice', () => {
    for (const { args, rows } of results()) {
      const distinct = new Set(rows.map((row) => row.join('\n')))
      expect(distinct.size, JSON.stringify(args)).toBe(rows.length)
    }
  })
})

/** Queries whose rows are all there is of something, the column that adds up, and what to. */
const WHOLE = [
  ['histogram', 'bytes', 'SELECT SUM(size) FROM objects'],
  ['histogram', 'reachable_bytes', 'SELECT SUM(size) FROM objects WHERE reachable'],
  ['histogram-by', 'bytes', 'SELECT SUM(size) FROM objects'],
  ['histogram-by', 'reachable_objects', 'SELECT COUNT(*) FROM objects WHERE reachable'],
  ['top-packages', 'bytes', 'SELECT SUM(size) FROM objects WHERE reachable'],
  ['top-modules', 'objects', 'SELECT COUNT(*) FROM objects WHERE reachable'],
  ['garbage', 'bytes', 'SELECT SUM(size) FROM objects WHERE NOT reachable'],
  ['fragmentation', 'allocated', 'SELECT COUNT(*) FROM objects'],
  ['fragmentation', 'bytes', 'SELECT SUM(pages) * 8192 FROM spans WHERE class_size IS NOT NULL'],
  ['goroutines', 'retained_size', "SELECT SUM(retained_size) FROM roots WHERE kind = 'goroutine'"],
  ['goroutine-stacks', 'goroutines', 'SELECT COUNT(*) FROM goroutines'],
  ['goroutine-stacks', 'retained_size', "SELECT SUM(retained_size) FROM roots WHERE kind = 'goroutine'"],
  ['directly-kept', 'retained_size', 'SELECT SUM(retained_size) FROM objects WHERE idom_id IS NULL'],
  ['top-roots', 'retained_size', 'SELECT SUM(retained_size) FROM roots WHERE parent_id IS NULL'],
  ['top-objects', 'size', 'SELECT SUM(size) FROM objects WHERE reachable'],
  ['top-holders', 'retained_size', 'SELECT SUM(size) FROM objects WHERE reachable'],
  ['padding', 'padding_bytes', 'SELECT SUM(padding_bytes) FROM type_padding'],
  ['pinned-holders', 'saved_size', 'SELECT SUM(saved_size) FROM pinned_arrays'],
  ['pinned-arrays', 'saved_size', 'SELECT SUM(saved_size) FROM pinned_arrays'],
  ['duplicate-strings', 'wasted_bytes', 'SELECT SUM(wasted_bytes) FROM duplicate_strings'],
  ['duplicate-arrays', 'wasted_bytes', 'SELECT SUM(wasted_bytes) FROM duplicate_arrays'],
] as const

test.each(WHOLE)('all rows of %s add up in %s', (name, column, sql) => {
  const query = readQuery(name)
  for (const args of argumentsOf(query)) {
    const { columns, rows } = leaky.db.runQuery(query, args)
    const place = columns.indexOf(column)
    const sum = Array.from(rows, (row) => Number(row[place])).reduce((total, value) => total + value, 0)
    expect(sum, JSON.stringify(args)).toBe(Number([...leaky.db.query(sql).rows][0][0]))
  }
})
