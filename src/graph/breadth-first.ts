import { BitSet } from '../base/bitset.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import { NONE, type ObjectIndex } from '../model/types.ts'
import { type MarkedCut, markCut } from './cut.ts'

/** Objects that a path from a root reaches. */
export interface BreadthFirst {
  /** Objects found. */
  readonly count: number
  /** The first `count` entries are these objects, nearest to a root first. */
  readonly order: Int32Array
  /** Per object found: the node before it on a shortest path; undefined unless asked for. */
  readonly parent: Int32Array | undefined
}

/** Searches from all roots at once, around what is cut. */
export function searchBreadthFirst(
  graph: HeapGraph,
  cut: MarkedCut = markCut(graph, {}),
  { withParents = false } = {},
): BreadthFirst {
  const { objectCount, rootCount, edges, rootEdges } = graph
  const seen = new BitSet(objectCount)
  const order = new Int32Array(objectCount)
  const parent = withParents ? new Int32Array(objectCount).fill(NONE) : undefined
  let count = 0
  const visit = (object: ObjectIndex, from: number) => {
    if (seen.has(object) || cut.nodes.has(object)) return
    seen.add(object)
    order[count++] = object
    if (parent) parent[object] = from
  }
  for (let root = 0; root < rootCount; root++) {
    if (cut.nodes.has(objectCount + root)) continue
    for (let edge = rootEdges.first[root]; edge < rootEdges.first[root + 1]; edge++) {
      if (!cut.rootEdges?.has(edge)) visit(rootEdges.target[edge], objectCount + root)
    }
  }
  for (let next = 0; next < count; next++) {
    const object = order[next]
    const end = edges.first[object + 1]
    for (let edge = edges.first[object]; edge < end; edge++) {
      if (!cut.edges?.has(edge)) visit(edges.target[edge], object)
    }
  }
  return { count, order, parent }
}
