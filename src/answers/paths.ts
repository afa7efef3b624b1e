import { GoheapError } from '../errors.ts'
import { markCut } from '../graph/cut.ts'
import { mergeRootPaths } from '../graph/merged-paths.ts'
import { findRootPaths, listInbound } from '../graph/root-paths.ts'
import type { RootGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import {
  loadInbound,
  loadObjects,
  loadPointers,
  loadRoots,
  type PointerTest,
} from '../schema/stored-graph.ts'
import { exclude } from './exclude.ts'
import { chooseNodes } from './node-set.ts'

/** A node on a path. */
export interface PathStep {
  /** 1 for the nearest root's path. */
  path: number
  /** 0 for the root: of a variable of a function that is the goroutine. */
  step: number
  id: number
  /** object, or the kind of root. */
  kind: string
  label: string
  /** Field of this node that points at the next one; '' for goroutines and frames; null for the last one, and when not known. */
  field: string | null
  size: number | null
  retained_size: number | null
}

/**
 * Shortest paths to an object, one from each of the `limit` nearest roots, around what is excluded. Empty: it is garbage,
 * or held only by what is excluded.
 */
export function answerPaths(
  db: HeapDb,
  id: number,
  { limit, excluded }: { limit: number; excluded: readonly string[] },
): PathStep[] {
  const roots = loadRoots(db)
  const { objectCount } = roots
  if (id > objectCount) throw new GoheapError('usage', `${id} is a root: nothing has to hold it`)
  const { nodes, rootEdges, isLeftOut } = exclude(db, roots, excluded)
  const cut = markCut(roots, { nodes, rootEdges })
  // The object that is asked about may be of an excluded type: only what holds it is gone around.
  cut.nodes.delete(id - 1)
  const graph = {
    objectCount,
    inbound: loadInbound(db, objectCount, isLeftOut),
    rootInbound: listInbound(roots.rootEdges, objectCount, cut.rootEdges),
  }
  const paths = findRootPaths(graph, id - 1, { cut: cut.nodes, limit })
  const { first, offset } = roots.rootEdges
  /** Is this pointer of a node one that the paths go around? */
  const isExcluded: PointerTest = (node, at) => {
    const root = node - objectCount
    if (root < 0) return isLeftOut?.(node, at) ?? false
    for (let row = first[root]; row < first[root + 1]; row++)
      if (offset[row] === at && cut.rootEdges?.has(row)) return true
    return false
  }
  return paths.flatMap((pointers, path) => {
    const above = rootsAbove(roots, pointers[0])
    const nodes = [...above, ...pointers]
    return nodes.map((node, step) => ({
      path: path + 1,
      step,
      ...describeNode(db, node + 1),
      field:
        step < above.length
          ? ''
          : step + 1 < nodes.length
            ? findField(db, node + 1, nodes[step + 1] + 1, isExcluded)
            : null,
    }))
  })
}

/** Of a variable of a function the goroutine and the frame, in this order; of other roots none. */
function rootsAbove(graph: RootGraph, root: number): number[] {
  const above: number[] = []
  const parentOf = (node: number) => graph.rootParent[node - graph.objectCount]
  for (let parent = parentOf(root); parent !== NONE; parent = parentOf(above[0])) {
    above.unshift(parent + graph.objectCount)
  }
  return above
}

function describeNode(db: HeapDb, id: number): Omit<PathStep, 'path' | 'step' | 'field'> {
  const sql = 'SELECT kind, label, size, retained_size FROM nodes WHERE id = ?'
  for (const [kind, label, size, retained] of db.query(sql, [id]).rows) {
    return {
      id,
      kind: String(kind),
      label: String(label),
      size: toNumber(size),
      retained_size: toNumber(retained),
    }
  }
  throw new GoheapError('corrupt', `${db.path}: a pointer is of ${id}, which is no node`)
}

function toNumber(cell: unknown): number | null {
  return cell === null ? null : Number(cell)
}

/** Of several fields that point there the first that is not gone around. */
function findField(db: HeapDb, source: number, target: number, isExcluded: PointerTest): string | null {
  const sql = `SELECT offset, path FROM pointers WHERE source_id = :source AND target_id = :target
    UNION ALL SELECT offset, path FROM root_pointers WHERE root_id = :source AND target_id = :target ORDER BY offset`
  for (const [offset, path] of db.query(sql, { source, target }).rows) {
    if (!isExcluded(source - 1, Number(offset))) return path === null ? null : String(path)
  }
  return null
}

/** A place of merged paths. */
export interface MergedStep {
  /** 0 for roots. */
  level: number
  /** Type of the objects, […] before it for several values in one; kind and name of roots. */
  name: string
  /** Objects of the set at this place and below. */
  objects: number
  /** Their slot bytes. */
  bytes: number
  /** Percent of the set's objects. */
  share: number
  /** One of these objects. */
  example_id: number
}

export interface MergedAnswer {
  steps: MergedStep[]
  /** Objects of the set that no path reaches: garbage, or held only by what is excluded. */
  lost: number
}

/**
 * Shortest paths to all objects of a type, merged by the types along them; places that hold less than `minShare` percent
 * of the objects are left out. Parents first, the largest child first.
 */
export function answerMergedPaths(
  db: HeapDb,
  type: string,
  { minShare, excluded }: { minShare: number; excluded: readonly string[] },
): MergedAnswer {
  const [{ ids }] = chooseNodes(db, { types: [type] })
  const roots = loadRoots(db)
  const { nodes, rootEdges, isLeftOut } = exclude(db, roots, excluded)
  const cut = markCut(roots, { nodes, rootEdges })
  const graph = { ...roots, ...loadPointers(db, roots, isLeftOut) }
  const targets = new Int32Array(ids.length)
  for (let i = 0; i < ids.length; i++) {
    targets[i] = ids[i] - 1
    // Objects of the set stay: a list of them is held by its first.
    cut.nodes.delete(targets[i])
  }
  const { labelOf, nameOf } = labelNodes(db, graph, targets.length)
  const merged = mergeRootPaths(graph, targets, { cut, labelOf })
  const children = Map.groupBy(merged.parent.keys(), (place) => merged.parent[place])
  const steps: MergedStep[] = []
  const visit = (above: number) => {
    const places = (children.get(above) ?? []).toSorted(
      (a, b) => merged.objects[b] - merged.objects[a] || a - b,
    )
    for (const place of places) {
      const share = (100 * merged.objects[place]) / targets.length
      if (share < minShare) continue
      steps.push({
        level: merged.level[place] - 1,
        name: nameOf(merged.label[place]),
        objects: merged.objects[place],
        bytes: merged.size[place],
        share,
        example_id: merged.example[place] + 1,
      })
      visit(place)
    }
  }
  visit(NONE)
  return { steps, lost: merged.lost }
}

/** So many objects, and what is on their paths, are looked up each; for more, all objects are read at once. */
const FEW_OBJECTS = 20_000

/** Labels as in dominator_paths: types of objects, one value and several apart; kinds and names of roots. */
function labelNodes(db: HeapDb, { objectCount }: RootGraph, targets: number) {
  const labelOfObject = targets < FEW_OBJECTS ? lookUpLabels(db) : readLabels(db)
  const names: string[] = ['(unknown)', '(unknown)']
  for (const [id, name] of db.query('SELECT id, name FROM types').rows) {
    names[2 * Number(id)] = String(name)
    names[2 * Number(id) + 1] = `[…]${name}`
  }
  const rootLabels = new Map<string, number>()
  const labelOfRoot = Array.from(
    db.query(
      `SELECT CASE WHEN name LIKE kind || ' %' THEN name ELSE kind || ' ' || name END FROM roots ORDER BY id`,
    ).rows,
    ([name]) => {
      const text = String(name)
        .replace(/^goroutine \d+ /, 'goroutine ')
        .replace(/\b0x[0-9a-f]+\b/g, '0x…')
      const label = rootLabels.get(text) ?? names.push(text) - 1
      rootLabels.set(text, label)
      return label
    },
  )
  return {
    labelOf: (node: number) => (node < objectCount ? labelOfObject(node) : labelOfRoot[node - objectCount]),
    nameOf: (label: number) => names[label],
  }
}

/** Twice the id of the type, 0 when it is not known; and 1 for several values. */
const label = (type: number, length: number) => 2 * (type + 1) + (length > 1 ? 1 : 0)

function lookUpLabels(db: HeapDb): (object: number) => number {
  const look = db.lookUp(
    `SELECT COALESCE(type_id - 1, ${NONE}), COALESCE(length, 0) FROM objects WHERE id = ?`,
  )
  return (object) => {
    const [type, length] = look(object + 1) ?? [NONE, 0]
    return label(type, length)
  }
}

function readLabels(db: HeapDb): (object: number) => number {
  const { type, length } = loadObjects(db)
  return (object) => label(type[object], length[object])
}
