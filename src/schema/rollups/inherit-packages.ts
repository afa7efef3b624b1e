import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { ROOT_KINDS } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import { packageOfSymbol, packageOfType } from './packages.ts'

/** Roots with a package in their name: that of a global variable, or of the function of a frame. */
const NAMED = new Set((['global', 'data', 'frame'] as const).map((kind) => ROOT_KINDS.indexOf(kind)))

/**
 * Numbers of packages by node: that of its own package or, where this is 0, of the node above it in the dominator tree. Each node
 * has to be entered after the one above. `numberOf` gives 0 for no package.
 */
export function inheritPackages(
  { graph, objects, roots, types }: AnalysedHeap['heap'],
  numberOf: (path: string | undefined) => number,
): { enter(node: number, idom: number): number; readonly ofNode: Int32Array } {
  const ofType = Int32Array.from(types.rows, (type) => numberOf(packageOfType(type)))
  const ofNode = new Int32Array(graph.objectCount + graph.rootCount)
  const own = (node: number): number => {
    if (node < graph.objectCount) return objects.type[node] === NONE ? 0 : ofType[objects.type[node]]
    const root = node - graph.objectCount
    return NAMED.has(roots.kind[root]) ? numberOf(packageOfSymbol(roots.name[root])) : 0
  }
  return {
    ofNode,
    enter(node, idom) {
      ofNode[node] = own(node) || (idom === NONE ? 0 : ofNode[idom])
      return ofNode[node]
    },
  }
}
