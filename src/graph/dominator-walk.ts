import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex } from '../model/types.ts'

export interface DominatorVisitor {
  /** A node, after its immediate dominator and before the nodes that it dominates. `idom` NONE: nothing dominates it. */
  enter(node: NodeIndex, idom: NodeIndex | typeof NONE): void
  /** The same node, once all that it dominates has been left. */
  leave(node: NodeIndex): void
}

/**
 * Walks the dominator tree depth first; nodes without immediate dominator and children of one node come in ascending
 * order. Unreachable objects are not visited. 8 bytes a node, no recursion: chains can be as long as the heap.
 */
export function walkDominators(graph: HeapGraph, analysis: Analysis, visitor: DominatorVisitor): void {
  const nodeCount = graph.objectCount + graph.rootCount
  const { idom, depth } = analysis
  // Place nodeCount is that of the super-root.
  const firstChild = new Int32Array(nodeCount + 1).fill(NONE)
  const nextSibling = new Int32Array(nodeCount).fill(NONE)
  for (let node = nodeCount - 1; node >= 0; node--) {
    if (depth[node] === 0) continue
    const above = idom[node] === NONE ? nodeCount : idom[node]
    nextSibling[node] = firstChild[above]
    firstChild[above] = node
  }
  let node = firstChild[nodeCount]
  while (node !== NONE) {
    visitor.enter(node, idom[node])
    if (firstChild[node] !== NONE) {
      node = firstChild[node]
      continue
    }
    visitor.leave(node)
    while (nextSibling[node] === NONE) {
      if (idom[node] === NONE) return
      node = idom[node]
      visitor.leave(node)
    }
    node = nextSibling[node]
  }
}
