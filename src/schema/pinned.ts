import { BitSet } from '../base/bitset.ts'
import type { AnalysedHeap } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'

/** A row of pinned_totals: pinned arrays that the same field of the same type holds. */
export interface PinnedTotal {
  /** TypeIndex of the holder; NONE for a variable, and when not known. */
  holderType: number
  arrays: number
  size: number
  shownSize: number
  savedSize: number
  /** ObjectIndex of the array that a copy would save most of. */
  example: number
}

/** Pinned arrays by what holds them: the node before each on its shortest path from a root. Those first that cost most. */
export function sumPinned(analysed: AnalysedHeap): PinnedTotal[] {
  const { heap } = analysed
  const { pinned } = heap.waste
  const places = findPlaces(analysed)
  const totals = new Map<string, PinnedTotal>()
  const bestOf = new Map<string, number>()
  for (let row = 0; row < pinned.count; row++) {
    const object = pinned.object[row]
    const { key, type } = places.get(object) ?? { key: 'unknown', type: NONE }
    let total = totals.get(key)
    if (total === undefined) {
      total = { holderType: type, arrays: 0, size: 0, shownSize: 0, savedSize: 0, example: object }
      totals.set(key, total)
    }
    total.arrays++
    total.size += heap.graph.size[object]
    total.shownSize += pinned.size[row]
    total.savedSize += pinned.saved[row]
    if (pinned.saved[row] <= (bestOf.get(key) ?? 0)) continue
    bestOf.set(key, pinned.saved[row])
    total.example = object
  }
  return [...totals.values()].sort((a, b) => b.savedSize - a.savedSize || a.example - b.example)
}

interface Place {
  /** The same for the same field of the same type, or for the same variable. */
  key: string
  type: number
}

/** By ObjectIndex: the pointer that the shortest path comes by. */
function findPlaces({ heap, analysis }: AnalysedHeap): Map<number, Place> {
  const { objects, graph, waste, types } = heap
  const { edges, rootEdges, objectCount, rootCount } = graph
  const isPinned = new BitSet(objectCount)
  for (const object of waste.pinned.object) isPinned.add(object)
  const places = new Map<number, Place>()
  for (let source = 0; source < objectCount; source++) {
    const type = objects.type[source]
    for (let edge = edges.first[source]; edge < edges.first[source + 1]; edge++) {
      const target = edges.target[edge]
      if (!isPinned.has(target) || analysis.parent[target] !== source || places.has(target)) continue
      const size = type === NONE ? Number.POSITIVE_INFINITY : types.rows[type].size
      places.set(target, { key: `${type} ${edges.offset[edge] % size}`, type })
    }
  }
  for (let root = 0; root < rootCount; root++) {
    for (let edge = rootEdges.first[root]; edge < rootEdges.first[root + 1]; edge++) {
      const target = rootEdges.target[edge]
      if (isPinned.has(target) && analysis.parent[target] === objectCount + root)
        places.set(target, { key: `root ${root}`, type: NONE })
    }
  }
  return places
}
