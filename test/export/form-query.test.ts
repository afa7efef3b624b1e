import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeFormQuery } from '../../src/export/form-query.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { listQueries, parseQuery, readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { makeFolder, smallHeap } from '../schema/small-heap.ts'

async function openSmallHeap(): Promise<HeapDb> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(smallHeap(), path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

test.each(listQueries())(
  '%s gives the same rows when all its parameters come as text, or empty',
  async (name) => {
    const db = await openSmallHeap()
    const query = readQuery(name)
    const biggest = db.query('SELECT id, address FROM objects ORDER BY retained_size DESC LIMIT 1')
    const [[id, address]] = [...biggest.rows].map((row) => row.map(Number))
    const required: Record<string, number> = { id, address, goid: 1 }
    const given = Object.fromEntries(
      query.params
        .filter((param) => param.default === undefined)
        .map((param) => [param.name, required[param.name]]),
    )
    const asForm = (values: Record<string, unknown>) =>
      Object.fromEntries(query.params.map((param) => [param.name, String(values[param.name] ?? '')]))
    const rows = [...db.runQuery(query, given).rows]
    expect([...db.query(writeFormQuery(query), asForm(given)).rows]).toEqual(rows)

    const few = query.params.some((param) => param.name === 'limit') ? { ...given, limit: 1 } : given
    expect([...db.query(writeFormQuery(query), asForm(few)).rows]).toEqual([...db.runQuery(query, few).rows])
  },
)

test('parameters take type and default of the header; those in literals and comments are none', async () => {
  const query = parseQuery(
    'q',
    `-- q: Title
-- @param n integer = 7     a number
-- @param r real = 0.5      a ratio
-- @param t text = 'it'     a word
-- @param e text = ''       a word or none
-- @param a address         where
-- @param c text = 'x y' {x y|it's}  a choice
-- @column n integer -      a number
SELECT :n, typeof(:n), :r, typeof(:r), :t, :e, :a, typeof(:a), :c, ':n' AS ":n" -- :n
/* :n */;
`,
  )
  const db = await openSmallHeap()
  const sql = writeFormQuery(query)
  const run = (values: Record<string, string>) => [...db.query(sql, values).rows][0]
  expect(run({ n: '', r: '', t: '', e: '', a: '', c: '' })).toEqual([
    7,
    'integer',
    0.5,
    'real',
    'it',
    '',
    null,
    'null',
    'x y',
    ':n',
  ])
  expect(run({ n: '12', r: '3', t: "o'", e: 'x', a: '0xC000fF08', c: "it's" })).toEqual([
    ...[12, 'integer', 3, 'real', "o'", 'x', 0xc000ff08, 'integer', "it's", ':n'],
  ])
  expect(run({ n: '1', r: '1', t: 't', e: '', a: '824633720840', c: 'x y' })?.[6]).toBe(824633720840)
  const wrong = { n: ['x', '1.5', '1 2', '0x1'], r: ['x', '0x1', '1,5'], a: ['x', '0x', '0xg', '12 '] }
  for (const [name, values] of Object.entries(wrong))
    for (const value of values)
      expect(() => run({ n: '', r: '', t: '', e: '', a: '', c: '', [name]: value })).toThrow(
        new RegExp(`${name} is (integer|real|address), and not ${value}`),
      )
  for (const r of ['-1', '+0.25', '1e3'])
    expect(run({ n: '-1', r, t: '', e: '', a: '', c: '' })[2]).toBe(Number(r))
  expect(() => run({ n: '1', r: '1', t: 't', e: '', a: '', c: 'z' })).toThrow(
    "c is one of x y, it''s, and not z",
  )
})
