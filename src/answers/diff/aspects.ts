import { labelRoot, mergeRootName } from '../../model/root-names.ts'
import type { HeapDb } from '../../schema/heap-db.ts'

/** What a heap is compared by. */
export const ASPECTS = ['path', 'type', 'package', 'module', 'root', 'goroutine'] as const
export type Aspect = (typeof ASPECTS)[number]

/** One thing in one heap; null: not known, or there is no such figure. */
export interface Measure {
  /** Reachable objects; of a path nodes, of a root variables, of a stack goroutines. */
  count: number
  /** Their own bytes: slots of objects (of a map with all that it is made of), what variables lie in, stacks. null for packages and modules: `retained` has all. */
  size: number | null
  /** Slot bytes that they keep alive, of types at least; of packages and modules, that belong to them. */
  retained: number | null
  /** A node in that heap, the one that retains most; null where none is known. */
  example: number | null
  /** What may differ in the same thing: the version of a module; null for none. */
  detail: string | null
}

export interface Measures {
  /** By a key that is the same for the same thing in any heap: no ids, no addresses, no line numbers. */
  readonly byKey: ReadonlyMap<string, Measure>
  /** The figures of what is not there; undefined: it may be too small to be told. */
  readonly absent: Measure | undefined
}

const ABSENT: Measure = { count: 0, size: 0, retained: 0, example: null, detail: null }

export function measure(db: HeapDb, aspect: Aspect): Measures {
  if (aspect === 'path') return measurePaths(db)
  const byKey = new Map<string, Measure>()
  for (const [key, count, size, retained, example, detail] of db.query(SQL[aspect]).rows) {
    add(byKey, aspect === 'root' ? mergeRoot(String(key)) : String(key), {
      count: Number(count),
      size: toNumber(size),
      retained: toNumber(retained),
      example: toNumber(example),
      detail: detail === null ? null : String(detail),
    })
  }
  const size = aspect === 'package' || aspect === 'module' ? null : 0
  return { byKey, absent: { ...ABSENT, size } }
}

/** Calls of either end that tell deep stacks apart: as many as goroutine_stacks shows. */
const END = 50

/** key, count, size, retained, example, detail. Rows of one key are added up. */
const SQL: Record<Exclude<Aspect, 'path'>, string> = {
  type: `SELECT COALESCE(name, '(unknown)'), reachable_objects, reachable_bytes, dominated_size, NULL, NULL
    FROM group_totals WHERE grouping = 'type'`,
  package: `SELECT COALESCE(package, '(standard library)'), objects, NULL, bytes, NULL, NULL FROM package_owners`,
  module: `SELECT CASE WHEN p.package IS NULL THEN '(standard library)' ELSE COALESCE(m.path, '(no module)') END,
      p.objects, NULL, p.bytes, NULL, m.version
    FROM package_owners p LEFT JOIN modules m ON m.id = p.module_id`,
  root: `SELECT kind || char(10) || name, 1, size, retained_size, id, NULL FROM roots WHERE kind IN ('global', 'data')`,
  // Calls as `a < b < c`: files and lines of a release are not those of the next. Of a deep recursion, both ends.
  goroutine: `WITH stacks AS MATERIALIZED (
      SELECT *, (SELECT MAX(depth) FROM frames WHERE goroutine_id = s.goroutine_id) AS deepest FROM goroutine_stacks s)
    SELECT s.status || COALESCE(' [' || s.wait_reason || ']', '') || COALESCE(' created by ' || s.created_by, '') || ': '
        || COALESCE((
          SELECT group_concat(
            IIF(f.depth = s.deepest - ${END - 1} AND f.depth > ${END}, '… < ', '') || f.function, ' < ' ORDER BY f.depth)
          FROM frames f
          WHERE f.goroutine_id = s.goroutine_id AND (f.depth < ${END} OR f.depth > s.deepest - ${END})
        ), '(no frames)'),
      s.goroutines, s.stack_size, s.retained_size, s.goroutine_id, NULL
    FROM stacks s`,
}

/** Words of data that have no name but an address are one thing. */
function mergeRoot(key: string): string {
  const [kind, name] = key.split('\n', 2)
  return labelRoot(kind, mergeRootName(kind, name))
}

/** What a map is made of changes while it grows: it is taken for the map itself. */
function measurePaths(db: HeapDb): Measures {
  const byKey = new Map<string, Measure>()
  const keys = new Map<number, string>()
  const sql = `SELECT id, parent_id, label, is_map_part, nodes, size, retained_size, node_id
    FROM dominator_paths ORDER BY id`
  for (const [id, parent, name, isMapPart, nodes, size, retained, node] of db.query(sql).rows) {
    const above = parent === null ? undefined : keys.get(Number(parent))
    const isPart = isMapPart === 1 && above !== undefined
    const key = isPart ? above : above === undefined ? String(name) : `${above} > ${name}`
    keys.set(Number(id), key)
    if (isPart) {
      // Retained with the map, and no node of its own.
      add(byKey, key, { count: 0, size: toNumber(size), retained: 0, example: null, detail: null })
      continue
    }
    add(byKey, key, {
      ...{ count: Number(nodes), size: toNumber(size), retained: toNumber(retained) },
      ...{ example: toNumber(node), detail: null },
    })
  }
  const leastSize = Number(db.metadata().get('dominator_paths_min_size') ?? 0)
  return { byKey, absent: leastSize > 0 ? undefined : ABSENT }
}

function add(byKey: Map<string, Measure>, key: string, more: Measure): void {
  const sum = byKey.get(key)
  if (sum === undefined) {
    byKey.set(key, more)
    return
  }
  sum.count += more.count
  sum.size = sum.size === null || more.size === null ? null : sum.size + more.size
  sum.retained = sum.retained === null || more.retained === null ? null : sum.retained + more.retained
}

function toNumber(cell: unknown): number | null {
  return cell === null ? null : Number(cell)
}
