import type { BitSet } from '../base/bitset.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import { orderRoots } from './root-order.ts'
import { REPORT_MASK, type Steps } from './steps.ts'

/**
 * A depth-first search tree. Reachable nodes are numbered 1..count in the order of their discovery, the super-root
 * is 0; arrays have room for every node and the super-root.
 */
export interface SearchTree {
  count: number
  /** Node with this number; NONE for the super-root. */
  readonly order: Int32Array
  /** Number of the tree parent. */
  readonly parent: Int32Array
  /** Number of an object, 0 when it is unreachable. */
  readonly numberOf: Int32Array
  /** The pointers of reachable nodes that are no tree edges, in the order of their sources' discovery and return. */
  otherCount: number
  /** Number. */
  readonly otherSource: Int32Array
  /** Object. */
  readonly otherTarget: Int32Array
}

export interface SearchMarks {
  /** Reachable objects; emptied by the search. */
  readonly unnumbered: BitSet
  readonly leaves: BitSet
  /** Tree edges become 1, per row; zero beforehand. */
  readonly isTreeEdge: Uint8Array
  readonly isRootTreeEdge: Uint8Array
}

/** Open nodes outside the innermost one: number, next edge to follow, and the edge to stop before. */
export interface SearchStack {
  readonly number: Int32Array
  readonly edge: Uint32Array
  readonly end: Uint32Array
}

/**
 * Numbers every reachable node by iterative depth-first search from the super-root, and notes the edges that are none
 * of the tree, so that what comes after never looks at the graph again. No node but its parent (or the super-root)
 * has an edge to a root: the root forest is walked in preorder, each root's own pointers first.
 */
export function searchDepthFirst(
  graph: HeapGraph,
  tree: SearchTree,
  marks: SearchMarks,
  stack: SearchStack,
  steps: Steps,
): void {
  const { objectCount, rootParent, rootEdges, edges } = graph
  const { order, parent, numberOf, otherSource, otherTarget } = tree
  const { number: stackNumber, edge: stackEdge, end: stackEnd } = stack
  const unnumbered = marks.unnumbered.words
  const leaf = marks.leaves.words
  const first = edges.first
  const rootNumber = new Int32Array(graph.rootCount)
  let count = 0
  let otherCount = 0
  order[0] = NONE

  for (const root of orderRoots(rootParent)) {
    const above = rootParent[root]
    count++
    rootNumber[root] = count
    order[count] = objectCount + root
    parent[count] = above === NONE ? 0 : rootNumber[above]

    let targets = rootEdges.target
    let treeEdges = marks.isRootTreeEdge
    let source = count
    let edge = rootEdges.first[root]
    let end = rootEdges.first[root + 1]
    let depth = 0
    for (;;) {
      if (edge === end) {
        if (depth === 0) break
        depth--
        source = stackNumber[depth]
        edge = stackEdge[depth]
        end = stackEnd[depth]
        if (depth === 0) {
          targets = rootEdges.target
          treeEdges = marks.isRootTreeEdge
        }
        continue
      }
      const object = targets[edge]
      const word = object >>> 5
      const bit = 1 << (object & 31)
      if ((unnumbered[word] & bit) !== 0) {
        unnumbered[word] ^= bit
        count++
        if ((count & REPORT_MASK) === 0) steps.report('depth-first', count)
        order[count] = object
        numberOf[object] = count
        parent[count] = source
        treeEdges[edge] = 1
        edge++
        if ((leaf[word] & bit) !== 0) continue
        // The root's frame stays; an object's that has no edge left need not be kept.
        if (depth === 0 || edge !== end) {
          stackNumber[depth] = source
          stackEdge[depth] = edge
          stackEnd[depth] = end
          depth++
        }
        source = count
        edge = first[object]
        end = first[object + 1]
        targets = edges.target
        treeEdges = marks.isTreeEdge
      } else {
        otherSource[otherCount] = source
        otherTarget[otherCount] = object
        otherCount++
        edge++
      }
    }
  }
  tree.count = count
  tree.otherCount = otherCount
}
