import { BitSet } from '../base/bitset.ts'
import { sharedFloat64, sharedInt32, sharedUint8, sharedUint32 } from '../base/columns.ts'
import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import type { Progress } from '../progress.ts'
import { type BackEdges, type Entries, sortBackEdges } from './back-edges.ts'
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
 * O(edges * log nodes) time, no recursion, and of the graph no reverse. Arrays that live when, 4 bytes an entry; the
 * results serve as scratch until they are written:
 *
 *                   reach    depth-first     back edges    semidominators   idoms   retained
 *   order           queue    order           .             .                .       .
 *   semi                     stack.end       semi          .                depth   .
 *   first                                    first         first, parent    idom    .
 *   idom                     numberOf        .                                      result
 *   depth                    stack.edge                    stack                    result
 *   retainedSize             parent,         .             ancestor,                result (8 bytes)
 *                            stack.number                  label
 *   retainedCount            other edges     other, back   back                     result (8 bytes)
 *   distance, parent result
 *
 * So results take 24 bytes a node, 9 an object and 1 a pointer, and the work 12 bytes a node and 4 bits an object. The
 * edges beside the search tree take 12 bytes each, in an array of their own when retainedCount has no room for them.
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

  const rooms = makeRooms(nodeCount)
  const isBridge = sharedUint8(graph.edges.count)
  const isRootBridge = sharedUint8(graph.rootEdges.count)
  const label = new Int32Array(rooms.retainedSize.buffer, (nodeCount + 1) * 4, nodeCount + 1)
  const semi = new Int32Array(nodeCount + 1)

  // Every reachable object is the target of one tree edge.
  const otherCount = reach.pointerCount - reach.objectCount
  const otherRoom = makeOtherRoom(otherCount, rooms.retainedCount)
  const tree: SearchTree = {
    count: 0,
    order,
    parent: new Int32Array(rooms.retainedSize.buffer, 0, nodeCount + 1),
    numberOf: rooms.idom,
    otherCount: 0,
    otherSource: new Int32Array(otherRoom, 0, otherCount),
    otherTarget: new Int32Array(otherRoom, otherCount * 4, otherCount),
  }
  searchDepthFirst(
    graph,
    tree,
    { unnumbered: reach.reachable, leaves, isTreeEdge: isBridge, isRootTreeEdge: isRootBridge },
    { number: label, edge: rooms.depth, end: new Uint32Array(semi.buffer) },
    steps,
  )

  semi.set(tree.parent)
  const entries: Entries = { semi, enteredTwice: new BitSet(objectCount) }
  const rows: BackEdges = {
    first: new Uint32Array(nodeCount + 2),
    source: new Int32Array(otherRoom, otherCount * 8, otherCount),
  }
  sortBackEdges(tree, entries, rows)
  const stack = new Int32Array(rooms.depth.buffer)
  const treeParent = findSemidominators(tree, entries, rows, { label, stack }, steps)
  keepBridges(isBridge, graph.edges.target, entries.enteredTwice)
  keepBridges(isRootBridge, graph.rootEdges.target, entries.enteredTwice)
  findImmediateDominators(treeParent, semi, tree.count, steps)

  const columns = {
    idom: rooms.idom.subarray(0, nodeCount),
    depth: rooms.depth.subarray(0, nodeCount),
    retainedSize: rooms.retainedSize.subarray(0, nodeCount),
    retainedCount: rooms.retainedCount.subarray(0, nodeCount),
  }
  const dominators = { count: tree.count, order, idom: treeParent, depth: semi }
  sumRetained(graph, reachable, dominators, columns, steps)
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

/** Result columns with room for the super-root, which the passes before the last use for themselves. */
function makeRooms(nodeCount: number) {
  return {
    idom: sharedInt32(nodeCount + 1),
    depth: sharedUint32(nodeCount + 1),
    retainedSize: sharedFloat64(nodeCount + 1),
    retainedCount: sharedFloat64(nodeCount + 1),
  }
}

/** 12 bytes an edge: in `room` when they fit. */
function makeOtherRoom(edges: number, room: Float64Array): ArrayBufferLike {
  return edges * 12 <= room.byteLength ? room.buffer : new ArrayBuffer(edges * 12)
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
