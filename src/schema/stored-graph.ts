import { statSync } from 'node:fs'
import { GrowableColumn } from '../base/columns.ts'
import { GoheapError } from '../errors.ts'
import type { RootGraph, SearchGraph } from '../model/heap-graph.ts'
import type { RootEdgeTable, SourceTable, TargetTable } from '../model/tables.ts'
import { NONE, type ObjectIndex } from '../model/types.ts'
import type { HeapDb } from './heap-db.ts'
import { type TakeRows, type TreePart, TreeReader } from './pages/read-tree.ts'

/** Is a pointer of an object left out? By its offset from the object's address. */
export type PointerTest = (source: ObjectIndex, offset: number) => boolean

/**
 * The graph of a database, for questions that SQL cannot answer in time. Row i is id i + 1; root r follows the objects.
 * A second for ten million objects: sizes come from spans, whose objects follow each other, pointers from the pages.
 *
 * @throws GoheapError 'corrupt' when the tables do not fit together
 */
export function loadGraph(db: HeapDb): SearchGraph {
  const roots = loadRoots(db)
  return { ...roots, ...loadPointers(db, roots) }
}

/** What is not of its roots. */
export function loadPointers(
  db: HeapDb,
  { objectCount }: RootGraph,
  isLeftOut?: PointerTest,
): Pick<SearchGraph, 'size' | 'edges'> {
  return { size: readSizes(db, objectCount), edges: readTargets(db, objectCount, isLeftOut) }
}

/** Its roots alone. */
export function loadRoots(db: HeapDb): RootGraph {
  const [rootCount] = readNumbers(db, 'SELECT COUNT(*) FROM roots')
  const objectCount = countObjects(db)
  return {
    objectCount,
    rootCount,
    rootEdges: readRootEdges(db, objectCount, rootCount),
    rootParent: readRootParents(db, objectCount, rootCount),
  }
}

/** Its pointers between objects, by where they lead. */
export function loadInbound(db: HeapDb, objectCount: number, isLeftOut?: PointerTest): SourceTable {
  const first = new Uint32Array(objectCount + 1)
  const source = new GrowableColumn(Uint32Array, estimateEdges(db))
  let target = 0
  // target_id, and the key: source_id, offset.
  readTree(db, 'edges_to', { columns: 3 }, (values, rows) => {
    const end = rows * 3
    for (let at = 0; at < end; at += 3) {
      if (isLeftOut?.(values[at + 1] - 1, values[at + 2])) continue
      while (target < values[at] && target < objectCount) first[target++] = source.length
      source.push(values[at + 1] - 1)
    }
  })
  while (target <= objectCount) first[target++] = source.length
  return { first, source: source.finish() }
}

/** The largest id: to count the rows of a large table is to read it. */
function countObjects(db: HeapDb): number {
  return readNumbers(db, 'SELECT COALESCE(MAX(id), 0) FROM objects')[0]
}

/** As many as the planner is told, which only makes room for them. A row takes 8 bytes of the file at the least. */
function estimateEdges(db: HeapDb): number {
  const [told] = readNumbers(db, `SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE idx = 'edges'`)
  return Math.max(1, Math.min(told ?? 1, Math.floor(statSync(db.path).size / 8)))
}

function readNumbers(db: HeapDb, sql: string): number[] {
  for (const row of db.numbers(sql)) return row
  return []
}

function readSizes(db: HeapDb, objectCount: number): Float64Array {
  const size = new Float64Array(objectCount)
  let next = 0
  const sql =
    'SELECT first_object_id - 1, allocated, class_size FROM spans WHERE first_object_id IS NOT NULL ORDER BY id'
  for (const [first, count, bytes] of db.numbers(sql)) {
    if (first !== next)
      throw new GoheapError('corrupt', `${db.path}: objects of spans do not follow each other`)
    size.fill(bytes, first, first + count)
    next += count
  }
  if (next !== objectCount)
    throw new GoheapError('corrupt', `${db.path}: spans have other objects than there are`)
  return size
}

function readTargets(db: HeapDb, objectCount: number, isLeftOut?: PointerTest): TargetTable {
  const first = new Uint32Array(objectCount + 1)
  const target = new GrowableColumn(Uint32Array, estimateEdges(db))
  let source = 0
  readTree(db, 'edges', { columns: 3 }, (values, rows) => {
    const end = rows * 3
    for (let at = 0; at < end; at += 3) {
      if (isLeftOut?.(values[at] - 1, values[at + 1])) continue
      while (source < values[at] && source < objectCount) first[source++] = target.length
      target.push(values[at + 2] - 1)
    }
  })
  while (source <= objectCount) first[source++] = target.length
  return { count: target.length, first, target: target.finish() }
}

/** TypeIndex of each object (type id - 1), or NONE. */
export function loadTypes(db: HeapDb, objectCount: number): Int32Array {
  const types = new Int32Array(objectCount).fill(NONE)
  readTree(db, 'objects_of_type', { columns: 3 }, (values, rows) => {
    const end = rows * 3
    for (let at = 0; at < end; at += 3) if (values[at] > 0) types[values[at + 2] - 1] = values[at] - 1
  })
  return types
}

/** Ids of the objects of the type with that id, in the order of what they retain. */
export function loadObjectsOfType(db: HeapDb, type: number): Uint32Array {
  const ids = new GrowableColumn(Uint32Array)
  readTree(db, 'objects_of_type', { columns: 3, only: type }, (values, rows) => {
    const end = rows * 3
    for (let at = 0; at < end; at += 3) if (values[at] === type) ids.push(values[at + 2])
  })
  return ids.finish()
}

/** First columns of the table objects: a row each, by id. */
export interface StoredObjects {
  readonly address: Float64Array
  /** Slot bytes. */
  readonly size: Float64Array
  /** TypeIndex (type id - 1), or NONE. */
  readonly type: Int32Array
  /** Consecutive elements of the type; 0 when it is not known. */
  readonly length: Float64Array
}

/** One to two seconds for ten million objects. */
export function loadObjects(db: HeapDb): StoredObjects {
  const count = countObjects(db)
  const [address, size, length] = [0, 1, 2].map(() => new Float64Array(count))
  const type = new Int32Array(count).fill(NONE)
  readTree(db, 'objects', { columns: 5 }, (values, rows) => {
    const end = rows * 5
    for (let at = 0; at < end; at += 5) {
      const object = values[at] - 1
      address[object] = values[at + 1]
      size[object] = values[at + 2]
      if (values[at + 3] > 0) type[object] = values[at + 3] - 1
      if (values[at + 4] > 0) length[object] = values[at + 4]
    }
  })
  return { address, size, type, length }
}

/** First values of each row of an index, or of a table. */
function readTree(db: HeapDb, name: string, part: Omit<TreePart, 'root'>, take: TakeRows): void {
  const [root] = readNumbers(db, `SELECT rootpage FROM sqlite_schema WHERE name = '${name}'`)
  const reader = new TreeReader(db.path)
  try {
    reader.readRows({ root, ...part }, take)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new GoheapError('corrupt', `${db.path}: ${error.message}`, { cause: error })
  } finally {
    reader.close()
  }
}

function readRootEdges(db: HeapDb, objectCount: number, rootCount: number): RootEdgeTable {
  const first = new Uint32Array(rootCount + 1)
  const offset: number[] = []
  const target: number[] = []
  const targetOffset: number[] = []
  const sql =
    'SELECT root_id, offset, target_id - 1, target_offset FROM root_edges ORDER BY root_id, offset, rowid'
  for (const row of db.numbers(sql)) {
    first[row[0] - objectCount]++
    offset.push(row[1])
    target.push(row[2])
    targetOffset.push(row[3])
  }
  for (let root = 0; root < rootCount; root++) first[root + 1] += first[root]
  return {
    count: target.length,
    first,
    offset: Float64Array.from(offset),
    target: Uint32Array.from(target),
    targetOffset: Float64Array.from(targetOffset),
  }
}

function readRootParents(db: HeapDb, objectCount: number, rootCount: number): Int32Array {
  const parents = new Int32Array(rootCount).fill(NONE)
  const sql = `SELECT id - 1 - ${objectCount}, parent_id - 1 - ${objectCount} FROM roots WHERE parent_id IS NOT NULL`
  for (const [root, parent] of db.numbers(sql)) parents[root] = parent
  return parents
}
