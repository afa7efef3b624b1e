import type { AnalysedHeap } from '../model/heap-graph.ts'
import type { WasteTables } from '../model/tables.ts'

/** Sums over the objects of each type; place 0 is for objects of unknown type, place t + 1 for TypeIndex t. */
export interface TypeTotals {
  readonly objects: Float64Array
  readonly bytes: Float64Array
  readonly reachableObjects: Float64Array
  readonly reachableBytes: Float64Array
  /** 0 when no object of the type is reachable. */
  readonly maxRetainedSize: Float64Array
  /** Consecutive values of the type in reachable objects. */
  readonly reachableValues: Float64Array
  /** Of reachable objects of which it is known. */
  readonly unusedBytes: Float64Array
}

export function sumTypes({ heap, analysis }: AnalysedHeap, unused: WasteTables['unused']): TypeTotals {
  const { count, type, length } = heap.objects
  const { size } = heap.graph
  const { reachable, retainedSize } = analysis
  const places = heap.types.rows.length + 1
  const totals: TypeTotals = {
    objects: new Float64Array(places),
    bytes: new Float64Array(places),
    reachableObjects: new Float64Array(places),
    reachableBytes: new Float64Array(places),
    maxRetainedSize: new Float64Array(places),
    reachableValues: new Float64Array(places),
    unusedBytes: new Float64Array(places),
  }
  for (let object = 0; object < count; object++) {
    const place = type[object] + 1
    totals.objects[place]++
    totals.bytes[place] += size[object]
    if (reachable[object] === 0) continue
    totals.reachableObjects[place]++
    totals.reachableBytes[place] += size[object]
    totals.reachableValues[place] += length[object]
    if (unused[object] > 0) totals.unusedBytes[place] += unused[object]
    if (retainedSize[object] > totals.maxRetainedSize[place]) {
      totals.maxRetainedSize[place] = retainedSize[object]
    }
  }
  return totals
}
