import type { HeapDb } from '../../src/schema/heap-db.ts'
import { MOST_MORE } from './heap-counts.ts'
import type { Truth, TruthObject } from './truth.ts'

/** Holds a database against what the program says of its heap. Each function gives what does not agree, one line each. */

/** Live objects are there and reachable, garbage is there and is not; pointers are where they were recorded. */
export function compareDatabase(truth: Truth, db: HeapDb): string[] {
  const wrong: string[] = []
  const findObject = objectFinder(db)
  const ids = new Map<string, number>()
  for (const object of truth.objects.values()) {
    if (object.state === 'freed') continue
    const row = findObject(object)
    if (row === undefined) {
      wrong.push(`${describe(object)}: no object there`)
      continue
    }
    ids.set(object.label, row.id)
    if (row.size < object.bytes) wrong.push(`${describe(object)}: a slot of ${row.size} bytes`)
    if (row.reachable !== (object.state === 'live' ? 1 : 0))
      wrong.push(`${describe(object)}: reachable ${row.reachable}, unswept ${row.unswept}`)
  }
  for (const { from, path, offset, to } of truth.edges) {
    const [source, target] = [ids.get(from), ids.get(to)]
    if (source === undefined || target === undefined) continue
    const sql = 'SELECT target_id FROM edges WHERE source_id = CAST(? AS INTEGER) AND offset = ?'
    const [found] = db.query(sql, [source, offset]).rows
    if (found?.[0] !== target) wrong.push(`${from}${path} at +${offset}: no edge to ${to}`)
  }
  return wrong
}

/** Objects that a variable on a stack holds, and no frame of its function points at. */
export function compareHolders(truth: Truth, db: HeapDb): string[] {
  const findObject = objectFinder(db)
  const functions = new Map<unknown, Set<unknown>>()
  const rows = db.query(`SELECT word.target_id, frame.name FROM root_edges AS word
    JOIN roots AS variable ON variable.id = word.root_id
    JOIN roots AS frame ON frame.id = variable.parent_id AND frame.kind = 'frame'`).rows
  for (const [object, name] of rows) functions.set(object, (functions.get(object) ?? new Set()).add(name))
  return truth.roots.flatMap(({ label, function: fn }) => {
    const object = truth.objects.get(label)
    const id = object && findObject(object)?.id
    const holders = functions.get(id) ?? new Set()
    return holders.has(fn)
      ? []
      : [`${label}: not held by ${fn}, but by ${[...holders].join(' and ') || 'no frame'}`]
  })
}

/** Objects and bytes of the whole heap, as the program counted them when it did not allocate any more. */
export function compareCounts(truth: Truth, db: HeapDb, { goesOn = false } = {}): string[] {
  const counted = [truth.facts.get('HeapObjects'), truth.facts.get('HeapAlloc')]
  const metadata = db.metadata()
  const found = [metadata.get('heap_objects'), metadata.get('heap_bytes')]
  if (found.join() === counted.join()) return []
  const more = Number(found[0]) - Number(counted[0])
  if (goesOn && more > 0 && more <= MOST_MORE) return []
  return [`objects and bytes: ${found.join(', ')}, the runtime counted ${counted.join(', ')}`]
}

/**
 * Keys of the maps of fixtures/programs/states, whose entries are recorded by number: as text in one map, as the number in
 * another. An entry may be in several tables of a map that grows. `keys`: how many there were.
 */
export function compareMapKeys(truth: Truth, db: HeapDb): { keys: number; wrong: string[] } {
  const findObject = objectFinder(db)
  const names = new Map<unknown, string>()
  for (const object of truth.objects.values()) {
    const number = /^entry\/(\d+)$/.exec(object.label)?.[1]
    const row = number === undefined ? undefined : findObject(object)
    if (number === undefined || row === undefined) continue
    names.set(row.id, Number(number) % 3 === 0 ? JSON.stringify(object.label) : number)
  }
  const { rows } = db.query(
    'SELECT target_id, key FROM map_keys JOIN edges AS e ON e.source_id = object_id AND e.offset = map_keys.offset',
  )
  const ofEntries = [...rows].filter(([target]) => names.has(target))
  const wrong = ofEntries.filter(([target, key]) => names.get(target) !== key)
  return {
    keys: ofEntries.length,
    wrong: wrong.map(([target, key]) => `entry ${names.get(target)} is in a map as ${key}`),
  }
}

interface Row {
  id: number
  address: number
  size: number
  /** -1: not known. */
  reachable: number
  unswept: number
}

function objectFinder(db: HeapDb): (object: TruthObject) => Row | undefined {
  const rows: Row[] = []
  const sql = 'SELECT id, address, size, COALESCE(reachable, -1), unswept FROM objects ORDER BY id'
  for (const [id, address, size, reachable, unswept] of db.numbers(sql))
    rows.push({ id, address, size, reachable, unswept })
  return ({ address, bytes }) => {
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (rows[middle].address <= address) low = middle + 1
      else high = middle
    }
    const row = rows[low - 1]
    // Small values share a slot. runtime/malloc.go, maxTinySize
    const isThere = bytes < 16 ? address < (row?.address ?? 0) + (row?.size ?? 0) : row?.address === address
    return row !== undefined && isThere ? row : undefined
  }
}

const describe = ({ label, address, state }: TruthObject) => `${label} (0x${address.toString(16)}, ${state})`
