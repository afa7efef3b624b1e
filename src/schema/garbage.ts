import type { AnalysedHeap } from '../model/heap-graph.ts'
import { losesPointers } from '../model/problem.ts'

/** Sums over the unreachable objects of each type; place 0 is for objects of unknown type, place t + 1 for TypeIndex t. */
export interface GarbageTotals {
  readonly objects: Float64Array
  readonly bytes: Float64Array
  /** Of these, what the last collection has found dead and nobody has swept yet. */
  readonly unsweptObjects: Float64Array
  readonly unsweptBytes: Float64Array
}

export function sumGarbage({ heap, analysis }: AnalysedHeap): GarbageTotals {
  const { count, type, unswept } = heap.objects
  const { size } = heap.graph
  // Where pointers were lost, an object is garbage only when the collector had found so itself.
  const isIncomplete = losesPointers(heap.problems)
  const places = heap.types.rows.length + 1
  const totals: GarbageTotals = {
    objects: new Float64Array(places),
    bytes: new Float64Array(places),
    unsweptObjects: new Float64Array(places),
    unsweptBytes: new Float64Array(places),
  }
  for (let object = 0; object < count; object++) {
    if (analysis.reachable[object] === 1 || (isIncomplete && unswept[object] === 0)) continue
    const place = type[object] + 1
    totals.objects[place]++
    totals.bytes[place] += size[object]
    if (unswept[object] === 0) continue
    totals.unsweptObjects[place]++
    totals.unsweptBytes[place] += size[object]
  }
  return totals
}
