import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import { type LabelTree, mergeByLabel } from '../../graph/label-tree.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { ROOT_KINDS } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'

/** A row of dominator_paths. */
export interface DominatorPath {
  /** Row above; NONE at the top. */
  parent: number
  kind: string
  name: string
  /** TypeIndex of an object; NONE of a root, or when not known. */
  type: number
  level: number
  nodes: number
  objects: number
  size: number
  retainedSize: number
  /** NodeIndex of the one that retains most. */
  biggest: number
}

export interface DominatorPaths {
  rows: DominatorPath[]
  /** Places of fewer retained bytes were left out; 0: none was. */
  minSize: number
}

/** At most this many rows: larger trees lose their smallest places. */
export const MAX_ROWS = 100_000

/** For walkDominators: the dominator tree with nodes of one name merged. */
export function mergePaths(
  { heap, analysis }: AnalysedHeap,
  maxRows = MAX_ROWS,
): DominatorVisitor & { finish(): DominatorPaths } {
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
  const describe = (label: number) => {
    if (label >= objectLabels) return { ...rootNames[label - objectLabels], type: NONE }
    const type = (label >> 1) - 1
    const name = type === NONE ? '(unknown)' : types.rows[type].name
    return { kind: 'object', name: label % 2 === 1 ? `[…]${name}` : name, type }
  }
  return { ...tree, finish: () => listPlaces(tree.finish(), describe, maxRows) }
}

/** Goroutines that do the same are one place; so are the words of data that have no name but an address. */
function nameRoot(kind: string, name: string): string {
  if (kind === 'goroutine') return name.replace(/^goroutine \d+ /, '')
  return name.replace(/\b0x[0-9a-f]+\b/g, '0x…')
}

function listPlaces(
  tree: LabelTree,
  describe: (label: number) => Pick<DominatorPath, 'kind' | 'name' | 'type'>,
  maxRows: number,
): DominatorPaths {
  const minSize = findMinSize(tree, maxRows)
  const rowOf = new Int32Array(tree.count).fill(NONE)
  const rows: DominatorPath[] = []
  for (let place = 0; place < tree.count; place++) {
    if (tree.retainedSize[place] < minSize) continue
    const above = tree.parent[place]
    rowOf[place] = rows.length
    rows.push({
      ...describe(tree.label[place]),
      parent: above === NONE ? NONE : rowOf[above],
      level: tree.level[place],
      nodes: tree.nodes[place],
      objects: tree.objects[place],
      size: tree.size[place],
      retainedSize: tree.retainedSize[place],
      biggest: tree.biggest[place],
    })
  }
  return { rows, minSize }
}

/** A place retains no less than the places below it, so that a bound on it never cuts a path in the middle. */
export function findMinSize({ retainedSize, count }: LabelTree, maxRows: number): number {
  if (count <= maxRows) return 0
  return retainedSize.toSorted()[count - maxRows] + 1
}
