import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex, type ObjectIndex, type RootIndex } from '../model/types.ts'

/**
 * The shortest path to an object: the root that points, the objects between, the object itself. Its length is one
 * more than the object's distance. Empty when the object is unreachable.
 */
export function findShortestPath(graph: HeapGraph, analysis: Analysis, object: ObjectIndex): NodeIndex[] {
  if (analysis.reachable[object] === 0) return []
  const path = [object]
  let node = object
  while (node < graph.objectCount) {
    node = analysis.parent[node]
    path.push(node)
  }
  return path.reverse()
}

/** What dominates a node, from the outermost dominator down to the node itself. Empty when it is unreachable. */
export function findDominatorPath(analysis: Analysis, node: NodeIndex): NodeIndex[] {
  if (analysis.depth[node] === 0) return []
  const path = [node]
  for (let above = analysis.idom[node]; above !== NONE; above = analysis.idom[above]) path.push(above)
  return path.reverse()
}

/** A root and the roots it belongs to, outermost first: goroutine, frame, local. */
export function findRootPath(graph: HeapGraph, root: RootIndex): RootIndex[] {
  const path = [root]
  for (let above = graph.rootParent[root]; above !== NONE; above = graph.rootParent[above]) path.push(above)
  return path.reverse()
}
