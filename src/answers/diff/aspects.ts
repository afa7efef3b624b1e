import type { HeapDb } from '../../schema/heap-db.ts'

/** What a heap is compared by. */
export const ASPECTS = ['path', 'type', 'package', 'module', 'root', 'goroutine'] as const
export type Aspect = (typeof ASPECTS)[number]

/** One thing in one heap. Bytes are slot bytes of reachable objects; null: not known. */
export interface Measure {
  count: number
  size: number | null
  retained: number | null
  /** A node in that heap, the one that retains most; null where none is known. */
  example: number | null
  /** What may differ in the same thing: the version of a module; null for none. */
  detail: string | null
}

export interface Measures {
  /** By a key that is the same for the same thing in any heap: no ids, no addresses, no line numbers. */
  readonly byKey: ReadonlyMap<string, Measure>
  /** What is not there retains less than this; 0: it is not in the heap at all. */
  readonly missingBelow: number
}

export function measure(db: HeapDb, aspect: Aspect): Measures {
  if (aspect === 'path') return measurePaths(db)
  const byKey = new Map<string, Measure>()
  for (const [key, count, size, retained, example, detail] of db.query(SQL[aspect]).rows) {
    add(byKey, aspect === 'goroutine' ? withoutLines(String(key)) : String(key), {
      count: Number(count),
      size: toNumber(size),
      retained: toNumber(retained),
      example: toNumber(example),
      detail: detail === null ? null : String(detail),
    })
  }
  return { byKey, missingBelow: 0 }
}

/** key, count, size, retained, example, detail. Rows of one key are added up. */
const SQL: Record<Exclude<Aspect, 'path'>, string> = {
  type: `SELECT COALESCE(name, '(unknown)'), reachable_objects, reachable_bytes, dominated_size, NULL, NULL
    FROM group_totals WHERE grouping = 'type'`,
  package: `SELECT COALESCE(package, '(standard library)'), objects, bytes, bytes, NULL, NULL FROM package_owners`,
  module: `SELECT CASE WHEN p.package IS NULL THEN '(standard library)' ELSE COALESCE(m.path, '(no module)') END,
      p.objects, p.bytes, p.bytes, NULL, m.version
    FROM package_owners p LEFT JOIN modules m ON m.id = p.module_id`,
  root: `SELECT kind || ' ' || name, 1, size, retained_size, id, NULL FROM roots WHERE kind IN ('global', 'data')`,
  goroutine: `SELECT status || COALESCE(' [' || wait_reason || ']', '') || COALESCE(' created by ' || created_by, '')
      || char(10) || frames, goroutines, stack_size, retained_size, goroutine_id, NULL FROM goroutine_stacks`,
}

/** Calls as `a < b < c`: files and lines of a release are not those of the next. */
function withoutLines(text: string): string {
  const [head, ...calls] = text.split('\n')
  const functions = calls
    .map((call) => call.slice(0, Math.max(0, call.lastIndexOf(' '))))
    .filter((name) => name !== '')
  return `${head}: ${functions.length > 0 ? functions.join(' < ') : '(no frames)'}`
}

function measurePaths(db: HeapDb): Measures {
  const byKey = new Map<string, Measure>()
  const keys = new Map<number, string>()
  const sql = `SELECT id, parent_id, CASE kind WHEN 'object' THEN name ELSE kind || ' ' || name END, nodes, size, retained_size, node_id
    FROM dominator_paths ORDER BY id`
  for (const [id, parent, name, nodes, size, retained, node] of db.query(sql).rows) {
    const above = parent === null ? undefined : keys.get(Number(parent))
    const key = above === undefined ? String(name) : `${above} > ${name}`
    keys.set(Number(id), key)
    add(byKey, key, {
      ...{ count: Number(nodes), size: toNumber(size), retained: toNumber(retained) },
      ...{ example: toNumber(node), detail: null },
    })
  }
  return { byKey, missingBelow: Number(db.metadata().get('dominator_paths_min_size') ?? 0) }
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
