import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { type FrameRow, type GoroutineRow, ROOT_KINDS } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
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
    goroutineTable(heap.goroutines, firstId),
    frameTable(heap.frames, firstId),
  ]
}

function goroutineTable(goroutines: readonly GoroutineRow[], firstId: number): TableRows {
  const rows = goroutines.toSorted((a, b) => a.root - b.root)
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
      { name: 'stack_size', at: (row) => rows[row].stackSize },
      { name: 'thread_id', at: (row) => rows[row].threadId ?? null },
    ],
  }
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
