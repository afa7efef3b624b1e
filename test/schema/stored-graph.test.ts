import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import { listInbound } from '../../src/graph/root-paths.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import {
  loadGraph,
  loadInbound,
  loadObjects,
  loadObjectsOfType,
  loadPointers,
  loadTypes,
} from '../../src/schema/stored-graph.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, smallHeap } from './small-heap.ts'

function open(path: string): HeapDb {
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

test('the graph that is loaded is the one that was written', async () => {
  for (const analysed of [smallHeap(), makeSyntheticHeap(60_000), analyseSketch({})]) {
    const path = join(makeFolder(), 'heap.db')
    await writeDatabase(analysed, path)
    const db = open(path)
    const { graph, objects } = analysed.heap
    const loaded = loadGraph(db)
    expect([loaded.objectCount, loaded.rootCount]).toEqual([graph.objectCount, graph.rootCount])
    expect([...loaded.size]).toEqual([...graph.size])
    for (const [mine, theirs] of [
      [loaded.edges, graph.edges],
      [loaded.rootEdges, graph.rootEdges],
    ]) {
      expect(mine.count).toBe(theirs.count)
      expect([...mine.first]).toEqual([...theirs.first])
      expect([...mine.target]).toEqual([...theirs.target])
    }
    expect([...loaded.rootEdges.offset]).toEqual([...graph.rootEdges.offset])
    expect([...loaded.rootEdges.targetOffset]).toEqual([...graph.rootEdges.targetOffset])
    expect([...loaded.rootParent]).toEqual([...graph.rootParent])
    const inbound = loadInbound(db, loaded.objectCount)
    const turned = listInbound(graph.edges, graph.objectCount, undefined)
    expect([...inbound.first]).toEqual([...turned.first.subarray(0, graph.objectCount + 1)])
    expect([...inbound.source]).toEqual([...turned.source])
    const odd = loadPointers(db, loaded, (source, offset) => (source + offset / 8) % 2 === 0)
    expect([...odd.edges.target]).toEqual(
      [...graph.edges.target].filter(
        (_, row) => (sourceOf(graph.edges, row) + graph.edges.offset[row] / 8) % 2 === 1,
      ),
    )
    expect([...loadTypes(db, loaded.objectCount)]).toEqual([...objects.type])
    const stored = loadObjects(db)
    expect([...stored.address]).toEqual([...objects.address])
    expect([...stored.size]).toEqual([...graph.size])
    expect([...stored.type]).toEqual([...objects.type])
    expect([...stored.length]).toEqual([...objects.length])
  }
})

const sourceOf = ({ first }: { first: Uint32Array }, row: number) =>
  first.findLastIndex((start) => start <= row)

test('the objects of a type are those of that type, of any type', async () => {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(makeSyntheticHeap(60_000), path)
  const db = open(path)
  for (const [type] of db.query('SELECT id FROM types WHERE id % 29 = 1').rows) {
    const expected = Array.from(
      db.query('SELECT id FROM objects WHERE type_id = ?', [Number(type)]).rows,
      ([id]) => Number(id),
    )
    expect([...loadObjectsOfType(db, Number(type))].sort((a, b) => a - b)).toEqual(
      expected.sort((a, b) => a - b),
    )
  }
})

test('it is the same when SQLite has written the pages', async () => {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(makeSyntheticHeap(20_000), path)
  const read = (db: HeapDb) => [
    loadGraph(db),
    loadInbound(db, 20_000),
    loadObjects(db),
    loadObjectsOfType(db, 1),
  ]
  const before = read(open(path))
  const database = new Database(path)
  database.exec('PRAGMA page_size = 1024; VACUUM')
  database.close()
  expect(read(open(path))).toEqual(before)
})

test('a damaged page is reported as damage', async () => {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(makeSyntheticHeap(20_000), path)
  const database = new Database(path, { readonly: true })
  const page = Number(
    database.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'edges'`).pluck().get(),
  )
  database.close()
  const bytes = readFileSync(path)
  bytes.fill(0x77, (page - 1) * 16384, page * 16384)
  writeFileSync(path, bytes)
  const db = open(path)
  expect(() => loadGraph(db)).toThrow(expect.objectContaining({ code: 'corrupt' }))
})
