import { GoheapError } from '../../../errors.ts'
import type { Cell, HeapDb } from '../../../index.ts'
import { type Answer, readInteger, type Statement, selectAll } from '../answer.ts'

/** Of one request; a page of rows, and how many of the biggest are looked at to group them. */
const MOST_ROWS = 500
const MOST_GROUPED = 5000
const MOST_GROUPS = 500

/**
 * The nodes that a node immediately dominates, biggest first; of node 0: those that no node alone keeps alive.
 * `by` = type, package or goroutine adds up those that have it in common; `isPart`: not all of them were looked at. With
 * the `kind` and `label` of such a group: its nodes, of those MOST_GROUPED that retain most of all, or of
 * their type.
 */
export const answerDominated: Answer = (db, params) => {
  const id = readInteger(params, 'id', 0)
  const offset = readInteger(params, 'offset', 0, 1_000_000)
  const limit = readInteger(params, 'limit', 100, MOST_ROWS)
  const by = params.get('by')
  if (by === null) return { rows: selectDominated(db, id, 0, limit + 1, offset) }
  const [kind, label] = [params.get('kind'), params.get('label')]
  if (kind === null || label === null) return groupDominated(db, id, by)
  return { rows: selectMembers(db, id, readGrouping(by), { kind, label }, { limit: limit + 1, offset }) }
}

/** What a tree of the nodes below `id` is of: its label and bytes; of 0, all reachable ones. */
export const answerNodeTotal: Answer = (db, params) => {
  const id = readInteger(params, 'id', 0)
  const [row] =
    id === 0
      ? selectAll(
          db,
          "SELECT 'all reachable objects' AS label, SUM(reachable_bytes) AS total FROM type_totals",
        )
      : selectAll(db, 'SELECT label, COALESCE(retained_size, 0) AS total FROM nodes WHERE id = :id', { id })
  if (row === undefined) throw new GoheapError('usage', `there is no node ${id}`)
  return row
}

/** Rows with id, kind, label, size, retained_size, retained_count and dominates (0 or 1), biggest first. */
export function selectDominated(
  db: HeapDb,
  id: number,
  atLeast: number,
  limit: number,
  offset = 0,
): Record<string, Cell>[] {
  const { sql, args } = listDominated(id, { atLeast, limit, offset })
  return selectAll(db, sql, args)
}

/** What selectDominated runs; `limit` -1: all of them. */
export function listDominated(
  id: number,
  { atLeast = 0, limit = -1, offset = 0 }: { atLeast?: number; limit?: number; offset?: number } = {},
): Statement {
  return {
    sql: PAGE + describedAs('ids'),
    args: {
      id: id === 0 ? null : id,
      atLeast,
      limit: limit < 0 ? -1 : limit + offset,
      rows: limit,
      offset,
    },
  }
}

// Each half walks its index from the biggest on, so that a node with millions of children costs no more than its page.
// The last ones first among equals: so an index is read backwards.
const PAGE = `
  WITH ids AS (
    SELECT * FROM (
      SELECT id, retained_size FROM objects
      WHERE idom_id IS :id AND retained_size >= :atLeast ORDER BY retained_size DESC, id DESC LIMIT :limit)
    UNION ALL
    SELECT * FROM (
      SELECT id, retained_size FROM roots
      WHERE parent_id IS :id AND retained_size >= :atLeast ORDER BY retained_size DESC, id DESC LIMIT :limit)
    ORDER BY retained_size DESC, id DESC LIMIT :rows OFFSET :offset
  )`

const BIGGEST = `
  WITH biggest AS (
    SELECT * FROM (
      SELECT id, 'object' AS kind, type_id, size, retained_size, retained_count FROM objects
      WHERE idom_id IS :id AND retained_size IS NOT NULL ORDER BY retained_size DESC LIMIT :most)
    UNION ALL
    SELECT * FROM (
      SELECT id, kind, type_id, 0, retained_size, retained_count FROM roots
      WHERE parent_id IS :id ORDER BY retained_size DESC LIMIT :most)
  )`

/** What a tree shows of the nodes in a table with id and retained_size. */
const describedAs = (table: string) => `
  SELECT b.id, COALESCE(r.kind, 'object') AS kind,
    COALESCE(r.name, CASE WHEN o.length <> 1 THEN '[' || o.length || ']' ELSE '' END || t.name, '(unknown)') AS label,
    COALESCE(o.type_id, r.type_id) AS type_id, o.size AS size, b.retained_size,
    COALESCE(o.retained_count, r.retained_count) AS retained_count,
    EXISTS (SELECT 1 FROM objects c WHERE c.idom_id = b.id)
      OR EXISTS (SELECT 1 FROM roots c WHERE c.parent_id = b.id) AS dominates
  FROM ${table} b
  LEFT JOIN objects o ON o.id = b.id LEFT JOIN types t ON t.id = o.type_id LEFT JOIN roots r ON r.id = b.id
  ORDER BY b.retained_size DESC, b.id DESC`

/** Nodes of one group, as selectDominated gives them. */
function selectMembers(
  db: HeapDb,
  id: number,
  grouping: Grouping,
  group: { kind: string; label: string },
  { limit, offset }: { limit: number; offset: number },
): Record<string, Cell>[] {
  if (grouping.label === GROUPINGS.type.label && group.kind === 'object') {
    return selectOfType(db, id, group.label, { limit, offset })
  }
  const sql = `${BIGGEST}, ids AS (
      SELECT b.id, b.retained_size FROM biggest b LEFT JOIN types t ON t.id = b.type_id
      WHERE b.kind = :kind AND ${grouping.label} = :label ORDER BY b.retained_size DESC, b.id DESC
      LIMIT :limit OFFSET :offset
    ) ${describedAs('ids')}`
  return selectAll(db, sql, { id: id === 0 ? null : id, most: MOST_GROUPED, ...group, limit, offset })
}

/** The biggest of a type, whatever dominates them, and the biggest here, whatever their type: both are easily found. */
function selectOfType(
  db: HeapDb,
  id: number,
  type: string,
  { limit, offset }: { limit: number; offset: number },
): Record<string, Cell>[] {
  const sql = `WITH ids AS (
      SELECT id, retained_size FROM (
        SELECT id, idom_id, retained_size FROM objects
        WHERE type_id IS (SELECT id FROM types WHERE name = :type) AND retained_size IS NOT NULL
        ORDER BY retained_size DESC LIMIT :most)
      WHERE idom_id IS :id
      UNION
      SELECT id, retained_size FROM (
        SELECT id, type_id, retained_size FROM objects
        WHERE idom_id IS :id AND retained_size IS NOT NULL ORDER BY retained_size DESC LIMIT :most)
      WHERE type_id IS (SELECT id FROM types WHERE name = :type)
      ORDER BY retained_size DESC, id DESC LIMIT :limit OFFSET :offset
    ) ${describedAs('ids')}`
  return selectAll(db, sql, { id: id === 0 ? null : id, most: MOST_GROUPED, type, limit, offset })
}

function groupDominated(db: HeapDb, id: number, by: string): unknown {
  const { sql, args } = listGroups(id, by, { looked: MOST_GROUPED, limit: MOST_GROUPS })
  const rows = selectAll(db, sql, args)
  const sum = (name: string) => rows.reduce((total, row) => total + Number(row[name]), 0)
  if (id !== 0) return { rows, isPart: sum('count') >= MOST_GROUPED || rows.length >= MOST_GROUPS }
  const bytes = Number(selectAll(db, 'SELECT SUM(reachable_bytes) AS bytes FROM type_totals')[0]?.bytes ?? 0)
  return { rows, isPart: sum('retained_size') < bytes }
}

/**
 * The nodes that one immediately dominates, in groups. `looked`: how many of the biggest are; of the top always all, millions of
 * objects among them, as dominator_paths has those by type.
 */
export function listGroups(
  id: number,
  by: string,
  { looked = -1, limit = -1 }: { looked?: number; limit?: number } = {},
): Statement {
  const grouping = readGrouping(by)
  const source =
    id === 0
      ? { tables: TOPS, name: 'tops', count: 'SUM(b.nodes)' }
      : { tables: BIGGEST, name: 'biggest', count: 'COUNT(*)' }
  return {
    sql: `${source.tables}
     SELECT b.kind, ${grouping.type} AS type_id, ${grouping.label} AS label, ${source.count} AS count, SUM(b.size) AS size,
       SUM(b.retained_size) AS retained_size, SUM(b.retained_count) AS retained_count
     FROM ${source.name} b LEFT JOIN types t ON t.id = b.type_id
     GROUP BY 1, 2, 3 ORDER BY retained_size DESC, 1, 3, 2 LIMIT :limit`,
    args: id === 0 ? { limit } : { id, most: looked, limit },
  }
}

const TOPS = `
  WITH tops AS (
    SELECT kind, type_id, nodes, size, retained_size, objects AS retained_count, NULL AS id FROM dominator_paths
    WHERE parent_id IS NULL AND kind = 'object'
    UNION ALL
    SELECT kind, type_id, 1, 0, retained_size, retained_count, id FROM roots WHERE parent_id IS NULL
  )`

interface Grouping {
  /** SQL of what nodes have in common: its name, and the type that a group is of. */
  label: string
  type: string
}

const GROUPINGS: Record<string, Grouping> = {
  type: {
    label: `COALESCE(t.name, CASE b.kind WHEN 'object' THEN '(unknown)' ELSE '(' || b.kind || ')' END)`,
    type: 'b.type_id',
  },
  package: {
    label: `COALESCE(t.owner, CASE
      WHEN t.id IS NOT NULL THEN '(none)' WHEN b.kind = 'object' THEN '(unknown)' ELSE '(' || b.kind || ')' END)`,
    type: 'NULL',
  },
  // Where goroutines stand; all else is one group of its kind.
  goroutine: {
    label: `COALESCE(
      (SELECT COALESCE(s.function, '(no stack)') || COALESCE(' [' || s.wait_reason || ']', '')
       FROM goroutine_stack_members m JOIN goroutine_stacks s ON s.id = m.stack_id WHERE m.goroutine_id = b.id),
      CASE b.kind WHEN 'object' THEN '(objects)' ELSE '(' || b.kind || ')' END)`,
    type: 'NULL',
  },
}

function readGrouping(by: string): Grouping {
  if (Object.hasOwn(GROUPINGS, by)) return GROUPINGS[by]
  throw new GoheapError('usage', `by has to be one of ${Object.keys(GROUPINGS).join(', ')}`)
}
