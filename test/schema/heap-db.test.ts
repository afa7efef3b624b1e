import { readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import { writeComparison } from '../../src/schema/delta-file.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { listQueries, readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, SMALL, WASTEFUL } from './small-heap.ts'

async function open(sketch = SMALL): Promise<HeapDb> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analyseSketch(sketch), path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

const failure = (code: ErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })
const all = (result: { rows: Iterable<unknown[]> }) => [...result.rows]

test('every bundled query runs and gives the columns that its header promises', async () => {
  const db = await open(WASTEFUL)
  const needed: Record<string, Record<string, number>> = {
    'path-to-root': { id: 3 },
    'goroutine-stack': { goid: 1 },
    'object-at': { address: 0xc000002010 },
    'object-size': { id: 1 },
    'refs-in': { id: 2 },
    'refs-out': { id: 1 },
  }
  expect(listQueries()).toContain('histogram')
  for (const name of listQueries()) {
    const file = readQuery(name)
    const { columns, rows } = db.runQuery(file, needed[name])
    expect(columns).toEqual(file.columns.map((column) => column.name))
    const cells = [...rows]
    expect([name, cells.length > 0]).toEqual([name, true])
    file.columns.forEach(({ type }, place) => {
      const kinds = new Set(
        cells
          .map((row) => row[place])
          .filter((cell) => cell !== null)
          .map((cell) => typeof cell),
      )
      for (const kind of kinds)
        expect([name, type, kind]).toEqual([name, type, type === 'text' ? 'string' : 'number'])
    })
    for (const column of file.chart?.columns ?? []) expect(columns).toContain(column)
  }
})

test('every parameter of a bundled query is used, and every name it uses is a parameter', () => {
  for (const name of listQueries()) {
    const file = readQuery(name)
    const used = new Set([...file.sql.matchAll(/[^:]:(\w+)/g)].map((match) => match[1]))
    expect([name, ...used].sort()).toEqual([name, ...file.params.map((param) => param.name)].sort())
  }
})

test('the path to a root names the fields that are followed', async () => {
  const db = await open()
  const path = readQuery('path-to-root')
  expect(all(db.runQuery(path, { id: 3 })).map((row) => row.slice(0, 5))).toEqual([
    [0, 9, 'global', 'global example.com/app.table', ''],
    [1, 1, 'object', 'example.com/app.Table', '.pairs[0].next'],
    [2, 2, 'object', 'example.com/app.Node', '.name'],
    [3, 3, 'object', '[11]uint8', null],
  ])
  expect(all(db.runQuery(path, { id: 5 })).map((row) => row.slice(1, 5))).toEqual([
    [10, 'goroutine', 'goroutine 1', ''],
    [11, 'frame', 'frame main.main', ''],
    [12, 'local', 'local n', '.other'],
    [5, 'object', '(unknown)', null],
  ])
  // Garbage: no root leads to it.
  expect(all(db.runQuery(path, { id: 8 })).map((row) => row[1])).toEqual([8])
})

test('pointers have the path of their field through arrays, structs, strings and interfaces', async () => {
  const db = await open()
  expect(all(db.query('SELECT source_id, offset, path, target_id FROM pointers ORDER BY 1, 2'))).toEqual([
    [1, 0, '.pairs[0].next', 2],
    [1, 32, '.pairs[1].next', 4],
    [1, 72, '.Shape', 6],
    [2, 8, '.name', 3],
    [4, 88, '[2].other', 2],
    [5, 0, null, 4],
    [7, 0, null, 8],
  ])
  expect(all(db.query('SELECT root_id, offset, path, target_id FROM root_pointers ORDER BY 1, 2'))).toEqual([
    [9, 0, '', 1],
    [12, 24, '.other', 5],
  ])
})

test('an object is found by any address in its slot', async () => {
  const db = await open()
  const at = (address: string | number) =>
    all(db.runQuery(readQuery('object-at'), { address })).map((row) => row[0])
  expect(at('0xc000006000')).toEqual([4])
  expect(at(0xc000006000 + 127)).toEqual([4])
  expect(at(0xc000006000 + 128)).toEqual([])
  expect(at(16)).toEqual([])
})

test('dominators and nodes have a row for every reachable object and every root', async () => {
  const db = await open()
  expect(all(db.query('SELECT id, idom_id, retained_size, depth FROM dominators ORDER BY id'))).toEqual([
    [1, 9, 96 + 8192, 2],
    [2, null, 48, 1],
    [3, 2, 16, 2],
    [4, null, 128, 1],
    [5, 12, 64, 4],
    [6, 1, 8192, 3],
    [9, null, 96 + 8192, 1],
    [10, null, 64, 1],
    [11, 10, 64, 2],
    [12, 11, 64, 3],
    [13, null, 0, 1],
  ])
  expect(
    all(db.query('SELECT id, kind, label, distance FROM nodes WHERE id IN (4, 5, 7, 12) ORDER BY id')),
  ).toEqual([
    [4, 'object', '[4]example.com/app.Node', 2],
    [5, 'object', '(unknown)', 1],
    [7, 'object', '(unknown)', null],
    [12, 'local', 'local n', 0],
  ])
})

test('metadata holds the totals of the heap', async () => {
  const metadata = (await open()).metadata()
  expect(Object.fromEntries(metadata)).toMatchObject({
    go_version: 'go1.26.8',
    core_size: 123_456,
    heap_objects: 8,
    heap_bytes: 8592,
    reachable_objects: 6,
    reachable_bytes: 8528,
    typed_reachable_bytes: 8464,
  })
  expect(metadata.get('indexed_at')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('integers beyond 2^53 come as bigint, exactly', async () => {
  const db = await open()
  expect(all(db.query('SELECT 9007199254740991, 9007199254740993, -9223372036854775808, 1.5, NULL'))).toEqual(
    [[9007199254740991, 9007199254740993n, -(2n ** 63n), 1.5, null]],
  )
})

test('nothing that is run can change the database', async () => {
  const db = await open()
  const before = readFileSync(db.path)
  for (const sql of [
    'DELETE FROM objects',
    'DROP TABLE objects',
    'PRAGMA user_version = 7',
    'VACUUM',
    `ATTACH 'x' AS x`,
  ]) {
    expect(() => all(db.query(sql))).toThrow(failure('query', /./))
  }
  expect(() => all(db.query('DELETE FROM objects RETURNING id'))).toThrow(failure('query', /readonly/))
  expect(readFileSync(db.path).equals(before)).toBe(true)
})

test('SQL that does not run says what SQLite says', async () => {
  const db = await open()
  expect(() => db.query('SELEC 1')).toThrow(failure('query', /near "SELEC": syntax error/))
  expect(() => db.query('SELECT 1; SELECT 2')).toThrow(failure('query', /more than one statement/))
  expect(() => all(db.query(`SELECT json('{')`))).toThrow(failure('query', /malformed JSON/))
  expect(() => all(db.query('SELECT ?'))).toThrow(failure('query', /Too few parameter/))
})

test('a file that is not a heap database is named for what it is', async () => {
  const { path } = await open()
  const folder = makeFolder()
  const file = (name: string) => join(folder, name)
  const attempt = (name: string) => () => HeapDb.open(file(name))

  writeFileSync(file('text'), 'hello')
  writeFileSync(file('empty'), '')
  const foreign = new Database(file('foreign'))
  foreign.exec('CREATE TABLE t (a)')
  foreign.close()
  writeComparison(file('delta'), { paths: [path, path], deltas: [], objects: undefined }, { force: false })
  const whole = readFileSync(path)
  const newer = Buffer.from(whole)
  newer.writeUInt32BE(99, 60)
  writeFileSync(file('newer'), newer)
  writeFileSync(file('cut'), whole)
  truncateSync(file('cut'), 40_000)

  expect(attempt('none')).toThrow(failure('file', /no such file/))
  expect(() => HeapDb.open(folder)).toThrow(failure('file', /not a regular file/))
  expect(attempt('text')).toThrow(failure('not-goheap', /is not a SQLite database/))
  expect(attempt('empty')).toThrow(failure('not-goheap', /is not a SQLite database/))
  expect(attempt('foreign')).toThrow(failure('not-goheap', /not written by goheap/))
  expect(attempt('delta')).toThrow(failure('usage', /is a comparison that goheap diff wrote/))
  expect(attempt('newer')).toThrow(failure('not-goheap', /schema version 99/))
  expect(attempt('cut')).toThrow(failure('truncated', /40000 of \d+ bytes/))
})

test('a damaged database is reported as damaged', async () => {
  const { path } = await open()
  const bytes = readFileSync(path)
  bytes.fill(0xff, 16384)
  writeFileSync(path, bytes)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  expect(() => all(db.query('SELECT count(*) FROM edges'))).toThrow(failure('corrupt', /malformed/))
})

test('a file that takes the place of the open one is not mixed with it', async () => {
  const db = await open()
  const ids = [1, 2, 3, 4, 5, 6, 7]
  const labels = all(db.query('SELECT label FROM nodes WHERE id <= 7 ORDER BY id'))
  const other = join(makeFolder(), 'heap.db')
  await writeDatabase(analyseSketch({}), other)
  renameSync(other, db.path)
  expect(ids.flatMap((id) => all(db.query(`SELECT label(${id})`)))).toEqual(labels)
  const another = HeapDb.open(db.path)
  onTestFinished(() => another.close())
  expect(all(another.query('SELECT label FROM nodes WHERE id <= 7 ORDER BY id'))).not.toEqual(labels)
})

test('kysely sees the same rows with types', async () => {
  const kysely = await (await open()).openKysely()
  onTestFinished(() => kysely.destroy())
  const rows = await kysely.selectFrom('objects').select(['id', 'size']).where('unswept', '=', 1).execute()
  expect(rows).toEqual([{ id: 8, size: 16 }])
})
