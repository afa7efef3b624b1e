import { expect, test } from 'vitest'
import { readQuery } from '../../src/schema/query-file.ts'
import { useLeaky } from '../answers/leaky.ts'

const leaky = useLeaky()

const ask = (name: string, args: Record<string, string | number>) => [
  ...leaky.db.runQuery(readQuery(name), args).rows,
]
const number = (sql: string) => Number([...leaky.db.query(sql).rows][0][0])

test('what a node directly dominates is grouped as objects tell, few children or many', () => {
  const idOf = (type: string) => number(`SELECT MIN(id) FROM objects_named WHERE type = '${type}'`)
  const shop = idOf('main.Shop')
  const isSummed = (id: number) => number(`SELECT COUNT(*) FROM dominated_types WHERE idom_id = ${id}`) > 0
  expect([0, shop, idOf('main.SessionStore')].map(isSummed)).toEqual([true, true, false])
  for (const id of [0, shop, idOf('main.SessionStore'), idOf('main.Session')]) {
    const found = ask('dominated-types', { id, limit: 1000 })
    const expected = leaky.db.query(
      `SELECT t.name, COUNT(*), SUM(o.size), SUM(o.retained_size), SUM(o.retained_count), MAX(o.retained_size)
       FROM objects o LEFT JOIN types t ON t.id = o.type_id
       WHERE o.reachable AND COALESCE(o.idom_id, 0) = ${id} GROUP BY t.name`,
    )
    const byName = (rows: unknown[][]) => rows.sort((a, b) => String(a[0]).localeCompare(String(b[0])))
    const largest = (example: unknown) => number(`SELECT retained_size FROM objects WHERE id = ${example}`)
    expect(byName(found.map((row) => [row[0], row[2], row[3], row[4], row[6], largest(row[7])]))).toEqual(
      byName([...expected.rows]),
    )
  }
})

test('places of packages add up to all reachable bytes, and each to what is in and below it', () => {
  const top = number('SELECT SUM(retained_size) FROM package_paths WHERE parent_id IS NULL')
  expect(top).toBe(number('SELECT SUM(size) FROM objects WHERE reachable'))
  const unequal = leaky.db.query(
    `SELECT p.id, p.retained_size, p.size + COALESCE(SUM(c.retained_size), 0) AS parts
     FROM package_paths p LEFT JOIN package_paths c ON c.parent_id = p.id
     GROUP BY p.id HAVING p.retained_size <> parts`,
  )
  expect([...unequal.rows]).toEqual([])
})

test('the tree by package says which package keeps the memory, the tree by type by which types', () => {
  const packages = ask('dominator-groups', { by: 'package', depth: 2, min_share: 20 })
  expect(packages.map(([level, name]) => [level, name])).toEqual([
    [1, 'net/http'],
    [2, 'main'],
    [1, '(none)'],
    [2, 'main'],
  ])
  const types = ask('dominator-groups', { by: 'type', min_share: 20 }).map(([level, name]) => [level, name])
  expect(types).toContainEqual([11, 'main.Session'])
  expect(ask('dominator-groups', { by: 'nothing' })).toEqual([])
})
