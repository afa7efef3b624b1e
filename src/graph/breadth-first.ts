import { BitSet } from '../base/bitset.ts'
import type { SearchGraph } from '../model/heap-graph.ts'
import { NONE, type ObjectIndex } from '../model/types.ts'
import { type MarkedCut, markCut } from './cut.ts'

/** A search from all roots at once, around what is cut. */
export class BreadthFirstSearch {
  /** Objects found. */
  readonly seen: BitSet
  /** The first `count` entries are these objects, nearest to a root first. */
  readonly order: Int32Array
  /** Per object found: the node before it on a shortest path; undefined unless asked for. */
  readonly parent: Int32Array | undefined
  count = 0
  readonly #graph: SearchGraph
  readonly #cut: MarkedCut
  /** Objects that only a pointer or a node of the cut kept the search from. */
  readonly #beyond: ObjectIndex[] = []

  constructor(graph: SearchGraph, cut: MarkedCut = markCut(graph, {}), { withParents = false } = {}) {
    this.#graph = graph
    this.#cut = cut
    this.seen = new BitSet(graph.objectCount)
    this.order = new Int32Array(graph.objectCount)
    this.parent = withParents ? new Int32Array(graph.objectCount).fill(NONE) : undefined
    this.#search()
  }

  /** Goes on as though nothing were cut: what is found now comes behind what was found. Without parents. */
  goBeyond(): void {
    const { rootEdges } = this.#graph
    const visit = (object: ObjectIndex) => {
      if (this.seen.has(object)) return
      this.seen.add(object)
      this.order[this.count++] = object
    }
    let next = this.count
    for (const object of this.#beyond) visit(object)
    for (const object of rootEdges.target) visit(object)
    const { first, target } = this.#graph.edges
    for (; next < this.count; next++) {
      const end = first[this.order[next] + 1]
      for (let edge = first[this.order[next]]; edge < end; edge++) visit(target[edge])
    }
  }

  #search(): void {
    const { objectCount, rootCount, edges, rootEdges } = this.#graph
    const { order, seen, parent } = this
    const { nodes, edges: cutEdges, rootEdges: cutRootEdges } = this.#cut
    let count = 0
    const visit = (object: ObjectIndex, from: number) => {
      if (seen.has(object)) return
      if (nodes.has(object)) {
        this.#beyond.push(object)
        return
      }
      seen.add(object)
      order[count++] = object
      if (parent) parent[object] = from
    }
    for (let root = 0; root < rootCount; root++) {
      if (nodes.has(objectCount + root)) continue
      for (let edge = rootEdges.first[root]; edge < rootEdges.first[root + 1]; edge++) {
        if (!cutRootEdges?.has(edge)) visit(rootEdges.target[edge], objectCount + root)
      }
    }
    for (let next = 0; next < count; next++) {
      const object = order[next]
      const end = edges.first[object + 1]
      for (let edge = edges.first[object]; edge < end; edge++) {
        if (!cutEdges?.has(edge)) visit(edges.target[edge], object)
        else this.#beyond.push(edges.target[edge])
      }
    }
    this.count = count
  }
}
