import { GoheapError } from '../../../errors.ts'
import type { Cell, HeapDb } from '../../../index.ts'
import { type Answer, readInteger, selectAll } from '../answer.ts'

/** Of one request; a page of rows, and how many of the biggest are looked at to group them. */
const MOST_ROWS = 500
const MOST_GROUPED = 20_000

/**
 * The nodes that a node immediately dominates, biggest first; of node 0: those that no node alone keeps alive.
 * `by` = type, package or goroutine adds up those that have it in common; `isPart`: not all of them were looked at.
 */
export const answerDominated: Answer = (db, params) => {
  const id = readInteger(params, 'id', 0)
  const offset = readInteger(params, 'offset', 0, 1_000_000)
  const limit = readInteger(params, 'limit', 100, MOST_ROWS)
  const by = params.get('by')
  if (by !== null) return groupDominated(db, id, by)
  return { rows: selectDominated(db, id, 0, limit + 1, offset) }
}

/** Rows with id, kind, label, size, retained_size, retained_count and dominates (0 or 1), biggest first. */
export function selectDominated(
  db: HeapDb,
  id: number,
  atLeast: number,
  limit: number,
  offset = 0,
): Record<string, Cell>[] {
  return selectAll(db, DOMINATED, {
    id: id === 0 ? null : id,
    atLeast,
    limit: limit + offset,
    rows: limit,
    offset,
  })
}

// Each half walks its index from the biggest on, so that a node with millions of children costs no more than its page.
// The last ones first among equals: so an index is read backwards.
const DOMINATED = `
  WITH biggest AS (
    SELECT * FROM (
      SELECT id, retained_size FROM objects
      WHERE idom_id IS :id AND retained_size >= :atLeast ORDER BY retained_size DESC, id DESC LIMIT :limit)
    UNION ALL
    SELECT * FROM (
      SELECT id, retained_size FROM roots
      WHERE parent_id IS :id AND retained_size >= :atLeast ORDER BY retained_size DESC, id DESC LIMIT :limit)
    ORDER BY retained_size DESC, id DESC LIMIT :rows OFFSET :offset
  )
  SELECT b.id, COALESCE(r.kind, 'object') AS kind,
    COALESCE(r.name, CASE WHEN o.length <> 1 THEN '[' || o.length || ']' ELSE '' END || t.name, '(unknown)') AS label,
    COALESCE(o.type_id, r.type_id) AS type_id, COALESCE(o.size, r.size) AS size, b.retained_size,
    COALESCE(o.retained_count, r.retained_count) AS retained_count,
    EXISTS (SELECT 1 FROM objects c WHERE c.idom_id = b.id)
      OR EXISTS (SELECT 1 FROM roots c WHERE c.parent_id = b.id) AS dominates
  FROM biggest b
  LEFT JOIN objects o ON o.id = b.id LEFT JOIN types t ON t.id = o.type_id LEFT JOIN roots r ON r.id = b.id
  ORDER BY b.retained_size DESC, b.id DESC`

function groupDominated(db: HeapDb, id: number, by: string): unknown {
  const grouping = Object.hasOwn(GROUPINGS, by) ? GROUPINGS[by] : undefined
  if (grouping === undefined) {
    throw new GoheapError('usage', `by has to be one of ${Object.keys(GROUPINGS).join(', ')}`)
  }
  const rows = selectAll(db, groupedBy(grouping), { id: id === 0 ? null : id, most: MOST_GROUPED })
  const looked = rows.reduce((sum, row) => sum + Number(row.count), 0)
  return { rows, isPart: looked >= MOST_GROUPED }
}

/** SQL of what nodes have in common: its name, and the type that a group is of. */
const GROUPINGS: Record<string, { label: string; type: string }> = {
  type: { label: "COALESCE(t.name, '(unknown)')", type: 'b.type_id' },
  package: {
    label: "COALESCE(t.package, CASE WHEN t.id IS NULL THEN '(unknown)' ELSE '(unnamed types)' END)",
    type: 'NULL',
  },
  // Where goroutines stand; all else is one group of its kind.
  goroutine: {
    label: `COALESCE(
      (SELECT COALESCE(s.function, '(no stack)') FROM goroutine_stack_members m
       JOIN goroutine_stacks s ON s.id = m.stack_id WHERE m.goroutine_id = b.id),
      CASE b.kind WHEN 'object' THEN '(objects)' ELSE '(' || b.kind || ')' END)`,
    type: 'NULL',
  },
}

const groupedBy = ({ label, type }: { label: string; type: string }) => `
  WITH biggest AS (
    SELECT * FROM (
      SELECT id, 'object' AS kind, type_id, size, retained_size, retained_count FROM objects
      WHERE idom_id IS :id AND retained_size IS NOT NULL ORDER BY retained_size DESC LIMIT :most)
    UNION ALL
    SELECT * FROM (
      SELECT id, kind, type_id, 0, retained_size, retained_count FROM roots
      WHERE parent_id IS :id ORDER BY retained_size DESC LIMIT :most)
  )
  SELECT b.kind, ${type} AS type_id, ${label} AS label, COUNT(*) AS count, SUM(b.size) AS size,
    SUM(b.retained_size) AS retained_size, SUM(b.retained_count) AS retained_count, MIN(b.id) AS first_id
  FROM biggest b LEFT JOIN types t ON t.id = b.type_id
  GROUP BY 1, 2, 3 ORDER BY retained_size DESC LIMIT 500`
