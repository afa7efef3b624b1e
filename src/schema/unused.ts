import type { AnalysedHeap } from '../model/heap-graph.ts'

/** Bytes that each object leaves unused; -1 where it is not known. */
export type UnusedBytes = Int32Array | Float64Array

const UNKNOWN = -1

/** Lets the holders that live decide what is unused where holders differ; of garbage, which only garbage holds, all do. */
export function settleUnused({ heap, analysis }: AnalysedHeap): UnusedBytes {
  const { unused, claims } = heap.capacity
  if (claims.count === 0) return unused
  const { reachable } = analysis
  const objectCount = heap.objects.count
  const isLive = (node: number) => node >= objectCount || reachable[node] === 1
  const settled = unused.slice()
  for (let row = 0; row < claims.count; ) {
    const object = claims.object[row]
    let least = Number.POSITIVE_INFINITY
    let isUnknown = false
    for (; row < claims.count && claims.object[row] === object; row++) {
      if (reachable[object] === 1 && !isLive(claims.holder[row])) continue
      if (claims.unused[row] === UNKNOWN) isUnknown = true
      else least = Math.min(least, claims.unused[row])
    }
    settled[object] = least === 0 || (!isUnknown && Number.isFinite(least)) ? least : UNKNOWN
  }
  return settled
}
