import { GoheapError } from '../../../errors.ts'
import type { Cell, HeapDb } from '../../../index.ts'
import {
  type Answer,
  readInteger,
  type Statement,
  selectAll,
  selectOne,
  type TableAnswer,
} from '../answer.ts'
import { runNamed } from './named.ts'

/** Pointers of each direction that one answer gives; how many there are is counted up to COUNTED. */
const MOST_POINTERS = 300
const COUNTED = 100_000
const MOST_DOMINATORS = 200
/** Calls of a goroutine and their variables. */
const MOST_CALLS = 1000
const MOST_PARTS = 500

/** Everything about one node: an object or a root. */
export const answerNode: Answer = (db, params) => {
  const id = readInteger(params, 'id')
  const object = selectOne(db, OBJECT, { id })
  if (object !== undefined) return describeObject(db, id, object)
  const root = selectOne(db, ROOT, { id })
  if (root === undefined) throw new GoheapError('usage', `there is no node ${id}`)
  return describeRoot(db, id, root)
}

/** Objects of one type, those that retain most first. */
export const answerObjects: Answer = (db, params) => {
  const type = readInteger(params, 'type')
  const offset = readInteger(params, 'offset', 0, 1_000_000)
  const { sql, args } = listObjects(type, { limit: 101, offset })
  const rows = selectAll(db, sql, args)
  const named = selectOne(db, type === 0 ? UNKNOWN_TYPE : TYPE, type === 0 ? {} : { type })
  if (named === undefined) throw new GoheapError('usage', `there is no type ${type}`)
  return { type: named, rows }
}

/** Type 0: those of which no type is known. `limit` -1: all of them. */
export function listObjects(type: number, { limit = -1, offset = 0 } = {}): Statement {
  return {
    sql: `SELECT o.id, printf('0x%x', o.address) AS address, o.length, o.size, o.reachable, o.retained_size, o.retained_count,
        o.distance, o.idom_id, COALESCE(r.kind, CASE WHEN k.id IS NOT NULL THEN 'object' END) AS keeper_kind,
        COALESCE(r.name, CASE WHEN k.length <> 1 THEN '[' || k.length || ']' ELSE '' END || t.name,
          CASE WHEN k.id IS NOT NULL THEN '(unknown)' END) AS keeper
      FROM (
        SELECT * FROM objects WHERE type_id IS :type ORDER BY retained_size DESC, id DESC LIMIT :limit OFFSET :offset
      ) o
      LEFT JOIN objects k ON k.id = o.idom_id LEFT JOIN types t ON t.id = k.type_id LEFT JOIN roots r ON r.id = o.idom_id
      ORDER BY o.retained_size DESC, o.id DESC`,
    args: { type: type === 0 ? null : type, limit, offset },
  }
}

const TYPE = `
  SELECT t.name AS type, COALESCE(s.objects, 0) AS objects, COALESCE(s.reachable_objects, 0) AS reachable_objects
  FROM types t LEFT JOIN type_totals s ON s.type_id = t.id WHERE t.id = :type`

const UNKNOWN_TYPE = `
  SELECT '(unknown)' AS type, COALESCE(SUM(objects), 0) AS objects, COALESCE(SUM(reachable_objects), 0) AS reachable_objects
  FROM type_totals WHERE type_id IS NULL`

const OBJECT = `
  SELECT 'object' AS kind, o.id, printf('0x%x', o.address) AS hex_address, o.size, o.type_id, t.name AS type,
    t.kind AS type_kind, t.size AS type_size, o.length, c.name AS type_source, o.reachable, o.unswept, o.idom_id,
    o.retained_size, o.retained_count, o.distance, o.depth, o.span_id, o.stack_id, s.class_size, s.header_size,
    s.noscan
  FROM objects o JOIN spans s ON s.id = o.span_id
  LEFT JOIN types t ON t.id = o.type_id LEFT JOIN type_sources c ON c.id = o.type_source
  WHERE o.id = :id`

const ROOT = `
  SELECT r.kind, r.id, printf('0x%x', r.address) AS hex_address, r.name, r.size, r.type_id, t.name AS type,
    r.parent_id AS idom_id, r.retained_size, r.retained_count, r.depth
  FROM roots r LEFT JOIN types t ON t.id = r.type_id WHERE r.id = :id`

function describeObject(db: HeapDb, id: number, node: Record<string, Cell>): unknown {
  return {
    node,
    fields: selectFields(db, node.type_id),
    path: runNamed(db, 'path-to-root', { id }),
    dominators: selectDominators(db, id),
    outbound: selectAll(db, outboundOf('pointers', 'source_id'), { id, most: MOST_POINTERS }),
    outboundCount: countRows(db, 'edges WHERE source_id = :id', id),
    inbound: [
      ...selectAll(db, INBOUND_ROOTS, { id, most: MOST_POINTERS }),
      ...selectAll(db, INBOUND, { id, most: MOST_POINTERS }),
    ],
    counted: COUNTED,
    inboundCount:
      countRows(db, 'edges WHERE target_id = :id', id) +
      countRows(db, 'root_edges WHERE target_id = :id', id),
    strings: selectAll(
      db,
      'SELECT "offset", length, value FROM strings WHERE object_id = :id ORDER BY "offset" LIMIT 20',
      { id },
    ),
    stack: selectAll(
      db,
      'SELECT depth, function, file, line FROM stack_frames WHERE stack_id = :stack ORDER BY depth',
      { stack: toArgument(node.stack_id) },
    ),
  }
}

function describeRoot(db: HeapDb, id: number, node: Record<string, Cell>): unknown {
  const goroutine = selectOne(db, 'SELECT * FROM goroutines WHERE id = :id', { id })
  return {
    node,
    fields: selectFields(db, node.type_id),
    dominators: selectDominators(db, id),
    outbound: selectAll(db, outboundOf('root_pointers', 'root_id'), { id, most: MOST_POINTERS }),
    outboundCount: countRows(db, 'root_edges WHERE root_id = :id', id),
    inbound: [],
    inboundCount: 0,
    counted: COUNTED,
    goroutine,
    calls: goroutine === undefined ? undefined : selectCalls(db, Number(goroutine.goid)),
    frame: selectOne(db, 'SELECT * FROM frames WHERE id = :id', { id }),
    parts: selectAll(db, PARTS, { id, most: MOST_PARTS }),
    partsCount: countRows(db, 'roots WHERE parent_id = :id', id),
  }
}

export const PARTS = `
  SELECT r.id, r.kind, r.name, t.name AS type, r.retained_size, r.retained_count, f.file, f.line, f.depth
  FROM roots r LEFT JOIN types t ON t.id = r.type_id LEFT JOIN frames f ON f.id = r.id
  WHERE r.parent_id = :id ORDER BY f.depth, r.retained_size DESC, r.id LIMIT :most`

/** The innermost calls of a goroutine with their variables: endless recursion has millions. */
function selectCalls(db: HeapDb, goid: number): TableAnswer & { isPart: boolean } {
  const { columns, rows } = runNamed(db, 'goroutine-stack', { goid })
  return { columns, rows: rows.slice(0, MOST_CALLS), isPart: rows.length > MOST_CALLS }
}

/** What each pointer of a node points at. */
export function outboundOf(view: 'pointers' | 'root_pointers', key: 'source_id' | 'root_id'): string {
  return `
    SELECT p."offset", p.path, p.target_id, p.target_offset, p.is_bridge, o.size, o.retained_size,
      CASE WHEN o.length <> 1 THEN '[' || o.length || ']' ELSE '' END || COALESCE(p.target_type, '(unknown)') AS label
    FROM ${view} p JOIN objects o ON o.id = p.target_id
    WHERE p.${key} = :id ORDER BY p."offset" LIMIT :most`
}

export const INBOUND = `
  SELECT p.source_id AS id, 'object' AS kind, p.path, p."offset", p.target_offset, p.is_bridge, o.retained_size, o.reachable,
    CASE WHEN o.length <> 1 THEN '[' || o.length || ']' ELSE '' END || COALESCE(p.source_type, '(unknown)') AS label
  FROM pointers p JOIN objects o ON o.id = p.source_id
  WHERE p.target_id = :id LIMIT :most`

export const INBOUND_ROOTS = `
  SELECT p.root_id AS id, r.kind, p.path, p."offset", p.target_offset, p.is_bridge, r.retained_size, 1 AS reachable,
    r.name AS label
  FROM root_pointers p JOIN roots r ON r.id = p.root_id
  WHERE p.target_id = :id LIMIT :most`

function selectFields(db: HeapDb, type: Cell): Record<string, Cell>[] {
  if (type === null) return []
  return selectAll(
    db,
    `SELECT f.position, f.name, f."offset", f.embedded, t.name AS type, t.size, t.kind
     FROM fields f JOIN types t ON t.id = f.field_type_id WHERE f.type_id = :type ORDER BY f.position LIMIT 1000`,
    { type: toArgument(type) },
  )
}

/** The chain of immediate dominators, nearest first. */
export function selectDominators(db: HeapDb, id: number): Record<string, Cell>[] {
  return selectAll(
    db,
    `WITH RECURSIVE chain (id, hops) AS (
       SELECT CAST(:id AS INTEGER), 0
       UNION ALL
       SELECT COALESCE(
           (SELECT idom_id FROM objects WHERE id = chain.id), (SELECT parent_id FROM roots WHERE id = chain.id)
         ), chain.hops + 1
       FROM chain WHERE chain.id IS NOT NULL AND chain.hops < ${MOST_DOMINATORS}
     )
     SELECT chain.id, COALESCE(r.kind, 'object') AS kind,
       COALESCE(r.name, CASE WHEN o.length <> 1 THEN '[' || o.length || ']' ELSE '' END || t.name, '(unknown)') AS label,
       COALESCE(o.retained_size, r.retained_size) AS retained_size
     FROM chain LEFT JOIN objects o ON o.id = chain.id LEFT JOIN types t ON t.id = o.type_id
     LEFT JOIN roots r ON r.id = chain.id
     WHERE chain.hops > 0 AND chain.id IS NOT NULL ORDER BY chain.hops`,
    { id },
  )
}

function countRows(db: HeapDb, from: string, id: number): number {
  const row = selectOne(db, `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${from} LIMIT ${COUNTED})`, { id })
  return Number(row?.n ?? 0)
}

const toArgument = (cell: Cell) => (cell instanceof Uint8Array ? null : cell)
