import { BitSet } from '../base/bitset.ts'
import { type Cut, markCut } from '../graph/cut.ts'
import { findRetainedSet } from '../graph/retained-set.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { StoredGraph } from '../schema/stored-graph.ts'
import type { NodeSet } from './node-set.ts'
import type { PointerChoice } from './pointer-choice.ts'
import type { RetainedSums } from './retained.ts'

/** Of any nodes and pointers, by a search of the whole graph around them. */
export function searchRetained(
  db: HeapDb,
  sets: readonly NodeSet[],
  pointers: readonly PointerChoice[],
): RetainedSums {
  const graph = new StoredGraph(db)
  const { objectCount, rootCount } = graph
  const chosen = new BitSet(objectCount + rootCount)
  for (const set of sets) addNodes(graph, set, chosen)
  const selected = chosen.count()
  const selectedObjects = chosen.first(graph.reachableCount)
  const reachable = new BitSet(objectCount)
  reachable.addBelow(graph.reachableCount)
  // Roots below chosen ones become part of the cut, of what was selected they are none.
  const cut = markCut(graph, { nodes: chosen, ...rowsOf(db, graph, pointers) })
  const retained = findRetainedSet(graph, cut, reachable)
  let selectedSize = 0
  for (const { bytes } of sumByType(graph, selectedObjects).values()) selectedSize += bytes
  return { selected, selectedSize, types: sumByType(graph, retained) }
}

/** Of so many ids each is looked up by itself. */
const FEW_IDS = 100

function addNodes(graph: StoredGraph, set: NodeSet, chosen: BitSet): void {
  if ('typeId' in set) graph.addObjectsOfType(set.typeId, chosen)
  else if (set.ids.length < FEW_IDS) for (const id of set.ids) chosen.add(graph.nodeOf(id))
  else {
    const { ranks } = graph
    for (const id of set.ids) chosen.add(id > ranks.length ? id - 1 : ranks[id - 1])
  }
}

/** Rows of the edge tables. */
function rowsOf(
  db: HeapDb,
  graph: StoredGraph,
  pointers: readonly PointerChoice[],
): Pick<Cut, 'edges' | 'rootEdges'> {
  if (pointers.length === 0) return {}
  const cut = { edges: [] as number[], rootEdges: [] as number[] }
  const { objectCount, edges, rootEdges } = graph
  for (const { sourceId, offset } of pointers) {
    const root = sourceId - 1 - objectCount
    if (root < 0) {
      const before = 'SELECT COUNT(*) FROM edges WHERE source_id = ? AND "offset" < ?'
      const source = graph.nodeOf(sourceId)
      // Garbage has no edges here.
      if (source >= graph.reachableCount) continue
      for (const [rows] of db.query(before, [sourceId, offset]).rows)
        cut.edges.push(edges.first[source] + Number(rows))
      continue
    }
    for (let row = rootEdges.first[root]; row < rootEdges.first[root + 1]; row++) {
      if (rootEdges.offset[row] === offset) cut.rootEdges.push(row)
    }
  }
  return cut
}

/** By id of the type, 0 for none. */
function sumByType(graph: StoredGraph, objects: BitSet): Map<number, { objects: number; bytes: number }> {
  const { shapes, shapeOf } = graph
  const counts = new Float64Array(shapes.count)
  objects.walk((object) => {
    counts[shapeOf[object]]++
  })
  const sums = new Map<number, { objects: number; bytes: number }>()
  for (let shape = 0; shape < shapes.count; shape++) {
    if (counts[shape] === 0) continue
    const sum = sums.get(shapes.typeId[shape]) ?? { objects: 0, bytes: 0 }
    sum.objects += counts[shape]
    sum.bytes += counts[shape] * shapes.size[shape]
    sums.set(shapes.typeId[shape], sum)
  }
  return sums
}
