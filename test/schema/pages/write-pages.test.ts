import { closeSync, openSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeSyntheticHeap } from '../../../bench/synthetic-heap.ts'
import type { AnalysedHeap } from '../../../src/model/heap-graph.ts'
import type { Column } from '../../../src/schema/columns.ts'
import { PageFile } from '../../../src/schema/pages/page-file.ts'
import { listTrees, writeTrees } from '../../../src/schema/pages/write-pages.ts'
import { writeDatabase } from '../../../src/schema/write.ts'
import type { TableRows } from '../../../src/schema/write-table.ts'
import { makeFolder } from '../small-heap.ts'

const SCHEMA = `
  CREATE TABLE things (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER) STRICT;
  CREATE TABLE pairs (x INTEGER NOT NULL, y INTEGER NOT NULL, z INTEGER, PRIMARY KEY (x, y)) STRICT, WITHOUT ROWID;
  CREATE INDEX by_a ON things (a, b);
  CREATE INDEX by_b ON things (b);
  CREATE INDEX with_c ON things (c) WHERE c IS NOT NULL;
  CREATE INDEX by_z ON pairs (z);`

/** Writes the tables as pages; small pages make deep trees of few rows. SQLite reads them back, and checks them. */
async function write(tables: TableRows[], pageBytes = 512) {
  const path = join(makeFolder(), 'pages.db')
  const empty = new Database(path)
  empty.pragma(`page_size = ${pageBytes}`)
  empty.exec(SCHEMA)
  const trees = tables.flatMap((table) => listTrees(empty, table))
  empty.close()
  await writeTrees(path, trees, () => () => {})
  const database = new Database(path, { readonly: true })
  const check = database.pragma('integrity_check', { simple: true })
  const all = (sql: string) => database.prepare(sql).raw().all()
  return { path, database, check, all }
}

const things = (
  a: (number | null)[],
  more: Partial<Record<'b' | 'c', (number | null)[]>> = {},
): TableRows => {
  const columns: Column[] = [{ name: 'a', ...nullable(a) }]
  if (more.b) columns.push({ name: 'b', ...nullable(more.b) })
  if (more.c) columns.push({ name: 'c', ...nullable(more.c) })
  return { name: 'things', rowCount: a.length, firstId: 1, columns }
}
const nullable = (values: (number | null)[]) => ({
  numbers: Float64Array.from(values, (value) => value ?? -1),
  absent: -1,
})

const pairs = (count: number): TableRows => ({
  name: 'pairs',
  rowCount: count,
  columns: [
    { name: 'x', numbers: Float64Array.from({ length: count }, (_, i) => Math.floor(i / 3)) },
    { name: 'y', at: (row) => row % 3 },
    { name: 'z', numbers: Uint32Array.from({ length: count }, (_, i) => (i * 7919) % 101) },
  ],
})

test('trees of every number of rows up to three levels are whole', async () => {
  // 512-byte pages hold some 40 rows: leaves end, and get their first and last neighbours, within these counts.
  for (let count = 0; count < 130; count++) {
    const values = Array.from({ length: count }, (_, i) => (i * 31) % 17)
    const { database, check, all } = await write([things(values, { b: values }), pairs(count)])
    expect([count, check]).toEqual([count, 'ok'])
    expect(all('SELECT id, a FROM things ORDER BY id')).toEqual(values.map((value, i) => [i + 1, value]))
    expect(all('SELECT x, y, z FROM pairs ORDER BY x, y').length).toBe(count)
    database.close()
  }
  for (const count of [1000, 1600, 1601, 1602, 1603, 5000, 40_000]) {
    const values = Array.from({ length: count }, (_, i) => i % 1009)
    const { database, check } = await write([things(values, { b: values }), pairs(count)])
    expect([count, check]).toEqual([count, 'ok'])
    database.close()
  }
})

test('an interior page that would be left with one child shares with its neighbour', async () => {
  // A leaf holds more rows than the step, so that no number of leaves is left out, up to several pages above them.
  for (let count = 1000; count < 6000; count += 20) {
    const { database, check } = await write([things(new Array(count).fill(7)), pairs(count)])
    expect([count, check]).toEqual([count, 'ok'])
    database.close()
  }
})

test('values of every width, both signs and NULL are what they were', async () => {
  const edges = [7, 8, 15, 16, 23, 24, 31, 32, 47, 48, 52].flatMap((bits) => [
    2 ** bits - 1,
    2 ** bits,
    2 ** bits + 1,
  ])
  const values = [0, 1, 2, 2 ** 53 - 2, ...edges]
  const signed = [...values, ...values.map((value) => -value)].filter((value) => !Object.is(value, -0))
  const columns: Column[] = [
    { name: 'x', numbers: Float64Array.from(signed, (_, i) => i) },
    { name: 'z', numbers: signed },
  ]
  const table: TableRows = { name: 'pairs', rowCount: signed.length, columns }
  const path = join(makeFolder(), 'values.db')
  const empty = new Database(path)
  empty.exec('CREATE TABLE pairs (x INTEGER PRIMARY KEY NOT NULL, z INTEGER) STRICT, WITHOUT ROWID')
  const trees = listTrees(empty, table)
  empty.close()
  await writeTrees(path, trees, () => () => {})
  const database = new Database(path, { readonly: true })
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(database.prepare('SELECT z FROM pairs ORDER BY x').pluck().all()).toEqual(signed)
  expect(database.prepare('SELECT DISTINCT typeof(z) FROM pairs').pluck().all()).toEqual(['integer'])
  database.close()
})

test('any table, with its whole and its partial indexes, is what SQL makes of the same rows', async () => {
  const value = fc.option(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.maxSafeNat()), { nil: null })
  const rows = fc.array(fc.tuple(value, value, value), { maxLength: 400, size: 'max' })
  await fc.assert(
    fc.asyncProperty(rows, async (rows) => {
      const column = (place: 0 | 1 | 2) => rows.map((row) => row[place])
      const { database, check, all } = await write([things(column(0), { b: column(1), c: column(2) })])
      expect(check).toBe('ok')
      expect(all('SELECT a, b, c FROM things ORDER BY id')).toEqual(rows)
      const compare = (x: number | null, y: number | null) => (x ?? -1) - (y ?? -1)
      const ids = rows.map((_, i) => i + 1)
      const byA = ids.toSorted(
        (i, j) => compare(rows[i - 1][0], rows[j - 1][0]) || compare(rows[i - 1][1], rows[j - 1][1]),
      )
      const read = (sql: string) => all(sql).map((row) => (row as number[])[0])
      expect(read('SELECT id FROM things INDEXED BY by_a ORDER BY a, b')).toEqual(byA)
      const withC = ids
        .filter((id) => rows[id - 1][2] !== null)
        .toSorted((i, j) => compare(rows[i - 1][2], rows[j - 1][2]))
      expect(read('SELECT id FROM things INDEXED BY with_c WHERE c IS NOT NULL ORDER BY c')).toEqual(withC)
      database.close()
    }),
    { numRuns: 40 },
  )
})

/** The heap with strings and equal arrays; hashes of every width, some of them equal. */
function withContents(analysed: AnalysedHeap): AnalysedHeap {
  const { heap } = analysed
  const count = Math.floor(heap.objects.count / 3)
  const hash = BigUint64Array.from({ length: count }, (_, i) => {
    const bits = BigInt(Math.imul(i % 5000, 0x9e3779b1) >>> 0)
    return ((bits << 31n) | bits) >> BigInt(i % 64)
  })
  return {
    ...analysed,
    heap: {
      ...heap,
      strings: {
        count,
        object: Uint32Array.from({ length: count }, (_, i) => 3 * i),
        offset: Uint32Array.from({ length: count }, (_, i) => i % 2),
        length: Uint32Array.from({ length: count }, (_, i) => 1 + (i % 7)),
        hash,
        value: undefined,
        maxValueBytes: 0,
      },
      waste: {
        ...heap.waste,
        duplicateArrays: {
          count,
          // Not in the order of their ids.
          object: Uint32Array.from({ length: count }, (_, i) => (7 * i) % count),
          size: Float64Array.from({ length: count }, () => 16),
          group: Uint32Array.from({ length: count }, (_, i) => Math.floor(i / 4)),
        },
      },
    },
  }
}

test('a heap written as pages equals the same heap written by SQL', async () => {
  const folder = makeFolder()
  const heap = withContents(makeSyntheticHeap(60_000))
  const contents = []
  for (const method of ['pages', 'sql'] as const) {
    const path = join(folder, method)
    await writeDatabase(heap, path, { method })
    const database = new Database(path, { readonly: true })
    const read = (sql: string) => String(database.prepare(sql).raw().safeIntegers().all())
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    contents.push([
      read('SELECT * FROM strings ORDER BY object_id, offset'),
      read(
        'SELECT typeof(hash), hash, length, object_id FROM strings INDEXED BY strings_alike ORDER BY hash, length',
      ),
      read('SELECT * FROM duplicate_strings ORDER BY id'),
      read('SELECT * FROM array_copies ORDER BY object_id'),
      read('SELECT * FROM array_copies INDEXED BY array_copies_of ORDER BY duplicate_id'),
      read('SELECT * FROM objects ORDER BY id'),
      read('SELECT * FROM edges ORDER BY source_id, offset'),
      read('SELECT target_id, source_id, offset FROM edges INDEXED BY edges_to ORDER BY target_id'),
      read('SELECT id FROM objects INDEXED BY objects_of_type ORDER BY type_id, retained_size'),
      read('SELECT id FROM objects INDEXED BY objects_dominated ORDER BY idom_id, retained_size'),
      read('SELECT * FROM sqlite_stat1'),
      read(`SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name`),
    ])
    database.close()
  }
  for (let i = 0; i < contents[0].length; i++) expect(contents[0][i] === contents[1][i]).toBe(true)
  for (const rows of contents[0].slice(0, 5)) expect(rows.length).toBeGreaterThan(1000)
})

test('SQLite can go on writing to a file made of pages', async () => {
  const { path, database } = await write([things(Array.from({ length: 500 }, (_, i) => i))])
  database.close()
  const writable = new Database(path)
  writable.exec('DELETE FROM things WHERE id % 3 = 0; INSERT INTO things (a) SELECT a + 1000 FROM things')
  expect(writable.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(writable.prepare('SELECT count(*) FROM things').pluck().get()).toBe(2 * (500 - 166))
  writable.close()
})

test('the page of the lock byte, at 1 GiB, is never used', async () => {
  const pageBytes = 32768
  const lockPage = 2 ** 30 / pageBytes + 1
  const path = join(makeFolder(), 'large.db')
  const database = new Database(path)
  database.pragma(`page_size = ${pageBytes}`)
  database.exec(SCHEMA)
  database.close()
  // A file that ends three pages before it: all a hole, which costs nothing.
  truncateSync(path, (lockPage - 3) * pageBytes)
  const file = openSync(path, 'r+')
  const count = Buffer.alloc(4)
  count.writeUInt32BE(lockPage - 3)
  writeSync(file, count, 0, 4, 28)
  closeSync(file)
  const pages = new PageFile(path)
  const used = [1, 2, 3, 4].map(() => pages.append(new Uint8Array(pageBytes)))
  pages.close()
  expect(used).toEqual([lockPage - 2, lockPage - 1, lockPage + 1, lockPage + 2])
})
