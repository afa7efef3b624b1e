import type { LabelTree } from '../../graph/label-tree.ts'
import { NONE } from '../../model/types.ts'

/** Nodes of one label below the same place of the dominator tree, merged. */
export interface Place {
  /** Row above; NONE at the top. */
  parent: number
  level: number
  nodes: number
  objects: number
  size: number
  retainedSize: number
  /** NodeIndex of the one that retains most. */
  biggest: number
}

export interface Places<Described> {
  rows: (Place & Described)[]
  /** Places of fewer retained bytes were left out; 0: none was. */
  minSize: number
}

/** At most this many rows: larger trees lose their smallest places. */
const MAX_ROWS = 100_000

/** Parents first. */
export function listPlaces<Described>(
  tree: LabelTree,
  describe: (label: number) => Described,
): Places<Described> {
  const minSize = findMinSize(tree, MAX_ROWS)
  const rowOf = new Int32Array(tree.count).fill(NONE)
  const rows: (Place & Described)[] = []
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
function findMinSize({ retainedSize, count }: LabelTree, maxRows: number): number {
  if (count <= maxRows) return 0
  return retainedSize.toSorted()[count - maxRows] + 1
}
