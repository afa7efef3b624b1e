import type { HeapDb } from '../schema/heap-db.ts'

/**
 * A database's graph in columns, as it was written: nothing here comes from the code that made it. Rows from 0; node n is
 * object n below `objects.count`, then root n - objects.count. -1 stands for NULL.
 */
export interface LoadedHeap {
  readonly objects: {
    readonly count: number
    readonly address: Float64Array
    readonly size: Float64Array
    readonly type: Int32Array
    readonly length: Float64Array
    readonly source: Int32Array
    readonly reachable: Uint8Array
    readonly distance: Int32Array
    readonly parent: Int32Array
    readonly span: Int32Array
  }
  readonly rootCount: number
  /** Per root: the root it is part of. */
  readonly rootParent: Int32Array
  /** Per node. */
  readonly idom: Int32Array
  readonly retainedSize: Float64Array
  readonly retainedCount: Float64Array
  readonly depth: Int32Array
  readonly edges: LoadedEdges
  readonly rootEdges: LoadedEdges
  readonly spans: {
    readonly count: number
    readonly address: Float64Array
    readonly pages: Float64Array
    /** 0 for a span managed by hand. */
    readonly slotSize: Float64Array
    readonly slots: Float64Array
    readonly allocated: Float64Array
    readonly headerSize: Float64Array
    readonly firstObject: Int32Array
  }
}

/** Pointers of each source: rows [first[i], first[i + 1]). */
export interface LoadedEdges {
  readonly count: number
  readonly first: Uint32Array
  readonly offset: Float64Array
  readonly target: Int32Array
  readonly targetOffset: Float64Array
  readonly isBridge: Uint8Array
}

/** Objects have to be 1..N, and roots to follow: see checkIds. */
export function loadHeap(db: HeapDb): LoadedHeap {
  const count = countRows(db, 'objects')
  const rootCount = countRows(db, 'roots')
  const nodes = count + rootCount
  const objects = {
    count,
    address: new Float64Array(count),
    size: new Float64Array(count),
    type: new Int32Array(count),
    length: new Float64Array(count),
    source: new Int32Array(count),
    reachable: new Uint8Array(count),
    distance: new Int32Array(count),
    parent: new Int32Array(count),
    span: new Int32Array(count),
  }
  const idom = new Int32Array(nodes)
  const retainedSize = new Float64Array(nodes)
  const retainedCount = new Float64Array(nodes)
  const depth = new Int32Array(nodes)
  fill(
    db,
    `SELECT address, size, COALESCE(type_id, 0) - 1, COALESCE(length, -1), COALESCE(type_source, 0), COALESCE(reachable, 0),
       COALESCE(distance, -1), COALESCE(parent_id, 0) - 1, span_id - 1,
       COALESCE(idom_id, 0) - 1, COALESCE(retained_size, -1), COALESCE(retained_count, -1), COALESCE(depth, -1)
     FROM objects ORDER BY id`,
    [
      ...[objects.address, objects.size, objects.type, objects.length, objects.source, objects.reachable],
      ...[objects.distance, objects.parent, objects.span, idom, retainedSize, retainedCount, depth],
    ],
  )
  const rootParent = new Int32Array(rootCount)
  fill(
    db,
    `SELECT COALESCE(parent_id - ${count}, 0) - 1, COALESCE(parent_id, 0) - 1, retained_size, retained_count, depth
     FROM roots ORDER BY id`,
    [rootParent, ...[idom, retainedSize, retainedCount, depth].map((column) => column.subarray(count))],
  )
  return {
    objects,
    rootCount,
    rootParent,
    idom,
    retainedSize,
    retainedCount,
    depth,
    edges: loadEdges(db, 'edges', 'source_id - 1', count),
    rootEdges: loadEdges(db, 'root_edges', `root_id - 1 - ${count}`, rootCount),
    spans: loadSpans(db),
  }
}

function loadEdges(db: HeapDb, table: string, source: string, sources: number): LoadedEdges {
  const count = countRows(db, table)
  const sourceOf = new Int32Array(count)
  const edges = {
    count,
    first: new Uint32Array(sources + 1),
    offset: new Float64Array(count),
    target: new Int32Array(count),
    targetOffset: new Float64Array(count),
    isBridge: new Uint8Array(count),
  }
  fill(
    db,
    `SELECT ${source} AS source, offset, target_id - 1, target_offset, is_bridge FROM ${table} ORDER BY 1, 2`,
    [sourceOf, edges.offset, edges.target, edges.targetOffset, edges.isBridge],
  )
  for (const row of sourceOf) edges.first[row + 1]++
  for (let i = 0; i < sources; i++) edges.first[i + 1] += edges.first[i]
  return edges
}

function loadSpans(db: HeapDb): LoadedHeap['spans'] {
  const count = countRows(db, 'spans')
  const column = () => new Float64Array(count)
  const spans = {
    count,
    address: column(),
    pages: column(),
    slotSize: column(),
    slots: column(),
    allocated: column(),
    headerSize: column(),
    firstObject: new Int32Array(count),
  }
  fill(
    db,
    `SELECT address, pages, COALESCE(class_size, 0), slots, allocated, header_size, COALESCE(first_object_id, 0) - 1
     FROM spans ORDER BY id`,
    [
      ...[spans.address, spans.pages, spans.slotSize, spans.slots, spans.allocated],
      ...[spans.headerSize, spans.firstObject],
    ],
  )
  return spans
}

export function countRows(db: HeapDb, table: string): number {
  for (const [count] of db.numbers(`SELECT COUNT(*) FROM ${table}`)) return count
  return 0
}

function fill(db: HeapDb, sql: string, columns: readonly { [row: number]: number }[]): void {
  let row = 0
  for (const cells of db.numbers(sql)) {
    for (let c = 0; c < columns.length; c++) columns[c][row] = cells[c]
    row++
  }
}
