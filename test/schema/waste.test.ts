import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, SMALL, WASTEFUL } from './small-heap.ts'

async function open(sketch = WASTEFUL): Promise<HeapDb> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analyseSketch(sketch), path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

const ask = (db: HeapDb, name: string, args = {}) => [...db.runQuery(readQuery(name), args).rows]

test('garbage is summed by type, apart what the last collection has found dead', async () => {
  expect(ask(await open(), 'garbage')).toEqual([
    ['(unknown)', 1, 48, 75, 1, 48, 0, 0],
    ['*example.com/app.Node', 1, 16, 25, 0, 0, 1, 16],
  ])
})

test('where pointers were lost, only what the last collection has found dead is garbage', async () => {
  const problem = { stage: 'edges', code: 'heap-absent', severity: 'error' } as const
  const problems = [{ ...problem, address: undefined, count: 1, message: 'pages of the heap are absent' }]
  expect(ask(await open({ ...SMALL, problems }), 'garbage')).toEqual([
    ['*example.com/app.Node', 1, 16, 100, 0, 0, 1, 16],
  ])
})

test('padding names the order of fields that saves most', async () => {
  expect(ask(await open(), 'padding')).toEqual([
    ['example.com/app.Loose', 24, 16, 7, 7, 5, 70, 40, 'b, a, c'],
  ])
})

test('fragmentation has a row a size of slots, and one for all that are larger than a class', async () => {
  const large = { address: 0xc000020000, size: 40_960 }
  const heap = analyseSketch({
    objects: [{ address: 0xc000000000, size: 8 }, large, { ...large, address: 0xc000030000 }],
  })
  heap.heap.spans.slots[0] = 1000
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(heap, path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  expect(ask(db, 'fragmentation')).toEqual([
    [8, 1, 8192, 1000, 1, 999, 7992, 192, 8184, 0.1, 1],
    [null, 2, 81_920, 2, 2, 0, 0, 0, 0, 100, 0],
  ])
})

test('waste is summed up by kind and type; what is pinned is no spare room as well', async () => {
  const sql = `SELECT kind, (SELECT name FROM types WHERE id = type_id), objects, bytes, unknown_bytes
    FROM waste_totals WHERE kind NOT IN ('free slots', 'span ends') ORDER BY id`
  expect([...(await open()).query(sql).rows]).toEqual([
    ['spare elements', 'uint8', 1, 24, 0],
    ['spare elements', 'example.com/app.Node', 1, 64, 0],
    ['pinned arrays', 'uint8', 1, 8080, 0],
    ['rounding', 'uint8', 2, 5 + 8, 0],
    ['rounding', 'example.com/app.Loose', 1, 8, 0],
    ['tiny blocks', 'uint8', 1, 8, 0],
    ['struct padding', 'example.com/app.Loose', 5, 40, 0],
    ['duplicate strings', null, 1, 4, 0],
    ['duplicate arrays', 'uint8', 1, 48, 0],
    ['garbage', null, 1, 48, 0],
    ['garbage', '*example.com/app.Node', 1, 16, 0],
  ])
})

test('the heap as a whole is asked for its waste, or for that of one kind by type', async () => {
  const db = await open()
  expect(ask(db, 'waste')[1].slice(0, 7)).toEqual(['pinned arrays', 8080, null, 1, 0, 'uint8', 8080])
  expect(ask(db, 'waste').length).toBe(13)
  expect(ask(db, 'waste-types', { kind: 'spare elements' }).map((row) => row.slice(0, 2))).toEqual([
    ['example.com/app.Node', 64],
    ['uint8', 24],
  ])
})

test('what a type wastes is a share of the slots of its reachable objects', async () => {
  const db = await open()
  const { choices = [] } = readQuery('waste-types').params[0]
  const slots = (type: unknown) => {
    const sql = `SELECT SUM(o.size) FROM objects o LEFT JOIN types t ON t.id = o.type_id WHERE o.reachable AND t.name IS :type`
    return Number([...db.query(sql, { type: type === null ? null : String(type) }).rows][0][0])
  }
  const found = choices.flatMap((kind) => ask(db, 'waste-types', { kind }).map((row) => [kind, ...row]))
  expect(found.map(([kind, type]) => [kind, type])).toContainEqual(['pinned arrays', 'uint8'])
  for (const [, type, bytes, share] of found) expect(share).toBe((100 * Number(bytes)) / slots(type))
  for (const [, , , share] of found) expect(share).toBeLessThanOrEqual(100)
})

test('kinds of waste that are no part of objects of a type are refused, and have no share in SQL either', async () => {
  const db = await open()
  for (const kind of [
    'duplicate strings',
    'free slots',
    'span ends',
    'garbage',
    'struct padding',
    'colour',
  ]) {
    const choices = 'spare elements, pinned arrays, map slots, channel slots, rounding'
    expect(() => ask(db, 'waste-types', { kind })).toThrow(`kind is one of ${choices}`)
    const { sql } = readQuery('waste-types')
    for (const [, , share] of db.query(sql, { kind, limit: 50 }).rows) expect(share).toBeNull()
  }
})

test('a pinned array is shown with its holder, equal arrays with what holds the first', async () => {
  const db = await open()
  expect(ask(db, 'pinned-arrays')).toEqual([
    [6, '[8192]uint8', 8192, 100, 96, 8080, 1, 1, 'example.com/app.Table', '.Shape'],
  ])
  expect(ask(db, 'pinned-holders')).toEqual([
    ['example.com/app.Table', '.Shape', 1, 8192, 100, 8080, 6, '[8192]uint8'],
  ])
  expect(ask(db, 'duplicate-arrays')).toEqual([['uint8', 40, 2, 48, 10, 'local n']])
  expect([...db.query('SELECT object_id, duplicate_id FROM array_copies ORDER BY object_id').rows]).toEqual([
    [10, 1],
    [11, 1],
  ])
})
