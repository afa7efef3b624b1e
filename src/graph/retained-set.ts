import { BitSet } from '../base/bitset.ts'
import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex, type ObjectIndex } from '../model/types.ts'

/** What is taken out of the graph, all of it at once. */
export interface Cut {
  /** Objects and roots; a root takes the roots below it along. */
  readonly nodes?: Iterable<NodeIndex>
  /** Rows of EdgeTable: pointers set to nil. */
  readonly edges?: Iterable<number>
  /** Rows of RootEdgeTable. */
  readonly rootEdges?: Iterable<number>
}

export interface RetainedSet {
  readonly sizeBytes: number
  /** Objects. */
  readonly count: number
  isRetained(object: ObjectIndex): boolean
}

/**
 * What becomes garbage by a cut: the reachable objects that no path from a root reaches any more, objects of the cut
 * included. That is the retained size of a set of nodes, which is at least the sum over those of its nodes that
 * dominate no other, and more where only the set as a whole dominates an object. Unreachable objects are never part of
 * it. One search over the graph without the cut; what survives is subtracted from the whole.
 */
export function findRetainedSet(graph: HeapGraph, analysis: Analysis, cut: Cut): RetainedSet {
  const survivors = findSurvivors(graph, cut)
  let survivingBytes = 0
  let survivingObjects = 0
  for (let object = 0; object < graph.objectCount; object++) {
    if (!survivors.has(object)) continue
    survivingBytes += graph.size[object]
    survivingObjects++
  }
  return {
    sizeBytes: analysis.reachableBytes - survivingBytes,
    count: analysis.reachableObjects - survivingObjects,
    isRetained: (object) => analysis.reachable[object] === 1 && !survivors.has(object),
  }
}

/** Objects that a path from a root reaches which avoids the cut. */
function findSurvivors(graph: HeapGraph, cut: Cut): BitSet {
  const { objectCount, rootCount, rootParent, edges, rootEdges } = graph
  const cutNodes = fillSet(objectCount + rootCount, cut.nodes)
  const cutEdges = cut.edges && fillSet(edges.count, cut.edges)
  const cutRootEdges = cut.rootEdges && fillSet(rootEdges.count, cut.rootEdges)
  const survivors = new BitSet(objectCount)
  const queue = new Int32Array(objectCount)
  let queued = 0

  const visit = (object: ObjectIndex) => {
    if (survivors.has(object) || cutNodes.has(object)) return
    survivors.add(object)
    queue[queued++] = object
  }
  for (let root = 0; root < rootCount; root++) {
    const above = rootParent[root]
    if (above !== NONE && cutNodes.has(objectCount + above)) cutNodes.add(objectCount + root)
    if (cutNodes.has(objectCount + root)) continue
    for (let edge = rootEdges.first[root]; edge < rootEdges.first[root + 1]; edge++) {
      if (!cutRootEdges?.has(edge)) visit(rootEdges.target[edge])
    }
  }
  for (let next = 0; next < queued; next++) {
    const end = edges.first[queue[next] + 1]
    for (let edge = edges.first[queue[next]]; edge < end; edge++) {
      if (!cutEdges?.has(edge)) visit(edges.target[edge])
    }
  }
  return survivors
}

function fillSet(length: number, rows: Iterable<number> = []): BitSet {
  const set = new BitSet(length)
  for (const row of rows) set.add(row)
  return set
}
