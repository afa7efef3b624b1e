import type { AnalysedHeap, ExtractedHeap } from '../../model/heap-graph.ts'
import {
  type FrameRow,
  type GoroutineRow,
  type ObjectTable,
  ROOT_KINDS,
  type SpanTable,
} from '../../model/tables.ts'
import { NONE, type ObjectIndex } from '../../model/types.ts'
import type { TableRows } from '../write-table.ts'
import { expandSources } from './objects.ts'

/** roots, root_edges, goroutines and frames. Root r has the id that follows those of all objects: objects + r + 1. */
export function rootTables({ heap, analysis }: AnalysedHeap): TableRows[] {
  const { roots, graph } = heap
  const { rootEdges } = graph
  const from = graph.objectCount
  const firstId = graph.objectCount + 1
  return [
    {
      name: 'roots',
      rowCount: roots.count,
      columns: [
        { name: 'id', at: (row) => firstId + row },
        { name: 'parent_id', numbers: roots.parent, add: firstId, absent: NONE },
        { name: 'kind', at: (row) => ROOT_KINDS[roots.kind[row]] },
        { name: 'name', texts: roots.name },
        { name: 'type_id', numbers: roots.type, add: 1, absent: NONE },
        { name: 'address', numbers: roots.address, absent: 0 },
        { name: 'size', numbers: roots.size, absent: 0 },
        { name: 'retained_size', numbers: analysis.retainedSize, from },
        { name: 'retained_count', numbers: analysis.retainedCount, from },
        { name: 'depth', numbers: analysis.depth, from },
      ],
    },
    {
      name: 'root_edges',
      rowCount: rootEdges.count,
      columns: [
        { name: 'root_id', numbers: expandSources(rootEdges.first), add: firstId },
        { name: 'offset', numbers: rootEdges.offset },
        { name: 'target_id', numbers: rootEdges.target, add: 1 },
        { name: 'target_offset', numbers: rootEdges.targetOffset },
        { name: 'is_bridge', numbers: analysis.isRootBridge },
      ],
    },
    goroutineTable(heap, firstId),
    frameTable(heap.frames, firstId),
  ]
}

function goroutineTable(heap: ExtractedHeap, firstId: number): TableRows {
  const rows = heap.goroutines.toSorted((a, b) => a.root - b.root)
  return {
    name: 'goroutines',
    rowCount: rows.length,
    columns: [
      { name: 'id', at: (row) => rows[row].root + firstId },
      { name: 'goid', at: (row) => rows[row].goid },
      { name: 'status', at: (row) => rows[row].status },
      { name: 'wait_reason', at: (row) => rows[row].waitReason ?? null },
      { name: 'waiting_since_ns', at: (row) => rows[row].waitingSinceNs ?? null },
      { name: 'created_by', at: (row) => rows[row].createdBy ?? null },
      { name: 'created_by_file', at: (row) => rows[row].createdAt?.file ?? null },
      { name: 'created_by_line', at: (row) => rows[row].createdAt?.line ?? null },
      { name: 'created_by_goid', at: (row) => rows[row].createdByGoid ?? null },
      { name: 'waiting_on', at: (row) => describeWaits(rows[row]) },
      { name: 'waiting_on_id', at: (row) => waitedObject(heap, rows[row]) },
      { name: 'labels', at: (row) => describeLabels(rows[row]) },
      { name: 'stack_size', at: (row) => rows[row].stackSize },
      { name: 'thread_id', at: (row) => rows[row].threadId ?? null },
    ],
  }
}

function describeWaits({ waitingOn }: GoroutineRow): string | null {
  if (waitingOn.length === 0) return null
  return waitingOn.map(({ how, address }) => `${how} 0x${address.toString(16)}`).join(', ')
}

/** Id of the object that holds all that a goroutine waits for. */
function waitedObject({ objects, spans }: ExtractedHeap, { waitingOn }: GoroutineRow): number | null {
  const found = new Set(waitingOn.map(({ address }) => objectAt(objects, spans, address)))
  const [object] = found
  return found.size === 1 && object !== NONE ? object + 1 : null
}

function objectAt(objects: ObjectTable, spans: SpanTable, address: number): ObjectIndex {
  let low = 0
  let high = objects.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (objects.address[middle] <= address) low = middle + 1
    else high = middle
  }
  const object = low - 1
  if (object < 0) return NONE
  const span = objects.span[object]
  const room = spans.slotSize[span] - spans.headerSize[span]
  return address < objects.address[object] + room ? object : NONE
}

function describeLabels({ labels }: GoroutineRow): string | null {
  return labels === undefined || labels.size === 0 ? null : JSON.stringify(Object.fromEntries(labels))
}

function frameTable(frames: readonly FrameRow[], firstId: number): TableRows {
  const rows = frames.toSorted((a, b) => a.root - b.root)
  return {
    name: 'frames',
    rowCount: rows.length,
    columns: [
      { name: 'id', at: (row) => rows[row].root + firstId },
      { name: 'goroutine_id', at: (row) => rows[row].goroutineRoot + firstId },
      { name: 'depth', at: (row) => rows[row].depth },
      { name: 'function', at: (row) => rows[row].function },
      { name: 'file', at: (row) => rows[row].file ?? null },
      { name: 'line', at: (row) => rows[row].line ?? null },
      { name: 'pc', at: (row) => rows[row].pc },
    ],
  }
}
