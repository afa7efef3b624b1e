import { BitSet } from '../base/bitset.ts'
import { GoheapError } from '../errors.ts'
import { BreadthFirstSearch } from '../graph/breadth-first.ts'
import type { MarkedCut } from '../graph/cut.ts'
import { mergeRootPaths, type PathTree } from '../graph/merged-paths.ts'
import { findRootPaths, listInbound } from '../graph/root-paths.ts'
import type { RootGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex } from '../model/types.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { StoredGraph } from '../schema/stored-graph.ts'
import { type Excluded, exclude } from './exclude.ts'
import { findType } from './named-types.ts'

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
  const graph = new StoredGraph(db)
  const { objectCount } = graph
  if (id > objectCount) throw new GoheapError('usage', `${id} is a root: nothing has to hold it`)
  const { cut, isExcluded } = exclude(db, graph, excluded)
  const object = graph.nodeOf(id)
  // The object that is asked about may be of an excluded type: only what holds it is gone around.
  cut.nodes.delete(object)
  const inbound = {
    objectCount,
    inbound: graph.readInbound(cut.edges),
    rootInbound: listInbound(graph.rootEdges, graph.rootedCount, cut.rootEdges),
  }
  const paths = findRootPaths(inbound, object, { cut: cut.nodes, limit })
  const ids = graph.idsOf(paths.flat())
  return paths.flatMap((pointers, path) => {
    const above = rootsAbove(graph, pointers[0])
    // Ids of roots are their nodes' numbers and one, too.
    const steps = [...above.map((root) => root + 1), ...pointers.map((node) => ids.get(node) ?? 0)]
    return steps.map((node, step) => ({
      path: path + 1,
      step,
      ...describeNode(db, node),
      field:
        step < above.length
          ? ''
          : step + 1 < steps.length
            ? findField(db, node, steps[step + 1], isExcluded)
            : null,
    }))
  })
}

/** Of a variable of a function the goroutine and the frame, in this order; of other roots none. */
function rootsAbove(graph: RootGraph, root: NodeIndex): NodeIndex[] {
  const above: NodeIndex[] = []
  const parentOf = (node: NodeIndex) => graph.rootParent[node - graph.objectCount]
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
function findField(
  db: HeapDb,
  source: number,
  target: number,
  isExcluded: Excluded['isExcluded'],
): string | null {
  const sql = `SELECT offset, path FROM pointers WHERE source_id = :source AND target_id = :target
    UNION ALL SELECT offset, path FROM root_pointers WHERE root_id = :source AND target_id = :target ORDER BY offset`
  for (const [offset, path] of db.query(sql, { source, target }).rows) {
    if (!isExcluded(source, Number(offset))) return path === null ? null : String(path)
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
  const graph = new StoredGraph(db)
  const { cut } = exclude(db, graph, excluded)
  const targets = new BitSet(graph.objectCount)
  graph.addObjectsOfType(findType(db, type).id, targets)
  // Objects of the set stay: a list of them is held by its first.
  cut.nodes.deleteAll(targets)
  const { labelOf, nameOf } = labelNodes(db, graph)
  const tree = excluded.length === 0 ? graph.readTree() : searchTree(graph, cut)
  const merged = mergeRootPaths(graph, tree, targets, {
    labelOf,
    sizeOf: (object) => graph.sizeOf(object),
  })
  const count = targets.count()
  const children = Map.groupBy(merged.parent.keys(), (place) => merged.parent[place])
  const steps: MergedStep[] = []
  const visit = (above: number) => {
    const places = (children.get(above) ?? []).toSorted(
      (a, b) => merged.objects[b] - merged.objects[a] || a - b,
    )
    for (const place of places) {
      const share = (100 * merged.objects[place]) / count
      if (share < minShare) continue
      steps.push({
        level: merged.level[place] - 1,
        name: nameOf(merged.label[place]),
        objects: merged.objects[place],
        bytes: merged.size[place],
        share,
        example_id: merged.example[place],
      })
      visit(place)
    }
  }
  visit(NONE)
  const ids = graph.idsOf(steps.map((step) => step.example_id))
  for (const step of steps) step.example_id = ids.get(step.example_id) ?? 0
  return { steps, lost: merged.lost }
}

function searchTree(graph: StoredGraph, cut: MarkedCut): PathTree {
  const parent = new Int32Array(graph.objectCount)
  const { count, order } = new BreadthFirstSearch(graph, cut, parent)
  return { count, order, parent }
}

/** Labels as in dominator_paths: types of objects, one value and several apart; kinds and names of roots. */
function labelNodes(db: HeapDb, graph: StoredGraph) {
  const { objectCount, shapes, shapeOf } = graph
  // Twice the id of the type, 0 when it is not known; and 1 for several values.
  const labelOfShape = shapes.typeId.map((type, shape) => 2 * type + shapes.isSeveral[shape])
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
    labelOf: (node: NodeIndex) =>
      node < objectCount ? labelOfShape[shapeOf[node]] : labelOfRoot[node - objectCount],
    nameOf: (label: number) => names[label],
  }
}
