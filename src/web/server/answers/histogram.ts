import { GoheapError } from '../../../errors.ts'
import type { Cell, HeapDb } from '../../../index.ts'
import { type Answer, selectAll } from '../answer.ts'

/** What a histogram counts by: as the page says it, and `grouping` of group_totals. */
const GROUPINGS: Record<string, string> = {
  type: 'type',
  package: 'package',
  module: 'module',
  kind: 'kind',
  size: 'size class',
}

/**
 * Every row of the histogram; sorting and filtering is the page's. `by`: type, package, module, kind or size. With an older heap
 * each row has its figures there as well, 0 for what it does not have.
 */
export function answerHistogram(old: HeapDb | undefined): Answer {
  return (db, params) => {
    const by = params.get('by') ?? 'type'
    const grouping = Object.hasOwn(GROUPINGS, by) ? GROUPINGS[by] : undefined
    if (grouping === undefined) {
      throw new GoheapError('usage', `by has to be one of ${Object.keys(GROUPINGS).join(', ')}`)
    }
    const rows = selectAll(db, by === 'type' ? BY_TYPE : BY_GROUP, by === 'type' ? {} : { grouping })
    if (old === undefined) return { rows }
    const before = new Map(selectAll(old, OLD, { grouping }).map((row) => [row.name, row]))
    const gone = new Map(before)
    const compared = rows.map((row) => {
      // Types of one name are one row of the old heap: only the first of them is held against it.
      const was = gone.get(row.name)
      gone.delete(row.name)
      return withOld(row, was, before.has(row.name))
    })
    return { rows: [...compared, ...Array.from(gone.values(), goneRow)] }
  }
}

function withOld(row: Record<string, Cell>, was: Record<string, Cell> | undefined, isOld: boolean) {
  const objects = was?.reachable_objects ?? (isOld ? null : 0)
  const bytes = was?.reachable_bytes ?? (isOld ? null : 0)
  return {
    ...row,
    delta_objects: objects === null ? null : Number(row.reachable_objects) - Number(objects),
    delta_bytes: bytes === null ? null : Number(row.reachable_bytes) - Number(bytes),
  }
}

/** What only the old heap has. */
function goneRow(was: Record<string, Cell>) {
  return {
    name: was.name,
    type_id: null,
    objects: 0,
    bytes: 0,
    reachable_objects: 0,
    reachable_bytes: 0,
    dominated_size: 0,
    max_retained_size: null,
    delta_objects: -Number(was.reachable_objects),
    delta_bytes: -Number(was.reachable_bytes),
  }
}

const BY_TYPE = `
  SELECT h.type AS name, COALESCE(h.type_id, 0) AS type_id, h.objects, h.bytes, h.reachable_objects, h.reachable_bytes,
    g.dominated_size, h.max_retained_size
  FROM histogram h LEFT JOIN types t ON t.id = h.type_id
  LEFT JOIN group_totals g ON g.grouping = 'type' AND g.name IS t.name
  ORDER BY h.reachable_bytes DESC, h.type`

const BY_GROUP = `
  SELECT COALESCE(name, '(none)') AS name, NULL AS type_id, objects, bytes, reachable_objects, reachable_bytes,
    dominated_size, NULL AS max_retained_size
  FROM group_totals WHERE grouping = :grouping ORDER BY reachable_bytes DESC, name`

/** Rows of an older heap, named as above. */
const OLD = `
  SELECT COALESCE(name, CASE :grouping WHEN 'type' THEN '(unknown)' ELSE '(none)' END) AS name,
    reachable_objects, reachable_bytes
  FROM group_totals WHERE grouping = :grouping`
