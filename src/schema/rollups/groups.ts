import { type DominatedTotals, dominatedBy, type GroupedObjects } from '../../graph/dominated-totals.ts'
import type { DominatorVisitor } from '../../graph/dominator-walk.ts'
import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { NONE, TYPE_KINDS } from '../../model/types.ts'
import { moduleNamer, packageOfType } from './packages.ts'

/** What objects can be summed up by. */
export type Grouping = 'type' | 'package' | 'module' | 'kind' | 'size class'

/** A row of group_totals. Bytes are those of slots. */
export interface GroupTotal {
  grouping: Grouping
  /** undefined: for objects that belong to none, as those of unknown type. */
  name: string | undefined
  objects: number
  bytes: number
  reachableObjects: number
  reachableBytes: number
  dominatedSize: number
  dominatedObjects: number
}

/** runtime/sizeclasses.go, MaxSmallSize: every larger object has a span, and so a size, of its own. */
const MAX_SMALL_BYTES = 32768

interface NamedGroups extends GroupedObjects {
  grouping: Grouping
  nameOf(group: number): string | undefined
}

/** Visitors for walkDominators, one for each grouping; `finish` sums what they saw. */
export function groupObjects(analysed: AnalysedHeap): {
  visitors: DominatorVisitor[]
  finish(): GroupTotal[]
} {
  const { heap, analysis } = analysed
  const groupings = [
    groupByType(analysed),
    groupByPackage(analysed),
    groupByModule(analysed),
    groupByKind(analysed),
    groupByClass(analysed),
  ]
  const dominated = groupings.map((groups) => dominatedBy(heap.graph, analysis, groups))
  return {
    visitors: dominated,
    finish: () => groupings.flatMap((groups, place) => sumGroups(analysed, groups, dominated[place].totals)),
  }
}

function sumGroups(
  { heap, analysis }: AnalysedHeap,
  groups: NamedGroups,
  dominated: DominatedTotals,
): GroupTotal[] {
  const { size, objectCount } = heap.graph
  const totals = Array.from(
    { length: groups.count },
    (_, group): GroupTotal => ({
      grouping: groups.grouping,
      name: groups.nameOf(group),
      objects: 0,
      bytes: 0,
      reachableObjects: 0,
      reachableBytes: 0,
      dominatedSize: dominated.size[group],
      dominatedObjects: dominated.objects[group],
    }),
  )
  for (let object = 0; object < objectCount; object++) {
    const total = totals[groups.groupOf(object)]
    total.objects++
    total.bytes += size[object]
    if (analysis.reachable[object] === 0) continue
    total.reachableObjects++
    total.reachableBytes += size[object]
  }
  return totals.filter(({ objects }) => objects > 0)
}

function groupByType({ heap }: AnalysedHeap): NamedGroups {
  const { type } = heap.objects
  return {
    grouping: 'type',
    count: heap.types.rows.length + 1,
    groupOf: (object) => type[object] + 1,
    nameOf: (group) => heap.types.rows[group - 1]?.name,
  }
}

function groupByPackage({ heap }: AnalysedHeap): NamedGroups {
  return groupTypes(heap, 'package', packageOfType)
}

function groupByModule({ heap }: AnalysedHeap): NamedGroups {
  return groupTypes(heap, 'module', moduleNamer(heap.modules))
}

function groupByKind({ heap }: AnalysedHeap): NamedGroups {
  return groupTypes(heap, 'kind', ({ kind }) => TYPE_KINDS.find((name) => name === kind))
}

/** Group 0 is for objects whose type has no such name, or is not known. */
function groupTypes(
  { objects, types }: AnalysedHeap['heap'],
  grouping: Grouping,
  nameOf: (type: AnalysedHeap['heap']['types']['rows'][number]) => string | undefined,
): NamedGroups {
  const names: (string | undefined)[] = [undefined]
  const groups = new Map<string | undefined, number>([[undefined, 0]])
  const ofType = Int32Array.from(types.rows, (type) => {
    const name = nameOf(type)
    const group = groups.get(name) ?? names.push(name) - 1
    groups.set(name, group)
    return group
  })
  const { type } = objects
  return {
    grouping,
    count: names.length,
    groupOf: (object) => (type[object] === NONE ? 0 : ofType[type[object]]),
    nameOf: (group) => names[group],
  }
}

function groupByClass({ heap }: AnalysedHeap): NamedGroups {
  const { span } = heap.objects
  const { slotSize } = heap.spans
  const sizes = [...new Set(slotSize)].filter((size) => size <= MAX_SMALL_BYTES).sort((a, b) => a - b)
  const places = new Map(sizes.map((size, place) => [size, place]))
  const ofSpan = Int32Array.from(slotSize, (size) => places.get(size) ?? sizes.length)
  return {
    grouping: 'size class',
    count: sizes.length + 1,
    groupOf: (object) => ofSpan[span[object]],
    nameOf: (group) => (group < sizes.length ? String(sizes[group]) : `over ${MAX_SMALL_BYTES}`),
  }
}
