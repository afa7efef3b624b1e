import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import { mergeByLabel } from '../../graph/label-tree.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { ROOT_KINDS } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import { listPlaces, type Places } from './places.ts'

/** What a row of dominator_paths is of. */
export interface DominatorPath {
  kind: string
  name: string
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
  const rootNames: { kind: string; name: string }[] = []
  const labelOfRoot = Int32Array.from({ length: roots.count }, (_, root) => {
    const kind = ROOT_KINDS[roots.kind[root]]
    const name = nameRoot(kind, roots.name[root])
    const key = `${kind}\n${name}`
    const label = rootLabels.get(key) ?? rootNames.push({ kind, name }) - 1
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
    const name = type === NONE ? '(unknown)' : types.rows[type].name
    return { kind: 'object', name: label % 2 === 1 ? `[…]${name}` : name, type }
  }
  return { ...tree, finish: () => listPlaces(tree.finish(), describe) }
}

/** Goroutines that do the same are one place; so are the words of data that have no name but an address. */
function nameRoot(kind: string, name: string): string {
  if (kind === 'goroutine') return name.replace(/^goroutine \d+ /, '')
  return name.replace(/\b0x[0-9a-f]+\b/g, '0x…')
}
