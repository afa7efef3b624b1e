import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import {
  loadGraph,
  loadObjects,
  loadObjectsOfType,
  loadOffsets,
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
    expect([...loadOffsets(db)]).toEqual([...graph.edges.offset])
    expect([...loadTypes(db, loaded.objectCount)]).toEqual([...objects.type])
    const stored = loadObjects(db)
    expect([...stored.address]).toEqual([...objects.address])
    expect([...stored.size]).toEqual([...graph.size])
    expect([...stored.type]).toEqual([...objects.type])
    expect([...stored.length]).toEqual([...objects.length])
  }
})

test('it is the same when SQLite has written the pages', async () => {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(makeSyntheticHeap(20_000), path)
  const read = (db: HeapDb) => [loadGraph(db), loadOffsets(db), loadObjects(db), loadObjectsOfType(db, 1)]
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
