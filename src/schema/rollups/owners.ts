import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { ROOT_KINDS } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import { ModuleFinder, packageOfSymbol, packageOfType } from './packages.ts'

/** A row of package_owners: each reachable byte belongs to one. */
export interface PackageOwner {
  /** Import path; undefined: only types of the standard library, unnamed and unknown ones on the way to the root. */
  package: string | undefined
  /** Row of its module; undefined when in none. */
  module: number | undefined
  objects: number
  bytes: number
}

/**
 * Puts every reachable object down to a package of the program: that of its own type or, failing that, of the nearest
 * dominator that has one outside the standard library. Bytes of strings and of maps so belong to who keeps them alive.
 * A global variable has the package in its name, a frame that of its function. For walkDominators.
 */
export function ownByPackage({ heap }: AnalysedHeap): DominatorVisitor & { finish(): PackageOwner[] } {
  const { graph, objects, roots } = heap
  const modules = new ModuleFinder(heap.modules)
  const owners: PackageOwner[] = [{ package: undefined, module: undefined, objects: 0, bytes: 0 }]
  const rows = new Map<string, number>()
  const ownerRow = (path: string | undefined): number => {
    if (path === undefined || modules.isStandard(path)) return 0
    const known = rows.get(path)
    if (known !== undefined) return known
    const row = owners.push({ package: path, module: modules.find(path), objects: 0, bytes: 0 }) - 1
    rows.set(path, row)
    return row
  }
  const ofType = Int32Array.from(heap.types.rows, (type) => ownerRow(packageOfType(type)))
  const named = new Set((['global', 'data', 'frame'] as const).map((kind) => ROOT_KINDS.indexOf(kind)))
  const ofNode = new Int32Array(graph.objectCount + graph.rootCount)
  const ownOwner = (node: number): number => {
    if (node < graph.objectCount) return objects.type[node] === NONE ? 0 : ofType[objects.type[node]]
    const root = node - graph.objectCount
    return named.has(roots.kind[root]) ? ownerRow(packageOfSymbol(roots.name[root])) : 0
  }
  return {
    enter(node, idom) {
      const owner = ownOwner(node) || (idom === NONE ? 0 : ofNode[idom])
      ofNode[node] = owner
      if (node >= graph.objectCount) return
      owners[owner].objects++
      owners[owner].bytes += graph.size[node]
    },
    leave() {},
    finish: () => owners.filter((owner) => owner.objects > 0).sort((a, b) => b.bytes - a.bytes),
  }
}
