import { walkDominators } from '../../graph/dominator-walk.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { type DominatedType, sumChildren } from './children.ts'
import { type DominatorPath, mergePaths } from './dominator-paths.ts'
import { type GoroutineStack, groupGoroutines } from './goroutine-stacks.ts'
import { type GroupTotal, groupObjects } from './groups.ts'
import { ownByPackage, type PackageOwner } from './owners.ts'
import { mergePackages, type PackagePath } from './package-paths.ts'
import type { Places } from './places.ts'

/** Sums that would take seconds to ask for in a heap of ten million objects: worked out once, when it is written. */
export interface Rollups {
  groups: GroupTotal[]
  owners: PackageOwner[]
  paths: Places<DominatorPath>
  packages: Places<PackagePath>
  children: DominatedType[]
  goroutines: GoroutineStack[]
}

/** All of them in one walk over the dominator tree. */
export function rollUp(analysed: AnalysedHeap): Rollups {
  const groups = groupObjects(analysed)
  const owners = ownByPackage(analysed)
  const paths = mergePaths(analysed)
  const packages = mergePackages(analysed)
  const visitors = [...groups.visitors, owners, paths, packages]
  walkDominators(analysed.heap.graph, analysed.analysis, {
    enter(node, idom) {
      for (const visitor of visitors) visitor.enter(node, idom)
    },
    leave(node) {
      for (const visitor of visitors) visitor.leave(node)
    },
  })
  return {
    groups: groups.finish(),
    owners: owners.finish(),
    paths: paths.finish(),
    packages: packages.finish(),
    children: sumChildren(analysed),
    goroutines: groupGoroutines(analysed),
  }
}
