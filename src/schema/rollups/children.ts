import type { AnalysedHeap, HeapGraph } from '../../model/heap-graph.ts'
import { NONE } from '../../model/types.ts'

/** A row of dominated_types: objects of one type that one node directly dominates, or a root that is a part of it. */
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
const MANY_CHILDREN = 1000

/** Of a root the one that it is a part of: the frame of a local, the goroutine of a frame. undefined for none, and of all else. */
function wholeRoots({ objectCount, rootParent }: HeapGraph): (node: number) => number | undefined {
  return (node) => {
    const whole = node < objectCount ? NONE : rootParent[node - objectCount]
    return whole === NONE ? undefined : objectCount + whole
  }
}

/** Children of nodes that have MANY_CHILDREN or more, by type. */
export function sumChildren({ heap, analysis }: AnalysedHeap): DominatedType[] {
  const { objects, graph } = heap
  const { idom, reachable, retainedSize, retainedCount } = analysis
  // Place 0 is of what nothing dominates.
  const children = new Uint32Array(graph.objectCount + graph.rootCount + 1)
  const wholeOf = wholeRoots(graph)
  for (let object = 0; object < graph.objectCount; object++) {
    if (reachable[object] === 0) continue
    for (let above: number | undefined = idom[object]; above !== undefined; above = wholeOf(above))
      children[above + 1]++
  }
  const rows = new Map<number, Map<number, DominatedType>>()
  const add = (above: number, object: number) => {
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
  for (let object = 0; object < graph.objectCount; object++) {
    if (reachable[object] === 0) continue
    for (let above: number | undefined = idom[object]; above !== undefined; above = wholeOf(above))
      if (above === NONE || children[above + 1] >= MANY_CHILDREN) add(above, object)
  }
  return [...rows.values()].flatMap((byType) => [...byType.values()])
}
