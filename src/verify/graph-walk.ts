import type { LoadedHeap } from './loaded-heap.ts'

/** What is taken out of the heap for a walk: a node with all that it groups, or one pointer. -1: nothing. */
export interface Removal {
  node?: number
  edge?: number
  rootEdge?: number
}

/** Breadth-first walks from the roots, over the rows of edges and root_edges alone. */
export class GraphWalk {
  readonly #heap: LoadedHeap
  readonly #queue: Int32Array
  /** Number of the walk that came to an object last. */
  readonly #visit: Uint32Array
  readonly distance: Int32Array
  #walk = 0

  constructor(heap: LoadedHeap) {
    this.#heap = heap
    this.#queue = new Int32Array(heap.objects.count)
    this.#visit = new Uint32Array(heap.objects.count)
    this.distance = new Int32Array(heap.objects.count)
  }

  /** Was the object reached by the last walk? */
  reached(object: number): boolean {
    return this.#visit[object] === this.#walk
  }

  /**
   * Walks from all roots, without what is removed, until all or `goal` is found. `distance` is that of the objects
   * reached. Returns how many there are and their bytes.
   */
  walk({ node = -1, edge = -1, rootEdge = -1 }: Removal = {}, goal = -1): { objects: number; bytes: number } {
    const { objects, rootCount, rootParent, edges, rootEdges } = this.#heap
    const walk = ++this.#walk
    const [queue, visit, distance] = [this.#queue, this.#visit, this.distance]
    let tail = 0
    let bytes = 0
    const removed = new Uint8Array(rootCount)
    for (let r = 0; r < rootCount; r++) {
      const parent = rootParent[r]
      if (r + objects.count === node || (parent >= 0 && removed[parent] === 1)) {
        removed[r] = 1
        continue
      }
      for (let e = rootEdges.first[r]; e < rootEdges.first[r + 1]; e++) {
        const target = rootEdges.target[e]
        if (visit[target] === walk || target === node || e === rootEdge) continue
        visit[target] = walk
        distance[target] = 1
        queue[tail++] = target
      }
    }
    for (let head = 0; head < tail; head++) {
      const object = queue[head]
      bytes += objects.size[object]
      if (object === goal) break
      for (let e = edges.first[object]; e < edges.first[object + 1]; e++) {
        const target = edges.target[e]
        if (visit[target] === walk || target === node || e === edge) continue
        visit[target] = walk
        distance[target] = distance[object] + 1
        queue[tail++] = target
      }
    }
    return { objects: tail, bytes }
  }
}
