import type { Analysis } from '../../src/model/heap-graph.ts'
import { NONE } from '../../src/model/types.ts'
import type { GraphLists } from './drawn-graph.ts'

/**
 * The results of the analysis straight from their definitions: take a node or a pointer away and look what is still
 * reachable. Cubic; shares no code and no idea with src/graph.
 */

interface Removed {
  nodes?: ReadonlySet<number>
  /** Positions in lists.edges and lists.rootEdges. */
  edges?: ReadonlySet<number>
  rootEdges?: ReadonlySet<number>
}

/** Distance of every node that is reachable without what is removed: 0 for roots, hops from a root for objects. */
export function findDistances(lists: GraphLists, removed: Removed = {}): Map<number, number> {
  const distances = new Map<number, number>()
  const isGone = (node: number) => removed.nodes?.has(node) ?? false
  lists.rootParent.forEach((_, root) => {
    for (let above = root; above !== NONE; above = lists.rootParent[above]) {
      if (isGone(lists.objectCount + above)) return
    }
    distances.set(lists.objectCount + root, 0)
  })
  for (let changed = true; changed; ) {
    changed = false
    const follow = (source: number, target: number) => {
      const from = distances.get(source)
      if (from === undefined || isGone(target)) return
      if (from + 1 >= (distances.get(target) ?? Number.POSITIVE_INFINITY)) return
      distances.set(target, from + 1)
      changed = true
    }
    lists.rootEdges.forEach(([root, target], i) => {
      if (!removed.rootEdges?.has(i)) follow(lists.objectCount + root, target)
    })
    lists.edges.forEach(([source, target], i) => {
      if (!removed.edges?.has(i)) follow(source, target)
    })
  }
  return distances
}

/** Expected columns; bridges are in the order of the lists, which must be sorted by source. */
export function expectAnalysis(lists: GraphLists): Analysis {
  const nodeCount = lists.objectCount + lists.rootParent.length
  const all = findDistances(lists)
  const objects = Array.from({ length: lists.objectCount }, (_, object) => object)
  const nodes = Array.from({ length: nodeCount }, (_, node) => node)
  const bytes = (members: number[]) => members.reduce((sum, object) => sum + lists.sizes[object], 0)

  // dominated[d]: the nodes that are lost with d, itself included.
  const dominated = nodes.map((node) => {
    const left = findDistances(lists, { nodes: new Set([node]) })
    return new Set(nodes.filter((other) => all.has(other) && !left.has(other)))
  })
  const dominators = nodes.map((node) => nodes.filter((other) => dominated[other].has(node)))
  const idom = nodes.map((node) => {
    const strict = dominators[node].filter((other) => other !== node)
    return strict.find((other) => strict.every((outer) => dominated[outer].has(other))) ?? NONE
  })
  const retained = dominated.map((members) => [...members].filter((node) => node < lists.objectCount))
  const reachable = objects.filter((object) => all.has(object))
  return {
    reachable: Uint8Array.from(objects, (object) => (all.has(object) ? 1 : 0)),
    idom: Int32Array.from(idom),
    retainedSize: Float64Array.from(retained, bytes),
    retainedCount: Float64Array.from(retained, (members) => members.length),
    distance: Uint32Array.from(objects, (object) => all.get(object) ?? 0),
    parent: findParents(lists, all),
    isBridge: Uint8Array.from(lists.edges, ([, target], i) =>
      all.has(target) && !findDistances(lists, { edges: new Set([i]) }).has(target) ? 1 : 0,
    ),
    isRootBridge: Uint8Array.from(lists.rootEdges, ([, target], i) =>
      findDistances(lists, { rootEdges: new Set([i]) }).has(target) ? 0 : 1,
    ),
    depth: Uint32Array.from(nodes, (node) => dominators[node].length),
    reachableObjects: reachable.length,
    reachableBytes: bytes(reachable),
  }
}

/** Level by level: an object's parent is the node of the level above that was found first, and has a pointer to it. */
function findParents(lists: GraphLists, distances: ReadonlyMap<number, number>): Int32Array {
  const parents = new Int32Array(lists.objectCount).fill(NONE)
  let level = lists.rootParent.map((_, root) => lists.objectCount + root)
  for (let distance = 1; level.length > 0; distance++) {
    const found: number[] = []
    for (const node of level) {
      const isRoot = node >= lists.objectCount
      for (const [source, target] of isRoot ? lists.rootEdges : lists.edges) {
        if (source !== (isRoot ? node - lists.objectCount : node)) continue
        if (distances.get(target) !== distance || parents[target] !== NONE) continue
        parents[target] = node
        found.push(target)
      }
    }
    level = found
  }
  return parents
}
