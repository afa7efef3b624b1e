import { GrowableColumn } from '../base/columns.ts'
import { PairMap } from '../base/pair-map.ts'
import { BreadthFirstSearch } from '../graph/breadth-first.ts'
import type { AnalysedHeap, ExtractedHeap, HeapGraph } from '../model/heap-graph.ts'

/** Columns of the table object_shapes. */
export interface ShapeTable {
  readonly count: number
  /** TypeIndex, or NONE. */
  readonly type: Int32Array
  /** Slot bytes. */
  readonly size: Float64Array
  readonly isSeveral: Uint8Array
  readonly objects: Uint32Array
}

/** Contents of the table graph_arrays, which the migration describes. */
export interface GraphArrays {
  readonly rank: Uint32Array
  /** Of 4 bytes each when there are more than SHORT_SHAPES. */
  readonly shape: Uint16Array | Uint32Array
  readonly shape_runs: Uint8Array
  readonly counts: Uint8Array
  readonly pointers: Uint8Array
  readonly targets: Uint32Array
  readonly slots: Uint8Array
}
export type ArrayName = keyof GraphArrays

/** Bytes of a part of an array: few enough that hundreds of rows in one statement take little room. */
export const PART_BYTES = 65536

/** So many shapes have numbers of two bytes. */
export const SHORT_SHAPES = 65536

/** One search over the whole graph, and some 12 bytes an object. */
export function packGraph({ heap }: AnalysedHeap): { shapes: ShapeTable; arrays: GraphArrays } {
  const { order, rank } = rankObjects(heap.graph)
  const { shapes, shapeOf } = findShapes(heap)
  const shape = shapes.count > SHORT_SHAPES ? new Uint32Array(order.length) : new Uint16Array(order.length)
  for (let i = 0; i < order.length; i++) shape[i] = shapeOf[order[i]]
  return {
    shapes,
    arrays: {
      ...{ rank, shape, shape_runs: packRuns(shapeOf), ...packPointers(heap.graph, order, rank) },
      slots: markSlots(heap),
    },
  }
}

/** Objects in breadth-first order, garbage behind them, and the rank of each. */
function rankObjects(graph: HeapGraph): { order: Int32Array; rank: Uint32Array } {
  const { order, seen, count } = new BreadthFirstSearch(graph)
  const rank = new Uint32Array(order.length)
  for (let i = 0; i < count; i++) rank[order[i]] = i
  for (let object = 0, next = count; object < order.length; object++) {
    if (seen.has(object)) continue
    rank[object] = next
    order[next++] = object
  }
  return { order, rank }
}

/** A number for each object's shape. */
function findShapes({ spans, objects, graph }: ExtractedHeap): { shapes: ShapeTable; shapeOf: Uint32Array } {
  const shapeOf = new Uint32Array(objects.count)
  const numbers = new PairMap()
  const sizes = new Map<number, number>()
  const type = new GrowableColumn(Int32Array)
  const size = new GrowableColumn(Float64Array)
  const isSeveral = new GrowableColumn(Uint8Array)
  const count = new GrowableColumn(Uint32Array)
  for (let s = 0; s < spans.count; s++) {
    const bytes = spans.slotSize[s]
    const sizeNumber = sizes.get(bytes) ?? sizes.size
    sizes.set(bytes, sizeNumber)
    for (let i = spans.firstObject[s]; i < spans.firstObject[s + 1]; i++) {
      const several = objects.length[i] > 1 ? 1 : 0
      const shape = numbers.getOrAdd(2 * (objects.type[i] + 1) + several, sizeNumber, type.length)
      if (shape === type.length) {
        type.push(objects.type[i])
        size.push(graph.size[i])
        isSeveral.push(several)
        count.push(0)
      }
      count.set(shape, count.get(shape) + 1)
      shapeOf[i] = shape
    }
  }
  const shapes = {
    count: type.length,
    type: type.finish(),
    size: size.finish(),
    isSeveral: isSeveral.finish(),
    objects: count.finish(),
  }
  return { shapes, shapeOf }
}

/** Bytes of an aligned pointer word. */
export const WORD_BYTES = 8

function packRuns(shapeOf: Uint32Array): Uint8Array {
  const runs = new GrowableColumn(Uint8Array)
  for (let start = 0, i = 1; i <= shapeOf.length; i++) {
    if (i < shapeOf.length && shapeOf[i] === shapeOf[start]) continue
    pushLeb(runs, shapeOf[start])
    pushLeb(runs, i - start)
    start = i
  }
  return runs.finish()
}

function packPointers(
  { edges, rootEdges }: HeapGraph,
  order: Int32Array,
  rank: Uint32Array,
): Pick<GraphArrays, 'counts' | 'pointers' | 'targets'> {
  const { first, target, offset } = edges
  const counts = new GrowableColumn(Uint8Array)
  const pointers = new GrowableColumn(Uint8Array)
  const targets = new GrowableColumn(Uint32Array)
  // Roots lead to the first ones.
  let next = 0
  for (const object of rootEdges.target) next = Math.max(next, rank[object] + 1)
  // Behind the reachable objects comes garbage, which none of them leads to.
  for (let i = 0; i < next; i++) {
    const object = order[i]
    pushLeb(counts, first[object + 1] - first[object])
    for (let edge = first[object]; edge < first[object + 1]; edge++) {
      const to = rank[target[edge]]
      const word = offset[edge] / WORD_BYTES
      if (!Number.isInteger(word)) throw new Error(`a pointer lies at offset ${offset[edge]}`)
      pushLeb(pointers, 2 * word + (to === next ? 1 : 0))
      if (to === next) next++
      else targets.push(to)
    }
  }
  return { counts: counts.finish(), pointers: pointers.finish(), targets: targets.finish() }
}

function pushLeb(bytes: GrowableColumn<Uint8Array>, value: number): void {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
}

/** By the addresses of the objects: a span knows only how many it has. */
function markSlots({ spans, objects }: ExtractedHeap): Uint8Array {
  let slots = 0
  for (let s = 0; s < spans.count; s++) if (spans.slotSize[s] > 0) slots += spans.slots[s]
  const bits = new Uint8Array(Math.ceil(slots / 8))
  let base = 0
  for (let s = 0; s < spans.count; s++) {
    if (spans.slotSize[s] === 0) continue
    const first = spans.address[s] + spans.headerSize[s]
    for (let i = spans.firstObject[s]; i < spans.firstObject[s + 1]; i++) {
      const slot = base + (objects.address[i] - first) / spans.slotSize[s]
      bits[slot >>> 3] |= 1 << (slot & 7)
    }
    base += spans.slots[s]
  }
  return bits
}
