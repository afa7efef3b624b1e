import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { inheritPackages } from './inherit-packages.ts'
import { ModuleFinder } from './packages.ts'

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
  const { graph } = heap
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
  const inherited = inheritPackages(heap, ownerRow)
  return {
    enter(node, idom) {
      const owner = inherited.enter(node, idom)
      if (node >= graph.objectCount) return
      owners[owner].objects++
      owners[owner].bytes += graph.size[node]
    },
    leave() {},
    finish: () => owners.filter((owner) => owner.objects > 0).sort((a, b) => b.bytes - a.bytes),
  }
}
