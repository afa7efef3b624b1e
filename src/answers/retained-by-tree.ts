import type { HeapDb } from '../schema/heap-db.ts'
import type { NodeSet } from './node-set.ts'
import type { PointerChoice } from './pointer-choice.ts'
import type { RetainedSums } from './retained.ts'

/** What dominates more objects is not walked: a search of the whole graph is as fast. */
const MOST_OBJECTS = 50_000

/**
 * Of one node: what it dominates. Of one pointer: what its target dominates when the pointer is a bridge, else nothing.
 * undefined when more is asked for, or it dominates too much.
 */
export function readRetained(
  db: HeapDb,
  sets: readonly NodeSet[],
  pointers: readonly PointerChoice[],
): RetainedSums | undefined {
  const nodes = sets.flatMap((set) => ('ids' in set ? set.ids : twoOfType(db, set.typeId)))
  if (nodes.length + pointers.length !== 1) return undefined
  if (nodes.length === 0) {
    const types = sumBelow(db, targetsOf(db, pointers[0]))
    return types && { selected: 0, selectedSize: 0, types }
  }
  const [node] = nodes
  const types = sumBelow(db, [node])
  return types && { selected: 1, selectedSize: ownSize(db, node), types }
}

/** Enough to tell whether there is only one. */
function twoOfType(db: HeapDb, type: number): number[] {
  const { rows } = db.query('SELECT id FROM objects WHERE type_id = ? LIMIT 2', [type])
  return Array.from(rows, ([id]) => Number(id))
}

/** What becomes garbage without the pointer, and all it dominates with it. */
function targetsOf(db: HeapDb, { sourceId, offset }: PointerChoice): number[] {
  const sql = `SELECT target_id FROM edges WHERE source_id = :source AND "offset" = :offset AND is_bridge = 1
    UNION ALL SELECT target_id FROM root_edges WHERE root_id = :source AND "offset" = :offset AND is_bridge = 1`
  return Array.from(db.query(sql, { source: sourceId, offset }).rows, ([target]) => Number(target))
}

/** 0 of a root, and of what is not reachable. */
function ownSize(db: HeapDb, node: number): number {
  for (const [size] of db.query('SELECT size FROM objects WHERE id = ? AND reachable = 1', [node]).rows)
    return Number(size)
  return 0
}

/** Reachable objects by type, of these nodes and all that they dominate. */
function sumBelow(db: HeapDb, nodes: readonly number[]): RetainedSums['types'] | undefined {
  const countOf = db.lookUp('SELECT COALESCE(retained_count, 0) FROM nodes WHERE id = ?')
  if (nodes.some((node) => (countOf(node)?.[0] ?? 0) > MOST_OBJECTS)) return undefined
  const types = new Map<number, { objects: number; bytes: number }>()
  for (const node of nodes) {
    for (const [type, objects, bytes] of db.query(BELOW, [node]).rows) {
      const sum = types.get(Number(type)) ?? { objects: 0, bytes: 0 }
      types.set(Number(type), {
        objects: sum.objects + Number(objects),
        bytes: sum.bytes + Number(bytes),
      })
    }
  }
  return types
}

const BELOW = `WITH RECURSIVE below (id) AS (
    SELECT ?
    UNION ALL SELECT o.id FROM below b JOIN objects o ON o.idom_id = b.id
    UNION ALL SELECT r.id FROM below b JOIN roots r ON r.parent_id = b.id
  )
  SELECT COALESCE(o.type_id, 0), COUNT(*), SUM(o.size) FROM below b JOIN objects o ON o.id = b.id
  WHERE o.reachable = 1 GROUP BY 1`
