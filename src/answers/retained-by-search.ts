import { BitSet } from '../base/bitset.ts'
import { GrowableColumn } from '../base/columns.ts'
import type { Cut } from '../graph/cut.ts'
import { findRetainedSet } from '../graph/retained-set.ts'
import type { SearchGraph } from '../model/heap-graph.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { loadGraph, loadTypes } from '../schema/stored-graph.ts'
import type { NodeSet } from './node-set.ts'
import type { PointerChoice } from './pointer-choice.ts'
import type { RetainedSums } from './retained.ts'

/** So many objects are looked up each; of more, all types are read at once. */
const FEW_OBJECTS = 20_000

/** Of any nodes and pointers, by a search of the whole graph around them. */
export function searchRetained(
  db: HeapDb,
  sets: readonly NodeSet[],
  pointers: readonly PointerChoice[],
): RetainedSums {
  const graph = loadGraph(db)
  // Sets may overlap.
  const chosen = new BitSet(graph.objectCount + graph.rootCount)
  const nodes = new GrowableColumn(Int32Array)
  for (const { ids } of sets) {
    for (let i = 0; i < ids.length; i++) {
      const node = ids[i] - 1
      if (chosen.has(node)) continue
      chosen.add(node)
      nodes.push(node)
    }
  }
  const retained = findRetainedSet(graph, { nodes: chosen, ...rowsOf(db, graph, pointers) })
  let selectedSize = 0
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes.get(i)
    if (node < graph.objectCount && retained.isReachable(node)) selectedSize += graph.size[node]
  }
  return { selected: nodes.length, selectedSize, types: sumByType(db, graph, retained.objects) }
}

/** Rows of the edge tables. */
function rowsOf(
  db: HeapDb,
  { objectCount, edges, rootEdges }: SearchGraph,
  pointers: readonly PointerChoice[],
): Pick<Cut, 'edges' | 'rootEdges'> {
  if (pointers.length === 0) return {}
  const cut = { edges: [] as number[], rootEdges: [] as number[] }
  for (const { sourceId, offset } of pointers) {
    const root = sourceId - 1 - objectCount
    if (root < 0) {
      const before = 'SELECT COUNT(*) FROM edges WHERE source_id = ? AND "offset" < ?'
      for (const [rows] of db.query(before, [sourceId, offset]).rows)
        cut.edges.push(edges.first[sourceId - 1] + Number(rows))
      continue
    }
    for (let row = rootEdges.first[root]; row < rootEdges.first[root + 1]; row++) {
      if (rootEdges.offset[row] === offset) cut.rootEdges.push(row)
    }
  }
  return cut
}

function sumByType(db: HeapDb, graph: SearchGraph, objects: Int32Array): RetainedSums['types'] {
  const typeOf = objects.length < FEW_OBJECTS ? typeLookup(db) : typeTable(db, graph.objectCount)
  const sums = new Map<number, { objects: number; bytes: number }>()
  for (const object of objects) {
    const type = typeOf(object)
    let sum = sums.get(type)
    if (sum === undefined) {
      sum = { objects: 0, bytes: 0 }
      sums.set(type, sum)
    }
    sum.objects++
    sum.bytes += graph.size[object]
  }
  return sums
}

/** Ids of types, 0 for none. */
function typeLookup(db: HeapDb): (object: number) => number {
  const look = db.lookUp('SELECT COALESCE(type_id, 0) FROM objects WHERE id = ?')
  return (object) => look(object + 1)?.[0] ?? 0
}

function typeTable(db: HeapDb, objectCount: number): (object: number) => number {
  const types = loadTypes(db, objectCount)
  return (object) => types[object] + 1
}
