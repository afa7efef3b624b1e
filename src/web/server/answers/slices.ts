import { GoheapError } from '../../../errors.ts'
import type { Cell, HeapDb } from '../../../index.ts'
import { type Answer, readInteger, selectAll, selectOne } from '../answer.ts'
import { selectDominated } from './dominated.ts'
import { selectDominators } from './node.ts'

/** Nodes of one picture: more cannot be told apart on a screen, and each costs an element. */
const BUDGET = 1500
/** Children of one node, the rest is drawn as one. */
const MOST_CHILDREN = 300
/** Share of the picture below which a node is left to the rest of its parent. */
const LEAST_SHARE = 0.0008

/** Part of a picture of the dominator tree. Bytes. */
export interface Slice {
  id: number
  kind: string
  label: string
  /** retained size, that of what is left out included */
  value: number
  /** its own bytes */
  size: number
  children: Slice[]
}

/** The dominator tree below a node (0: all), biggest nodes first until the picture is full. */
export const answerSlices: Answer = (db, params) => {
  const id = readInteger(params, 'id', 0)
  const top = topSlice(db, id)
  const least = top.value * LEAST_SHARE
  let count = 1
  // By levels: what is near the top is wide, and is wanted first.
  let level = [top]
  while (level.length > 0 && count < BUDGET) {
    const next: Slice[] = []
    for (const slice of level) {
      if (count >= BUDGET) break
      for (const row of selectDominated(db, slice.id, Math.max(1, Math.ceil(least)), MOST_CHILDREN)) {
        const child = toSlice(row)
        slice.children.push(child)
        if (row.dominates) next.push(child)
        count++
      }
    }
    level = next.sort((a, b) => b.value - a.value)
  }
  return { top, above: selectAbove(db, id), isFull: count >= BUDGET }
}

/** Nodes that dominate one, from the top on. */
function selectAbove(db: HeapDb, id: number): Record<string, Cell>[] {
  return selectDominators(db, id)
    .map(({ id, label }) => ({ id, label }))
    .reverse()
}

/**
 * The same with nodes of one name below the same place merged (dominator_paths): ids are those of places, `node` is the
 * node among them that retains most.
 */
export const answerMerged: Answer = (db, params) => {
  const id = readInteger(params, 'id', 0)
  const slices = new Map<number, MergedSlice>()
  const top = topMerged(db, id)
  slices.set(id, top)
  const least = Math.ceil(top.value * LEAST_SHARE)
  const rows = selectAll(db, BELOW, { id: id === 0 ? null : id, least, most: BUDGET })
  for (const row of rows) {
    const slice: MergedSlice = { ...toSlice(row), nodes: Number(row.nodes), node: Number(row.node_id) }
    slices.set(slice.id, slice)
    slices.get(Number(row.parent_id ?? 0))?.children.push(slice)
  }
  return { top, above: selectAll(db, ABOVE, { id }), isFull: rows.length >= BUDGET }
}

const ABOVE = `
  WITH RECURSIVE above AS (
    SELECT id, parent_id, level FROM dominator_paths WHERE id = :id
    UNION ALL
    SELECT p.id, p.parent_id, p.level FROM above a JOIN dominator_paths p ON p.id = a.parent_id
  )
  SELECT p.id, p.name AS label FROM above a JOIN dominator_paths p ON p.id = a.id
  WHERE p.id <> :id ORDER BY p.level`

/** A place of dominator_paths. */
interface MergedSlice extends Slice {
  nodes: number
  node: number
}

// What is above comes first: the biggest places below one are never bigger than it.
const BELOW = `
  WITH RECURSIVE below AS (
    SELECT * FROM (
      SELECT id, parent_id, level, kind, name, nodes, size, retained_size, node_id FROM dominator_paths
      WHERE parent_id IS :id AND retained_size >= :least)
    UNION ALL
    SELECT p.id, p.parent_id, p.level, p.kind, p.name, p.nodes, p.size, p.retained_size, p.node_id
    FROM below b JOIN dominator_paths p ON p.parent_id = b.id AND p.retained_size >= :least
    ORDER BY 8 DESC, 3
    LIMIT :most
  )
  SELECT id, parent_id, kind, name AS label, nodes, size, retained_size, node_id FROM below`

function topMerged(db: HeapDb, id: number): MergedSlice {
  if (id === 0) return { ...topSlice(db, 0), nodes: 1, node: 0 }
  const row = selectOne(
    db,
    'SELECT id, kind, name AS label, nodes, size, retained_size, node_id FROM dominator_paths WHERE id = :id',
    { id },
  )
  if (row === undefined) throw new GoheapError('usage', `there is no place ${id} in dominator_paths`)
  return { ...toSlice(row), nodes: Number(row.nodes), node: Number(row.node_id) }
}

function toSlice(row: Record<string, Cell>): Slice {
  return {
    id: Number(row.id),
    kind: String(row.kind),
    label: String(row.label),
    value: Number(row.retained_size),
    // The bytes of a variable are not on the heap.
    size: row.kind === 'object' ? Number(row.size) : 0,
    children: [],
  }
}

function topSlice(db: HeapDb, id: number): Slice {
  if (id === 0) {
    const total = selectOne(db, 'SELECT SUM(reachable_bytes) AS bytes FROM type_totals')
    return {
      id,
      kind: 'all',
      label: 'all reachable objects',
      value: Number(total?.bytes ?? 0),
      size: 0,
      children: [],
    }
  }
  const row = selectOne(db, 'SELECT kind, label, size, retained_size FROM nodes WHERE id = :id', { id })
  if (row === undefined) throw new GoheapError('usage', `there is no node ${id}`)
  return toSlice({ ...row, id })
}
