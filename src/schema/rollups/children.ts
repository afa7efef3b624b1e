import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { NONE } from '../../model/types.ts'

/** A row of dominated_types: objects of one type that one node directly dominates. */
export interface DominatedType {
  /** NodeIndex; NONE: nothing dominates them. */
  idom: number
  type: number
  objects: number
  size: number
  retainedSize: number
  retainedCount: number
  /** The one that retains most. */
  biggest: number
}

/** With fewer children a query sums them up in no time. */
export const MANY_CHILDREN = 1000

/** Children of nodes that have MANY_CHILDREN or more, by type. */
export function sumChildren({ heap, analysis }: AnalysedHeap): DominatedType[] {
  const { objects, graph } = heap
  const { idom, reachable, retainedSize, retainedCount } = analysis
  // Place 0 is of what nothing dominates.
  const children = new Uint32Array(graph.objectCount + graph.rootCount + 1)
  for (let object = 0; object < graph.objectCount; object++)
    if (reachable[object] === 1) children[idom[object] + 1]++
  const rows = new Map<number, Map<number, DominatedType>>()
  for (let object = 0; object < graph.objectCount; object++) {
    const above = idom[object]
    if (reachable[object] === 0 || (above !== NONE && children[above + 1] < MANY_CHILDREN)) continue
    let byType = rows.get(above)
    if (byType === undefined) {
      byType = new Map()
      rows.set(above, byType)
    }
    const type = objects.type[object]
    let row = byType.get(type)
    if (row === undefined) {
      row = { idom: above, type, objects: 0, size: 0, retainedSize: 0, retainedCount: 0, biggest: object }
      byType.set(type, row)
    }
    row.objects++
    row.size += graph.size[object]
    row.retainedSize += retainedSize[object]
    row.retainedCount += retainedCount[object]
    if (retainedSize[object] > retainedSize[row.biggest]) row.biggest = object
  }
  return [...rows.values()].flatMap((byType) => [...byType.values()])
}
