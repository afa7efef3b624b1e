import type { BitSet } from '../base/bitset.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import { REPORT_MASK, type Steps } from './steps.ts'

/** The dominator tree in numbers of the depth-first search. */
export interface NumberedDominators {
  readonly count: number
  /** Node with this number. */
  readonly order: Int32Array
  /** Number of the immediate dominator, 0 for none. */
  readonly idom: Int32Array
  readonly depth: Int32Array
}

/** Per node; whatever they hold is overwritten. */
export interface RetainedColumns {
  readonly idom: Int32Array
  readonly depth: Uint32Array
  readonly retainedSize: Float64Array
  readonly retainedCount: Float64Array
}

/**
 * A node retains what it dominates, itself included: sizes summed up the dominator tree. A dominator's number is less
 * than those of the nodes it dominates, so descending order sees every sum complete. The sums grow in node order right
 * away: one scattered access per node and column, and no second copy of the columns.
 */
export function sumRetained(
  graph: HeapGraph,
  reachable: Uint8Array,
  dominators: NumberedDominators,
  columns: RetainedColumns,
  steps: Steps,
): void {
  const { objectCount, size } = graph
  const { count, order } = dominators
  const { idom, depth, retainedSize, retainedCount } = columns
  idom.fill(NONE)
  depth.fill(0)
  retainedSize.fill(0, objectCount)
  retainedCount.fill(0, objectCount)
  for (let object = 0; object < objectCount; object++) {
    retainedSize[object] = reachable[object] === 1 ? size[object] : 0
    retainedCount[object] = reachable[object]
  }
  for (let number = count; number > 0; number--) {
    if ((number & REPORT_MASK) === 0) steps.report('retained', count - number)
    const node = order[number]
    const dominator = order[dominators.idom[number]]
    depth[node] = dominators.depth[number]
    if (dominator === NONE) continue
    idom[node] = dominator
    retainedSize[dominator] += retainedSize[node]
    retainedCount[dominator] += retainedCount[node]
  }
}

/** Leaves of the tree edges (1) only the bridges: those whose target no other edge enters from outside what it dominates. */
export function keepBridges(treeEdges: Uint8Array, target: Uint32Array, enteredTwice: BitSet): void {
  for (let edge = 0; edge < target.length; edge++) {
    if (treeEdges[edge] === 1 && enteredTwice.has(target[edge])) treeEdges[edge] = 0
  }
}
