import { GrowableColumn } from '../base/columns.ts'
import { GoheapError } from '../errors.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import type { RootEdgeTable } from '../model/tables.ts'
import { NONE } from '../model/types.ts'
import type { HeapDb } from './heap-db.ts'
import { TreeReader } from './pages/read-tree.ts'

/**
 * The graph of a database, for questions that SQL cannot answer in time. Row i is id i + 1; root r follows the objects.
 * A second for ten million objects: sizes come from spans, whose objects follow each other, pointers from the pages.
 *
 * @throws GoheapError 'corrupt' when the tables do not fit together
 */
export function loadGraph(db: HeapDb): HeapGraph {
  const [rootCount] = readNumbers(db, 'SELECT COUNT(*) FROM roots')
  // The largest id: to count the rows of a large table is to read it.
  const size = readSizes(db, readNumbers(db, 'SELECT COALESCE(MAX(id), 0) FROM objects')[0])
  return {
    objectCount: size.length,
    rootCount,
    size,
    edges: readEdges(db, size.length),
    rootEdges: readRootEdges(db, size.length, rootCount),
    rootParent: readRootParents(db, size.length, rootCount),
  }
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

function readEdges(db: HeapDb, objectCount: number): HeapGraph['edges'] {
  const first = new Uint32Array(objectCount + 1)
  const offset = makeOffsets(db)
  const target = new GrowableColumn(Uint32Array, 1 << 16)
  const targetOffset = makeOffsets(db)
  readTree(db, 'edges', 4, (row) => {
    first[row[0]]++
    offset.push(row[1])
    target.push(row[2] - 1)
    targetOffset.push(row[3])
  })
  for (let object = 0; object < objectCount; object++) first[object + 1] += first[object]
  const count = target.length
  return {
    count,
    first,
    offset: offset.finish(),
    target: target.finish(),
    targetOffset: targetOffset.finish(),
  }
}

/** 4 bytes are too few only in a heap with an object that is larger than they can count. */
function makeOffsets(db: HeapDb): GrowableColumn<Uint32Array> | GrowableColumn<Float64Array> {
  const [largest] = readNumbers(db, 'SELECT COALESCE(MAX(class_size), 0) FROM spans')
  return largest < 2 ** 32
    ? new GrowableColumn(Uint32Array, 1 << 16)
    : new GrowableColumn(Float64Array, 1 << 16)
}

/** TypeIndex of each object (type id - 1), or NONE. */
export function loadTypes(db: HeapDb, objectCount: number): Int32Array {
  const types = new Int32Array(objectCount).fill(NONE)
  readTree(db, 'objects_of_type', 3, ([type, , id]) => {
    if (type > 0) types[id - 1] = type - 1
  })
  return types
}

/** Ids of the objects of the type with that id, ascending: half a second for ten million objects, of any types. */
export function loadObjectsOfType(db: HeapDb, type: number): Uint32Array {
  const ids = new GrowableColumn(Uint32Array)
  readTree(db, 'objects_of_type', 3, (row) => {
    if (row[0] === type) ids.push(row[2])
  })
  return ids.finish().sort()
}

/** First values of each row of an index, or a table WITHOUT ROWID, in its order; the array is reused. NULL is NaN. */
function readTree(db: HeapDb, name: string, columns: number, take: (values: Float64Array) => void): void {
  const [root] = readNumbers(db, `SELECT rootpage FROM sqlite_schema WHERE name = '${name}'`)
  const reader = new TreeReader(db.path)
  try {
    reader.readRows(root, columns, take)
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
