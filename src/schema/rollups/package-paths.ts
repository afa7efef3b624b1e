import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import { mergeByLabel } from '../../graph/label-tree.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { ROOT_KINDS } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import { packageOfSymbol, packageOfType } from './packages.ts'
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
  const { graph, objects, roots, types } = heap
  const names: (string | undefined)[] = [undefined]
  const labels = new Map<string, number>()
  const labelOf = (name: string | undefined) => {
    if (name === undefined) return NO_PACKAGE
    const label = labels.get(name) ?? names.push(name) - 1
    labels.set(name, label)
    return label
  }
  const ofType = Int32Array.from(types.rows, (type) => labelOf(packageOfType(type)))
  const named = new Set((['global', 'data', 'frame'] as const).map((kind) => ROOT_KINDS.indexOf(kind)))
  const ofNode = new Int32Array(graph.objectCount + graph.rootCount)
  const ownLabel = (node: number) => {
    if (node < graph.objectCount) return objects.type[node] === NONE ? NO_PACKAGE : ofType[objects.type[node]]
    const root = node - graph.objectCount
    return named.has(roots.kind[root]) ? labelOf(packageOfSymbol(roots.name[root])) : NO_PACKAGE
  }
  const merged = mergeByLabel(graph, analysis, (node) => ofNode[node])
  return {
    enter(node, idom) {
      ofNode[node] = ownLabel(node) || (idom === NONE ? NO_PACKAGE : ofNode[idom])
      merged.enter(node, idom)
    },
    leave() {},
    finish: () => listPlaces(merged.finish(), (label) => ({ package: names[label] })),
  }
}
