import type { BitSet } from '../base/bitset.ts'
import type { SearchGraph } from '../model/heap-graph.ts'
import { BreadthFirstSearch } from './breadth-first.ts'
import type { MarkedCut } from './cut.ts'

/**
 * What becomes garbage by a cut: the reachable objects that no path from a root reaches any more, objects of the cut
 * included. That is the retained set of a set of nodes: at least what those of its nodes dominate, and more where only
 * several of them together dominate an object. Unreachable objects are never part of it.
 */
export function findRetainedSet(graph: SearchGraph, cut: MarkedCut, reachable: BitSet): BitSet {
  const { seen } = new BreadthFirstSearch(graph, cut)
  const retained = reachable.first(graph.objectCount)
  retained.deleteAll(seen)
  return retained
}
