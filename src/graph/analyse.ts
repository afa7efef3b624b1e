import { BitSet } from '../base/bitset.ts'
import { sharedFloat64, sharedInt32, sharedUint8, sharedUint32 } from '../base/columns.ts'
import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import type { Progress } from '../progress.ts'
import { type SearchTree, searchDepthFirst } from './depth-first.ts'
import { findImmediateDominators, findSemidominators } from './dominators.ts'
import { findLeaves, reachObjects } from './reach.ts'
import { keepBridges, sumRetained } from './retained.ts'
import { Steps } from './steps.ts'

/**
 * Reachability, shortest paths, immediate dominators, retained sizes and bridges of a heap.
 *
 * The graph: objects 0..N-1, roots N..N+R-1, and a super-root with an edge to every root without a parent. A root has
 * edges to its child roots and to the objects it points at; an object to the objects it points at. Every root counts
 * as reachable, with or without pointers. Edges of unreachable objects do not exist for any of the results.
 *
 * A *bridge* is a pointer word without which alone its target would be unreachable: its source is reachable, and no
 * other edge enters the target from a node that the target does not dominate (G. F. Italiano, L. Laura, F. Santaroni,
 * Finding strong bridges and strong articulation points in linear time, TCS 447, 2012).
 *
 * O(edges * log nodes) time, no recursion. Memory per node (4 bytes an entry, `|` while it lives), results last:
 *
 *                    reach  depth-first  semidominators  idoms  retained
 *   order            queue       |             |           |       |
 *   semi                         |             |         -> depth  |
 *   firstBack                    |         -> parent     -> idom   |
 *   idom                     numberOf                            result
 *   depth                    stackEdge       stack               result
 *   retainedSize          parent, stack  ancestor, label         result   8 bytes
 *   retainedCount          back edges      back edges            result   8 bytes
 *   distance, parent result
 *
 * So the work takes 12 bytes a node beyond the 32 of the results, and 1 byte an object, 1 byte an edge. Back edges
 * have 8 bytes each, and an array of their own when there are more than nodes.
 *
 * @throws GoheapError 'cancelled'
 */
export function analyseGraph(graph: HeapGraph, progress?: Progress): Analysis {
  const { objectCount, rootCount } = graph
  const nodeCount = objectCount + rootCount
  const steps = new Steps(nodeCount, progress)
  steps.report('reach', 0)

  const order = new Int32Array(nodeCount + 1)
  const distance = sharedUint32(objectCount)
  const parent = sharedInt32(objectCount).fill(NONE)
  const leaves = findLeaves(graph)
  const reach = reachObjects(graph, leaves, { distance, parent, queue: order }, steps)
  const { reachable, reachableBytes } = spreadReachable(graph, reach.reachable)

  // Results with room for the super-root, at first in other uses: see the table above.
  const idomRoom = sharedInt32(nodeCount + 1)
  const depthRoom = sharedUint32(nodeCount + 1)
  const sizeRoom = sharedFloat64(nodeCount + 1)
  const countRoom = sharedFloat64(nodeCount + 1)
  const isBridge = sharedUint8(graph.edges.count)
  const isRootBridge = sharedUint8(graph.rootEdges.count)
  const enteredTwice = new BitSet(objectCount)

  const tree: SearchTree = {
    count: 0,
    order,
    parent: new Int32Array(sizeRoom.buffer, 0, nodeCount + 1),
    semi: new Int32Array(nodeCount + 1),
    firstBack: new Uint32Array(nodeCount + 1),
    ...makeBackEdges(reach.pointerCount - reach.objectCount, countRoom),
  }
  const label = new Int32Array(sizeRoom.buffer, (nodeCount + 1) * 4, nodeCount + 1)
  searchDepthFirst(
    graph,
    tree,
    {
      unnumbered: reach.reachable,
      leaves,
      enteredTwice,
      isTreeEdge: isBridge,
      isRootTreeEdge: isRootBridge,
    },
    { numberOf: idomRoom, stackNumber: label, stackEdge: depthRoom },
    steps,
  )
  const stack = new Int32Array(depthRoom.buffer)
  const treeParent = findSemidominators(tree, enteredTwice, objectCount, { label, stack }, steps)
  keepBridges(isBridge, graph.edges.target, enteredTwice)
  keepBridges(isRootBridge, graph.rootEdges.target, enteredTwice)
  findImmediateDominators(treeParent, tree.semi, tree.count, steps)

  const columns = {
    idom: idomRoom.subarray(0, nodeCount),
    depth: depthRoom.subarray(0, nodeCount),
    retainedSize: sizeRoom.subarray(0, nodeCount),
    retainedCount: countRoom.subarray(0, nodeCount),
  }
  sumRetained(
    graph,
    reachable,
    { count: tree.count, order, idom: treeParent, depth: tree.semi },
    columns,
    steps,
  )
  steps.finish()
  return {
    ...columns,
    reachable,
    distance,
    parent,
    isBridge,
    isRootBridge,
    reachableObjects: reach.objectCount,
    reachableBytes,
  }
}

function spreadReachable(graph: HeapGraph, set: BitSet): { reachable: Uint8Array; reachableBytes: number } {
  const { objectCount, size } = graph
  const reachable = sharedUint8(objectCount)
  let reachableBytes = 0
  for (let object = 0; object < objectCount; object++) {
    if (!set.has(object)) continue
    reachable[object] = 1
    reachableBytes += size[object]
  }
  return { reachable, reachableBytes }
}

/** Room for the back edges: in `room` when they fit. At most one pointer of each object is none: a tree edge. */
function makeBackEdges(limit: number, room: Float64Array): Pick<SearchTree, 'backSource' | 'nextBack'> {
  const buffer = limit <= room.length ? room.buffer : new ArrayBuffer(limit * 8)
  return { backSource: new Int32Array(buffer, 0, limit), nextBack: new Uint32Array(buffer, limit * 4, limit) }
}
