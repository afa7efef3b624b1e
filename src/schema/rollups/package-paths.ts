import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import { mergeByLabel } from '../../graph/label-tree.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { inheritPackages } from './inherit-packages.ts'
import { listPlaces, type Places } from './places.ts'

/** What a row of package_paths is of. */
export interface PackagePath {
  package: string | undefined
}

/** Place in the list of names of what has no package. */
const NO_PACKAGE = 0

/**
 * For walkDominators: the dominator tree by package, where nodes of one package that keep each other alive are one place. A
 * node without a package (a string, a []byte) belongs to the place above it; a global variable has the package in its
 * name, a frame that of its function.
 */
export function mergePackages({
  heap,
  analysis,
}: AnalysedHeap): DominatorVisitor & { finish(): Places<PackagePath> } {
  const names: (string | undefined)[] = [undefined]
  const labels = new Map<string, number>()
  const labelOf = (name: string | undefined) => {
    if (name === undefined) return NO_PACKAGE
    const label = labels.get(name) ?? names.push(name) - 1
    labels.set(name, label)
    return label
  }
  const inherited = inheritPackages(heap, labelOf)
  const merged = mergeByLabel(heap.graph, analysis, (node) => inherited.ofNode[node])
  return {
    enter(node, idom) {
      inherited.enter(node, idom)
      merged.enter(node, idom)
    },
    leave() {},
    finish: () => listPlaces(merged.finish(), (label) => ({ package: names[label] })),
  }
}
