import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import type { AnalysedHeap } from '../../src/model/heap-graph.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, crashProgram, missingGo } from '../oracle/toolchain.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, SMALL, smallHeap } from './small-heap.ts'

async function write(analysed: AnalysedHeap) {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analysed, path)
  const database = new Database(path, { readonly: true })
  onTestFinished(() => void database.close())
  const rows = (sql: string) => database.prepare<[], unknown[]>(sql).raw().all()
  const number = (sql: string) => database.prepare<[], number>(sql).pluck().get()
  return { path, rows, number }
}

/** Rows whose children are known, and do not add up to them. */
const UNEQUAL = `
  SELECT p.key, p.bytes, SUM(c.bytes)
  FROM memory_account p JOIN memory_account c ON c.parent_id = p.id
  GROUP BY p.id
  HAVING p.bytes IS NOT SUM(c.bytes)`

test('objects are values, headers, padding and what has no type, reachable or garbage', async () => {
  const { rows } = await write(smallHeap())
  const objects = 'heap.in-use.objects'
  expect(rows(`SELECT id, parent_id, key, bytes FROM memory_account ORDER BY id`)).toEqual([
    [1, null, 'memory', 8592],
    [2, 1, objects, 8592],
    [3, 2, `${objects}.reachable`, 8528],
    // 96 + 32 + 11 + 4 * 32 + 8192
    [4, 3, `${objects}.reachable.values`, 8459],
    [5, 4, `${objects}.reachable.values.used`, 203],
    [6, 4, `${objects}.reachable.values.unused`, 64],
    [7, 4, `${objects}.reachable.values.unsettled`, 8192],
    [8, 3, `${objects}.reachable.headers`, 0],
    [9, 3, `${objects}.reachable.padding`, 5],
    [10, 3, `${objects}.reachable.unknown`, 64],
    [11, 2, `${objects}.garbage`, 64],
    [12, 11, `${objects}.garbage.values`, 8],
    [13, 12, `${objects}.garbage.values.used`, 8],
    [14, 12, `${objects}.garbage.values.unused`, 0],
    [15, 12, `${objects}.garbage.values.unsettled`, 0],
    [16, 11, `${objects}.garbage.headers`, 0],
    [17, 11, `${objects}.garbage.padding`, 8],
    [18, 11, `${objects}.garbage.unknown`, 48],
  ])
  expect(rows(UNEQUAL)).toEqual([])
  expect(rows('SELECT * FROM object_sizes WHERE id IN (3, 4, 5, 6) ORDER BY id')).toEqual([
    [3, 16, 0, 11, 11, 0, 5],
    [4, 128, 0, 128, 64, 64, 0],
    [5, 64, 0, null, null, null, null],
    [6, 8192, 0, 8192, null, null, 0],
  ])
  expect(rows('SELECT unused_bytes FROM type_totals ORDER BY id')).toEqual([[0], [0], [0], [64], [0]])
  expect(rows('SELECT * FROM span_sizes WHERE id = 3')).toEqual([[3, 8192, 16, 16, 0, 0, 8176]])
})

test('a value that is larger than its slot is a problem, and counts as of unknown type', async () => {
  const objects = [{ address: 0xc000000000, size: 16, type: 'example.com/app.Node' }]
  const { rows, number } = await write(analyseSketch({ types: SMALL.types ?? [], objects }))
  expect(rows("SELECT stage, count FROM problems WHERE code = 'value-exceeds-slot'")).toEqual([['typing', 1]])
  expect(number("SELECT bytes FROM memory_account WHERE key LIKE '%garbage.unknown'")).toBe(16)
  expect(rows(UNEQUAL)).toEqual([])
})

const VERSION = '1.26.8'
const reason = missingGo(VERSION)
describe.skipIf(reason)(`the database of a real core${because(reason)}`, () => {
  test('adds up, from its mappings to the padding of its objects', async () => {
    const run = crashProgram(buildProgram('memstats', VERSION), 'figures', 'names')
    const { heap } = await extractRun(run)
    const { path, rows, number } = await write(analyse(heap))
    const bytes = (key: string) => number(`SELECT bytes FROM memory_account WHERE key = '${key}'`)
    expect(rows(UNEQUAL)).toEqual([])
    expect(bytes('process')).toBe(number('SELECT SUM(size) FROM mappings'))
    expect(bytes('heap.in-use')).toBe(number('SELECT SUM(size) FROM span_sizes'))
    expect(bytes('heap.in-use.free')).toBe(number('SELECT SUM(free_bytes) FROM span_sizes'))
    expect(bytes('heap.in-use.tail')).toBe(number('SELECT SUM(tail_waste) FROM span_sizes'))
    expect(bytes('heap.in-use.objects')).toBe(number('SELECT SUM(size) FROM objects'))
    for (const [name, reachable] of [
      ['reachable', 1],
      ['garbage', 0],
    ]) {
      const [sums] = rows(`
        SELECT SUM(value_size), SUM(used_size), SUM(unused_size),
          SUM(CASE WHEN used_size IS NULL THEN value_size END), SUM(header_size), SUM(padding),
          SUM(CASE WHEN value_size IS NULL THEN s.size - header_size END)
        FROM object_sizes s JOIN objects USING (id) WHERE reachable = ${reachable}`)
      const values = ['values', 'values.used', 'values.unused', 'values.unsettled']
      const parts = [...values, 'headers', 'padding', 'unknown']
      expect([name, ...parts.map((part) => bytes(`heap.in-use.objects.${name}.${part}`))]).toEqual([
        name,
        ...sums.map((sum) => sum ?? 0),
      ])
    }
    expect(rows('SELECT id FROM object_sizes WHERE used_size < 0 OR unused_size < 0 OR padding < 0')).toEqual(
      [],
    )

    const db = HeapDb.open(path)
    onTestFinished(() => db.close())
    const query = readQuery('memory')
    const all = [...db.runQuery(query, { all: 1 }).rows]
    expect(all.length).toBe(number('SELECT COUNT(*) FROM memory_account'))
    expect([...db.runQuery(query, { depth: 1 }).rows].map((row) => row.slice(0, 3))).toEqual([
      ['process', bytes('process'), null],
      ['  memory', bytes('memory'), 100],
      ['  reserved', bytes('reserved'), null],
    ])
  })
})
