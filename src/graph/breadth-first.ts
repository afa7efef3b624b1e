import type { BitSet } from '../base/bitset.ts'
import type { SearchGraph } from '../model/heap-graph.ts'
import { type MarkedCut, markCut } from './cut.ts'

/** How a search came to objects; what it did not find stays as it is. */
export interface FollowedSteps {
  /** Per object: the node before it on a shortest path. */
  readonly parent: Int32Array
  /** Per object: the pointer that was followed, a row of edges, or of rootEdges where the node is a root. */
  readonly edge: Int32Array
}

/**
 * A search from all roots at once, around what is cut: roots in ascending order, objects as they were found, the pointers
 * of each in row order.
 */
export class BreadthFirstSearch {
  /** Objects found. */
  readonly seen: BitSet
  /** The first `count` entries are these objects, nearest to a root first. */
  readonly order: Int32Array
  readonly count: number

  constructor(graph: SearchGraph, cut: MarkedCut = markCut(graph, {}), steps?: FollowedSteps) {
    const { objectCount, rootCount, rootEdges } = graph
    const { first, target } = graph.edges
    // Taken for found, objects of the cut are met by no branch of their own.
    this.seen = cut.nodes.first(objectCount)
    this.order = new Int32Array(objectCount)
    const { order } = this
    const seen = this.seen.words
    const cutEdges = cut.edges
    let count = 0
    for (let root = 0; root < rootCount; root++) {
      if (cut.nodes.has(objectCount + root)) continue
      for (let edge = rootEdges.first[root]; edge < rootEdges.first[root + 1]; edge++) {
        const object = rootEdges.target[edge]
        if (this.seen.has(object) || cut.rootEdges?.has(edge)) continue
        this.seen.add(object)
        order[count++] = object
        if (steps !== undefined) {
          steps.parent[object] = objectCount + root
          steps.edge[object] = edge
        }
      }
    }
    for (let next = 0; next < count; next++) {
      const source = order[next]
      const end = first[source + 1]
      for (let edge = first[source]; edge < end; edge++) {
        const object = target[edge]
        const bit = 1 << (object & 31)
        if ((seen[object >>> 5] & bit) !== 0 || cutEdges?.has(edge)) continue
        seen[object >>> 5] |= bit
        order[count++] = object
        if (steps !== undefined) {
          steps.parent[object] = source
          steps.edge[object] = edge
        }
      }
    }
    this.count = count
    this.seen.deleteAll(cut.nodes)
  }
}
