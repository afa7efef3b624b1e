import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { losesPointers } from '../../model/problem.ts'
import { SPAN_STATES, type SpanTable } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import type { Column, Numbers } from '../columns.ts'
import type { TypeTotals } from '../totals.ts'
import type { TableRows } from '../write-table.ts'

const PAGE_BYTES = 8192

/** Neither 1, reachable, nor 0, garbage. */
const UNKNOWN = 2

export function objectTable(analysed: AnalysedHeap, unused: Numbers): TableRows {
  const { heap, analysis } = analysed
  const { objects, graph } = heap
  const isIncomplete = losesPointers(heap.problems)
  const columns: Column[] = [
    { name: 'address', numbers: objects.address },
    { name: 'size', numbers: graph.size },
    { name: 'type_id', numbers: objects.type, add: 1, absent: NONE },
    { name: 'length', numbers: objects.length, absent: 0 },
    { name: 'type_source', numbers: objects.typeSource, absent: 0 },
    isIncomplete
      ? { name: 'reachable', numbers: markUnknown(analysed), absent: UNKNOWN }
      : { name: 'reachable', numbers: analysis.reachable },
    { name: 'unswept', numbers: objects.unswept },
    { name: 'idom_id', numbers: analysis.idom, add: 1, absent: NONE },
    // An object has bytes and is at least one hop away, so that 0 is "not reachable" in these four.
    { name: 'retained_size', numbers: analysis.retainedSize, absent: 0 },
    { name: 'retained_count', numbers: analysis.retainedCount, absent: 0 },
    { name: 'distance', numbers: analysis.distance, absent: 0 },
    { name: 'depth', numbers: analysis.depth, absent: 0 },
    { name: 'parent_id', numbers: analysis.parent, add: 1, absent: NONE },
    { name: 'span_id', numbers: objects.span, add: 1 },
    { name: 'unused_bytes', numbers: unused, absent: -1 },
  ]
  // What is left out is NULL.
  if (heap.allocationStacks.stacks.length > 0) {
    columns.push({ name: 'stack_id', numbers: heap.allocationStacks.stackOf, add: 1, absent: NONE })
  }
  return { name: 'objects', rowCount: objects.count, firstId: 1, columns }
}

/** Where pointers were lost, an object is garbage only when the collector had found so itself. */
function markUnknown({ heap: { objects }, analysis }: AnalysedHeap): Uint8Array {
  return analysis.reachable.map((isReached, i) =>
    isReached === 1 || objects.unswept[i] === 1 ? isReached : UNKNOWN,
  )
}

export function edgeTable({ heap, analysis }: AnalysedHeap): TableRows {
  const { edges } = heap.graph
  return {
    name: 'edges',
    rowCount: edges.count,
    columns: [
      { name: 'source_id', numbers: expandSources(edges.first), add: 1 },
      { name: 'offset', numbers: edges.offset },
      { name: 'target_id', numbers: edges.target, add: 1 },
      { name: 'target_offset', numbers: edges.targetOffset },
      { name: 'is_bridge', numbers: analysis.isBridge },
    ],
  }
}

/** Source of each row of a CSR table. */
export function expandSources(first: Uint32Array): Uint32Array {
  const sources = new Uint32Array(first[first.length - 1])
  for (let source = 0; source + 1 < first.length; source++) {
    sources.fill(source, first[source], first[source + 1])
  }
  return sources
}

export function spanTable(spans: SpanTable): TableRows {
  const ofObjects = (row: number, value: number) => (spans.slotSize[row] === 0 ? null : value)
  return {
    name: 'spans',
    rowCount: spans.count,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'address', numbers: spans.address },
      { name: 'pages', numbers: spans.pages },
      { name: 'class_size', numbers: spans.slotSize, absent: 0 },
      { name: 'noscan', numbers: spans.noscan },
      { name: 'state', at: (row) => SPAN_STATES[spans.state[row]] },
      { name: 'slots', numbers: spans.slots },
      { name: 'allocated', numbers: spans.allocated },
      { name: 'header_size', numbers: spans.headerSize },
      {
        name: 'tail_waste',
        at: (row) => ofObjects(row, spans.pages[row] * PAGE_BYTES - spans.slots[row] * spans.slotSize[row]),
      },
      {
        name: 'first_object_id',
        at: (row) =>
          spans.firstObject[row] === spans.firstObject[row + 1] ? null : spans.firstObject[row] + 1,
      },
    ],
  }
}

export function typeTotalTable(totals: TypeTotals): TableRows {
  const places = [...totals.objects.keys()].filter((place) => totals.objects[place] > 0)
  const total = (name: string, sums: Float64Array) => ({ name, at: (row: number) => sums[places[row]] })
  return {
    name: 'type_totals',
    rowCount: places.length,
    columns: [
      { name: 'id', numbers: places },
      { name: 'type_id', numbers: places, absent: 0 },
      total('objects', totals.objects),
      total('bytes', totals.bytes),
      total('reachable_objects', totals.reachableObjects),
      total('reachable_bytes', totals.reachableBytes),
      { name: 'max_retained_size', at: (row) => totals.maxRetainedSize[places[row]] || null },
      total('unused_bytes', totals.unusedBytes),
    ],
  }
}
