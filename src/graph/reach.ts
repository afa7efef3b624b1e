import { BitSet } from '../base/bitset.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import { REPORT_MASK, type Steps } from './steps.ts'

/** What the breadth-first search fills in; arrays per object, `distance` zero and `parent` NONE beforehand. */
export interface ShortestPaths {
  readonly distance: Uint32Array
  readonly parent: Int32Array
  /** Scratch, one entry per object. */
  readonly queue: Int32Array
}

export interface Reach {
  readonly reachable: BitSet
  readonly objectCount: number
  /** Pointers, of roots and of reachable objects, to objects. */
  readonly pointerCount: number
}

/**
 * Reachability and shortest-path tree by breadth-first search from all roots at once. An object is reachable when a
 * root points at it or at an object that reaches it. Its distance is the least number of pointers on such a path;
 * its parent is the node before it on the path found first, where roots go in ascending order, objects in the order
 * in which they were found, and the pointers of each in row order.
 */
export function reachObjects(graph: HeapGraph, leaves: BitSet, paths: ShortestPaths, steps: Steps): Reach {
  const { objectCount, rootCount, rootEdges } = graph
  const { target } = graph.edges
  const { distance, parent, queue } = paths
  const reachable = new BitSet(objectCount)
  const seen = reachable.words
  const leaf = leaves.words
  let found = 0
  let queued = 0

  for (let root = 0; root < rootCount; root++) {
    const end = rootEdges.first[root + 1]
    for (let edge = rootEdges.first[root]; edge < end; edge++) {
      const object = rootEdges.target[edge]
      const word = object >>> 5
      const bit = 1 << (object & 31)
      if ((seen[word] & bit) !== 0) continue
      seen[word] |= bit
      found++
      distance[object] = 1
      parent[object] = objectCount + root
      if ((leaf[word] & bit) === 0) queue[queued++] = object
    }
  }

  let pointerCount = rootEdges.count
  let hops = 1
  let levelEnd = 0
  const row = makeRowBatch(graph)
  for (let next = 0; next < queued; ) {
    if (next === levelEnd) {
      hops++
      levelEnd = queued
    }
    const batch = Math.min(BATCH, levelEnd - next)
    row.load(queue, next, batch)
    for (let i = 0; i < batch; i++) {
      const source = queue[next + i]
      const begin = row.begin[i]
      const end = row.end[i]
      pointerCount += end - begin
      for (let edge = begin; edge < end; edge++) {
        const object = edge === begin ? row.target[i] : target[edge]
        const word = object >>> 5
        const bit = 1 << (object & 31)
        if ((seen[word] & bit) !== 0) continue
        seen[word] |= bit
        found++
        distance[object] = hops
        parent[object] = source
        if ((leaf[word] & bit) === 0) queue[queued++] = object
      }
    }
    next += batch
    if ((next & REPORT_MASK) < batch) steps.report('reach', next)
  }
  return { reachable, objectCount: found, pointerCount }
}

/** Objects that point nowhere; searches need not visit their rows. */
export function findLeaves(graph: HeapGraph): BitSet {
  const { first } = graph.edges
  const leaves = new BitSet(graph.objectCount)
  for (let object = 0; object < graph.objectCount; object++) {
    if (first[object] === first[object + 1]) leaves.add(object)
  }
  return leaves
}

const BATCH = 512

/**
 * The edge rows of the next objects of a queue, and the first target of each: read in loops that branch on nothing
 * they read, so that the processor waits for many cache misses at once and not for one after the other.
 */
function makeRowBatch(graph: HeapGraph) {
  const { first, target: targets } = graph.edges
  const begin = new Uint32Array(BATCH)
  const end = new Uint32Array(BATCH)
  const target = new Uint32Array(BATCH)
  const load = (queue: Int32Array, from: number, count: number) => {
    for (let i = 0; i < count; i++) {
      const object = queue[from + i]
      begin[i] = first[object]
      end[i] = first[object + 1]
    }
    for (let i = 0; i < count; i++) target[i] = targets[begin[i]]
  }
  return { begin, end, target, load }
}
