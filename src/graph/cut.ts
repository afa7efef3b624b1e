import { BitSet } from '../base/bitset.ts'
import type { SearchGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex } from '../model/types.ts'

/** What is taken out of the graph, all of it at once. */
export interface Cut {
  /** Objects and roots; a root takes the roots below it along. */
  readonly nodes?: Iterable<NodeIndex> | BitSet
  /** Rows of EdgeTable: pointers set to nil. */
  readonly edges?: Iterable<number> | BitSet
  /** Rows of RootEdgeTable. */
  readonly rootEdges?: Iterable<number>
}

/** A cut as sets; undefined for none of a kind. Roots below a root that is cut are in it. */
export interface MarkedCut {
  readonly nodes: BitSet
  readonly edges: BitSet | undefined
  readonly rootEdges: BitSet | undefined
}

/** Sets that are given become part of the result. */
export function markCut(graph: SearchGraph, cut: Cut): MarkedCut {
  const { objectCount, rootCount, rootParent } = graph
  const nodes = fillSet(objectCount + rootCount, cut.nodes ?? [])
  for (let root = 0; root < rootCount; root++) {
    const above = rootParent[root]
    if (above !== NONE && nodes.has(objectCount + above)) nodes.add(objectCount + root)
  }
  return {
    nodes,
    // Not to be counted where that means to read them.
    edges: cut.edges instanceof BitSet ? cut.edges : cut.edges && fillSet(graph.edges.count, cut.edges),
    rootEdges: cut.rootEdges && fillSet(graph.rootEdges.count, cut.rootEdges),
  }
}

function fillSet(length: number, rows: Iterable<number> | BitSet): BitSet {
  if (rows instanceof BitSet) return rows
  const set = new BitSet(length)
  for (const row of rows) set.add(row)
  return set
}
