import { BitSet } from '../base/bitset.ts'
import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import type { ObjectIndex } from '../model/types.ts'
import { searchBreadthFirst } from './breadth-first.ts'
import { type Cut, markCut } from './cut.ts'

export interface RetainedSet {
  readonly sizeBytes: number
  /** Objects. */
  readonly count: number
  isRetained(object: ObjectIndex): boolean
}

/** What is reachable when nothing is cut. */
export type Reachable = Pick<Analysis, 'reachable' | 'reachableObjects' | 'reachableBytes'>

/**
 * What becomes garbage by a cut: the reachable objects that no path from a root reaches any more, objects of the cut
 * included. That is the retained size of a set of nodes, which is at least the sum over those of its nodes that
 * dominate no other, and more where only the set as a whole dominates an object. Unreachable objects are never part of
 * it. One search over the graph without the cut; what survives is subtracted from the whole.
 */
export function findRetainedSet(graph: HeapGraph, all: Reachable, cut: Cut): RetainedSet {
  const { order, count } = searchBreadthFirst(graph, markCut(graph, cut))
  const survivors = new BitSet(graph.objectCount)
  let survivingBytes = 0
  for (let i = 0; i < count; i++) {
    survivors.add(order[i])
    survivingBytes += graph.size[order[i]]
  }
  return {
    sizeBytes: all.reachableBytes - survivingBytes,
    count: all.reachableObjects - count,
    isRetained: (object) => all.reachable[object] === 1 && !survivors.has(object),
  }
}

/** What a path from a root reaches, of a graph that has not been analysed. */
export function findReachable(graph: HeapGraph): Reachable {
  const { order, count } = searchBreadthFirst(graph)
  const reachable = new Uint8Array(graph.objectCount)
  let reachableBytes = 0
  for (let i = 0; i < count; i++) {
    reachable[order[i]] = 1
    reachableBytes += graph.size[order[i]]
  }
  return { reachable, reachableObjects: count, reachableBytes }
}
