import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import { BitSet } from '../../src/base/bitset.ts'
import { BreadthFirstSearch } from '../../src/graph/breadth-first.ts'
import { markCut } from '../../src/graph/cut.ts'
import { listInbound } from '../../src/graph/root-paths.ts'
import type { AnalysedHeap } from '../../src/model/heap-graph.ts'
import type { EdgeTable, SourceTable, TargetTable } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { StoredGraph, type WordMarks } from '../../src/schema/stored-graph.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, smallHeap } from './small-heap.ts'

async function write(analysed: AnalysedHeap): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analysed, path)
  return path
}

function open(path: string): StoredGraph {
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return new StoredGraph(db)
}

/** More shapes than numbers of two bytes tell apart: nearly every object is of a type of its own. */
function manyShapes(): AnalysedHeap {
  const analysed = makeSyntheticHeap(70_000)
  const { objects, types } = analysed.heap
  const rows = Array.from(objects.type, (_, i) => ({ ...types.rows[0], name: `main.T${i}` }))
  return {
    ...analysed,
    heap: {
      ...analysed.heap,
      types: { rows, byRuntimeAddress: new Map(), byName: new Map() },
      objects: { ...objects, type: objects.type.map((_, i) => i) },
    },
  }
}

const heaps = {
  small: smallHeap,
  none: () => analyseSketch({}),
  drawn: () => makeSyntheticHeap(20_000),
  manyShapes,
}

for (const [name, make] of Object.entries(heaps)) {
  test(`the graph that is loaded is the one that was written: ${name}`, async () => {
    const analysed = make()
    const { graph, objects } = analysed.heap
    const loaded = open(await write(analysed))
    const search = new BreadthFirstSearch(graph)
    expect(loaded.reachableCount).toBe(search.count)
    // Ranks are in the order of a search; garbage is behind, each once.
    const idOf = invert(loaded.ranks)
    expect(idOf.slice(0, search.count)).toEqual([...search.order.subarray(0, search.count)])
    expect([...idOf].sort((a, b) => a - b)).toEqual(Array.from(objects.type, (_, i) => i))

    expect([loaded.objectCount, loaded.rootCount]).toEqual([graph.objectCount, graph.rootCount])
    expect([...loaded.rootParent]).toEqual([...graph.rootParent])
    expect([...loaded.rootEdges.first]).toEqual([...graph.rootEdges.first])
    expect(Array.from(loaded.rootEdges.target, (rank) => idOf[rank])).toEqual([...graph.rootEdges.target])
    expect([...loaded.rootEdges.offset]).toEqual([...graph.rootEdges.offset])
    expect([...loaded.rootEdges.targetOffset]).toEqual([...graph.rootEdges.targetOffset])

    const reachable = idOf.slice(0, search.count)
    expect(reachable.map((_, rank) => targetsOf(loaded.edges, rank).map((target) => idOf[target]))).toEqual(
      reachable.map((object) => targetsOf(graph.edges, object)),
    )
    expect(loaded.edges.first.length).toBe(graph.objectCount + 1)
    expect(loaded.edges.first.at(-1)).toBe(loaded.edges.count)
    expectInbound(loaded)

    const { parent, word, count } = loaded.readTree()
    const around = loaded.searchTree(markCut(loaded, {}))
    expect({ ...around, order: undefined }).toEqual({
      ...{ count, order: undefined },
      ...{ parent: fillUp(parent, loaded.objectCount), word: fillUp(word, loaded.objectCount) },
    })
    expect([...(around.order?.subarray(0, count) ?? [])]).toEqual(Array.from(parent, (_, rank) => rank))
    const followed = Array.from(parent, (node, rank) =>
      pointerAt(analysed, idOf[node] ?? node, word[rank] * 8),
    )
    expect(followed).toEqual(idOf.slice(0, count))

    const ranks = idOf.map((_, rank) => rank)
    expect(ranks.map((rank) => loaded.typeOf(rank) - 1)).toEqual(idOf.map((object) => objects.type[object]))
    expect(ranks.map((rank) => loaded.sizeOf(rank))).toEqual(idOf.map((object) => graph.size[object]))
    expect(ranks.map((rank) => loaded.shapes.isSeveral[loaded.shapeOf[rank]])).toEqual(
      idOf.map((object) => (objects.length[object] > 1 ? 1 : 0)),
    )
    const walked: [address: number, shape: number][] = []
    for (const walk = loaded.walkObjects(); walk.address !== Number.POSITIVE_INFINITY; walk.next())
      walked.push([walk.address, walk.shape])
    expect(walked).toEqual(
      Array.from(objects.address, (address, object) => [address, loaded.shapeOf[loaded.ranks[object]]]),
    )
    const some = [...ranks.slice(0, 3), ...ranks.slice(-3)]
    expect([...loaded.idsOf(some)].sort(byNumber)).toEqual(
      [...new Map(some.map((rank) => [rank, idOf[rank] + 1]))].sort(byNumber),
    )
  })
}

/** `isCut`: rows of edges that `without` means. */
function expectInbound(graph: StoredGraph, isCut?: BitSet, without?: WordMarks): void {
  const { alone, ...inbound } = graph.readInbound(without)
  const turned = listInbound(graph.edges, graph.objectCount, isCut)
  const sources = Array.from({ length: graph.objectCount }, (_, object) => [
    ...(alone?.[object] === NONE ? [] : [alone?.[object]]),
    ...sourcesOf(inbound, object),
  ])
  expect(sources).toEqual(sources.map((_, object) => sourcesOf(turned, object)))
}

const sourcesOf = ({ first, source }: SourceTable, object: number) => [
  ...source.subarray(first[object], first[object + 1]),
]

const fillUp = (numbers: Int32Array, length: number) => Int32Array.from({ length }, (_, i) => numbers[i] ?? 0)

/** Where the first pointer of an object or root at an offset leads. */
function pointerAt({ heap: { graph } }: AnalysedHeap, node: number, offset: number): number | undefined {
  const [table, row] =
    node < graph.objectCount ? [graph.edges, node] : [graph.rootEdges, node - graph.objectCount]
  for (let edge = table.first[row]; edge < table.first[row + 1]; edge++)
    if (table.offset[edge] === offset) return table.target[edge]
  return undefined
}

const byNumber = ([a]: [number, number], [b]: [number, number]) => a - b

function invert(ranks: Uint32Array): number[] {
  const objects: number[] = new Array(ranks.length).fill(-1)
  ranks.forEach((rank, object) => {
    objects[rank] = object
  })
  return objects
}

const targetsOf = ({ first, target }: TargetTable | EdgeTable, object: number) => [
  ...target.subarray(first[object], first[object + 1]),
]

test('a node is found by its id, with and without all ranks at hand', async () => {
  const path = await write(makeSyntheticHeap(20_000))
  const [single, whole] = [open(path), open(path)]
  const { ranks, objectCount } = whole
  for (const id of [1, 2, 16_384, 16_385, 19_999, 20_000]) {
    expect(single.nodeOf(id)).toBe(ranks[id - 1])
    expect(whole.nodeOf(id)).toBe(ranks[id - 1])
  }
  expect(single.nodeOf(objectCount + 2)).toBe(objectCount + 1)
})

test('objects of a type are those of that type, garbage included', async () => {
  const analysed = makeSyntheticHeap(20_000)
  const graph = open(await write(analysed))
  for (let type = 0; type < 5000; type += 29) {
    const set = new BitSet(graph.objectCount)
    graph.addObjectsOfType(type + 1, set)
    const expected = [...analysed.heap.objects.type].flatMap((of, object) =>
      of === type ? graph.ranks[object] : [],
    )
    const found: number[] = []
    set.walk((object) => found.push(object))
    expect(found).toEqual(expected.sort((a, b) => a - b))
    expect(set.count()).toBe(expected.length)
  }
})

test('pointers at marked words are left out, by source and by target', async () => {
  const analysed = makeSyntheticHeap(20_000)
  const { edges, size } = analysed.heap.graph
  const graph = open(await write(analysed))
  // Every third word of values of three words, in objects of 48 bytes.
  const without = Array.from(graph.shapes.size, (bytes) =>
    bytes === 48 ? Uint8Array.of(0, 0, 1) : undefined,
  )
  const cut = new BitSet(graph.edges.count)
  const objects = invert(graph.ranks)
  for (let rank = 0; rank < graph.reachableCount; rank++) {
    const object = objects[rank]
    for (let i = 0; i < edges.first[object + 1] - edges.first[object]; i++) {
      const offset = edges.offset[edges.first[object] + i]
      if (size[object] === 48 && offset % 24 === 16) cut.add(graph.edges.first[rank] + i)
    }
  }
  expect(cut.count()).toBeGreaterThan(100)
  expectInbound(graph, cut, without)
  const [around, expected] = [
    graph.searchTree(markCut(graph, {}), without),
    new BreadthFirstSearch(graph, markCut(graph, { edges: cut })),
  ]
  expect(around.count).toBeLessThan(graph.reachableCount)
  expect([...(around.order?.subarray(0, around.count) ?? [])]).toEqual([
    ...expected.order.subarray(0, expected.count),
  ])
})

function change(path: string, sql: string, ...values: unknown[]): void {
  const database = new Database(path)
  database.prepare(sql).run(...values)
  database.close()
}

function walkAll(graph: StoredGraph): void {
  const walk = graph.walkObjects()
  while (walk.address !== Number.POSITIVE_INFINITY) walk.next()
}

/** What is done to the first part of an array. */
const DAMAGE: [what: string, array: string, damage: (part: Buffer) => Buffer][] = [
  ['is too short', 'rank', (part) => part.subarray(0, 12)],
  [
    'has a number that is too large',
    'rank',
    (part) => Buffer.concat([Buffer.from('ffffffff', 'hex'), part.subarray(4)]),
  ],
  ['ends in half a number', 'shape', (part) => part.subarray(0, 101)],
  [
    'has a shape that is none',
    'shape',
    (part) => Buffer.concat([Buffer.from('ffff', 'hex'), part.subarray(2)]),
  ],
  ['is too long', 'counts', (part) => Buffer.concat([part, part])],
  ['is empty', 'pointers', () => Buffer.alloc(0)],
  [
    'ends in half a code',
    'pointers',
    (part) => Buffer.concat([part.subarray(0, 1000), Buffer.from('ff', 'hex')]),
  ],
  ['leads to too many', 'pointers', (part) => Buffer.from(part.map((code) => code | 1))],
  [
    'has a target that is none',
    'targets',
    (part) => Buffer.concat([Buffer.from('ffffff7f', 'hex'), part.subarray(4)]),
  ],
  ['is too long', 'shape_runs', (part) => Buffer.concat([part, part])],
  ['is too short', 'shape_runs', (part) => part.subarray(0, -2)],
]

test.for(DAMAGE)('an array that %s is reported: %s', async ([, array, damage]) => {
  // The last span is not full: the bits of its slots tell.
  const path = await write(makeSyntheticHeap(20_001))
  const database = new Database(path)
  const part = database
    .prepare('SELECT data FROM graph_arrays WHERE name = ? AND part = 0')
    .pluck()
    .get(array)
  database.close()
  if (!Buffer.isBuffer(part)) throw new Error(`there is no array ${array}`)
  change(path, 'UPDATE graph_arrays SET data = ? WHERE name = ? AND part = 0', damage(part), array)
  const graph = open(path)
  const readAll = () => [
    graph.ranks,
    graph.shapeOf,
    graph.edges,
    graph.readTree(),
    graph.readInbound(),
    walkAll(graph),
  ]
  expect(readAll).toThrow(
    expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(`the array ${array} `) }),
  )
})

test('a database without the arrays is said to be an older one', async () => {
  const path = await write(smallHeap())
  change(path, 'DROP TABLE graph_arrays')
  expect(() => open(path)).toThrow(
    expect.objectContaining({ code: 'not-goheap', message: expect.stringContaining('older goheap') }),
  )
})
