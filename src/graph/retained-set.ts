import type { SearchGraph } from '../model/heap-graph.ts'
import type { ObjectIndex } from '../model/types.ts'
import { BreadthFirstSearch } from './breadth-first.ts'
import { type Cut, markCut } from './cut.ts'

export interface RetainedSet {
  readonly sizeBytes: number
  /** The objects, in no order that means anything. */
  readonly objects: Int32Array
  /** Does a path from a root reach an object, when nothing is cut? */
  isReachable(object: ObjectIndex): boolean
}

/**
 * What becomes garbage by a cut: the reachable objects that no path from a root reaches any more, objects of the cut
 * included. That is the retained size of a set of nodes, which is at least the sum over those of its nodes that
 * dominate no other, and more where only the set as a whole dominates an object. Unreachable objects are never part of
 * it. One search: around the cut, and then on beyond it.
 */
export function findRetainedSet(graph: SearchGraph, cut: Cut): RetainedSet {
  const search = new BreadthFirstSearch(graph, markCut(graph, cut))
  const held = search.count
  search.goBeyond()
  const objects = search.order.subarray(held, search.count)
  let sizeBytes = 0
  for (const object of objects) sizeBytes += graph.size[object]
  return { sizeBytes, objects, isReachable: (object) => search.seen.has(object) }
}
