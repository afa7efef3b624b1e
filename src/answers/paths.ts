import { GoheapError } from '../errors.ts'
import { findRootPaths, listInbound } from '../graph/root-paths.ts'
import type { RootGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex } from '../model/types.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { readQuery } from '../schema/query-file.ts'
import { StoredGraph } from '../schema/stored-graph.ts'
import { type Excluded, exclude } from './exclude.ts'

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
  if (db.lookUp('SELECT id FROM objects WHERE id = ?')(id) === undefined)
    throw new GoheapError('usage', `${id} is no object: nothing has to hold it`)
  if (limit === 1 && excluded.length === 0) return readPath(db, id)
  const graph = new StoredGraph(db)
  const { objectCount } = graph
  const { cut, pointers, isExcluded } = exclude(db, graph, excluded)
  const object = graph.nodeOf(id)
  // The object that is asked about may be of an excluded type: only what holds it is gone around.
  cut.nodes.delete(object)
  const inbound = {
    objectCount,
    inbound: graph.readInbound(pointers),
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

/** The one that is in the database, as each object has a parent. */
function readPath(db: HeapDb, id: number): PathStep[] {
  const steps = Array.from(
    db.runQuery(readQuery('path-to-root'), { id }).rows,
    ([step, node, kind, label, field, size, retained]) => ({
      path: 1,
      step: Number(step),
      id: Number(node),
      kind: String(kind),
      label: String(label),
      field: field === null ? null : String(field),
      size: toNumber(size),
      retained_size: toNumber(retained),
    }),
  )
  // Of garbage there is the object alone.
  return steps[0]?.kind === 'object' ? [] : steps
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
