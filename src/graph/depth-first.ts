import type { BitSet } from '../base/bitset.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import { orderRoots } from './root-order.ts'
import { REPORT_MASK, type Steps } from './steps.ts'

/**
 * A depth-first search tree. Reachable nodes are numbered 1..count in the order of their discovery, the super-root
 * is 0; arrays have room for every node and the super-root. An edge u -> v runs *forward* when u is an ancestor of v
 * in the tree (then u < v); every other edge that is no self-edge runs *back* (u > v), to an ancestor or across.
 */
export interface SearchTree {
  count: number
  /** Node with this number; NONE for the super-root. */
  readonly order: Int32Array
  /** Number of the tree parent. */
  readonly parent: Int32Array
  /** Least number among the sources of the forward edges of this target: a first bound of the semidominator. */
  readonly semi: Int32Array
  /** One more than the row of the first back edge to this target, 0 for none. */
  readonly firstBack: Uint32Array
  /** Back edges: source number. */
  readonly backSource: Int32Array
  /** Back edges: one more than the row of the next back edge to the same target, 0 for none. */
  readonly nextBack: Uint32Array
}

export interface SearchMarks {
  /** Reachable objects; emptied by the search. */
  readonly unnumbered: BitSet
  readonly leaves: BitSet
  /** Objects that more than one forward edge enters; empty beforehand. */
  readonly enteredTwice: BitSet
  /** Tree edges become 1, per row; zero beforehand. */
  readonly isTreeEdge: Uint8Array
  readonly isRootTreeEdge: Uint8Array
}

export interface SearchScratch {
  /** Number of an object. */
  readonly numberOf: Int32Array
  /** Open nodes outside the innermost one: number, and the next edge to follow. */
  readonly stackNumber: Int32Array
  readonly stackEdge: Uint32Array
}

/**
 * Numbers every reachable node by iterative depth-first search from the super-root, and sorts the edges into tree,
 * forward and back as it goes, so that what comes after never looks at the graph again. No node but its parent (or
 * the super-root) has an edge to a root: the root forest is walked in preorder, each root's own pointers first.
 */
export function searchDepthFirst(
  graph: HeapGraph,
  tree: SearchTree,
  marks: SearchMarks,
  scratch: SearchScratch,
  steps: Steps,
): void {
  const { objectCount, rootParent, rootEdges, edges } = graph
  const { order, parent, semi, firstBack, backSource, nextBack } = tree
  const { numberOf, stackNumber, stackEdge } = scratch
  const unnumbered = marks.unnumbered.words
  const leaf = marks.leaves.words
  const enteredTwice = marks.enteredTwice.words
  const first = edges.first
  const rootNumber = new Int32Array(graph.rootCount)
  let count = 0
  let backCount = 0
  order[0] = NONE

  for (const root of orderRoots(rootParent)) {
    const above = rootParent[root]
    count++
    rootNumber[root] = count
    order[count] = objectCount + root
    parent[count] = semi[count] = above === NONE ? 0 : rootNumber[above]

    let targets = rootEdges.target
    let treeEdges = marks.isRootTreeEdge
    const rootEnd = rootEdges.first[root + 1]
    let source = count
    let edge = rootEdges.first[root]
    let end = rootEnd
    let depth = 0
    for (;;) {
      if (edge === end) {
        if (depth === 0) break
        depth--
        source = stackNumber[depth]
        edge = stackEdge[depth]
        if (depth === 0) {
          targets = rootEdges.target
          treeEdges = marks.isRootTreeEdge
          end = rootEnd
        } else {
          end = first[order[source] + 1]
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
        semi[count] = source
        treeEdges[edge] = 1
        edge++
        if ((leaf[word] & bit) !== 0) continue
        // The root's frame stays; an object's that has no edge left need not be kept.
        if (depth === 0 || edge !== end) {
          stackNumber[depth] = source
          stackEdge[depth] = edge
          depth++
        }
        source = count
        edge = first[object]
        end = first[object + 1]
        targets = edges.target
        treeEdges = marks.isTreeEdge
      } else {
        const number = numberOf[object]
        if (number > source) {
          if (semi[number] > source) semi[number] = source
          enteredTwice[word] |= bit
        } else if (number < source) {
          backSource[backCount] = source
          nextBack[backCount] = firstBack[number]
          backCount++
          firstBack[number] = backCount
        }
        edge++
      }
    }
  }
  tree.count = count
}
