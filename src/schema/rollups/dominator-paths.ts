import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import { mergeByLabel } from '../../graph/label-tree.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { labelRoot, mergeRootName } from '../../model/root-names.ts'
import { ROOT_KINDS } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import { listPlaces, type Places } from './places.ts'

/** What a row of dominator_paths is of. */
export interface DominatorPath {
  kind: string
  name: string
  /** The name, with the kind before that of a root. */
  label: string
  /** TypeIndex of an object; NONE of a root, or when not known. */
  type: number
}

/** For walkDominators: the dominator tree with nodes of one name merged. */
export function mergePaths({
  heap,
  analysis,
}: AnalysedHeap): DominatorVisitor & { finish(): Places<DominatorPath> } {
  const { graph, objects, roots, types } = heap
  const { objectCount } = graph
  const rootLabels = new Map<string, number>()
  const rootNames: { kind: string; name: string; label: string }[] = []
  const labelOfRoot = Int32Array.from({ length: roots.count }, (_, root) => {
    const kind = ROOT_KINDS[roots.kind[root]]
    const name = mergeRootName(kind, roots.name[root])
    const key = `${kind}\n${name}`
    const label = rootLabels.get(key) ?? rootNames.push({ kind, name, label: labelRoot(kind, name) }) - 1
    rootLabels.set(key, label)
    return label
  })
  // Labels of objects: two for each type and two for none, one value and several; those of roots follow.
  const objectLabels = 2 * (types.rows.length + 1)
  const tree = mergeByLabel(graph, analysis, (node) =>
    node < objectCount
      ? 2 * (objects.type[node] + 1) + (objects.length[node] > 1 ? 1 : 0)
      : objectLabels + labelOfRoot[node - objectCount],
  )
  const describe = (label: number): DominatorPath => {
    if (label >= objectLabels) return { ...rootNames[label - objectLabels], type: NONE }
    const type = (label >> 1) - 1
    const single = type === NONE ? '(unknown)' : types.rows[type].name
    const name = label % 2 === 1 ? `[…]${single}` : single
    return { kind: 'object', name, label: name, type }
  }
  return { ...tree, finish: () => listPlaces(tree.finish(), describe) }
}
