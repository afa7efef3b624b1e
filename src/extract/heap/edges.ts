import { sharedFloat64, sharedUint32 } from '../../base/columns.ts'
import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import type { EdgeTable, SpanTable } from '../../model/tables.ts'
import type { Progress } from '../../progress.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import type { ScanTables, SliceResult } from './scan.ts'
import { IN_USE } from './spans.ts'

/** Scans spans [from, to): inline or in a worker, the same function either way. */
export type ScanSlice = (from: number, to: number) => SliceResult | Promise<SliceResult>

/** Bytes of pointerful spans in a slice: enough to keep a worker busy, few enough to share out evenly. */
const SLICE_BYTES = 16 * 2 ** 20

/**
 * All object -> object pointers. Slices do not depend on the number of threads and are joined in address order,
 * so the table is the same however many scan.
 */
export async function readEdges(
  tables: ScanTables,
  objectCount: number,
  scan: ScanSlice,
  parallel: number,
  problems: Problems,
  progress: Progress,
): Promise<EdgeTable> {
  const slices = cutSlices(tables.spans)
  const results = new Array<SliceResult>(slices.length)
  let next = 0
  let done = 0
  const runOne = async () => {
    while (next < slices.length) {
      const i = next++
      results[i] = await scan(slices[i].from, slices[i].to)
      progress.update('edges', ++done, slices.length)
    }
  }
  await Promise.all(Array.from({ length: parallel }, runOne))
  for (const result of results) noteProblems(result, problems)
  return joinSlices(tables, objectCount, results)
}

function cutSlices(spans: SpanTable): { from: number; to: number }[] {
  const slices: { from: number; to: number }[] = []
  let from = 0
  let bytes = 0
  for (let s = 0; s < spans.count; s++) {
    if (spans.state[s] === IN_USE && spans.noscan[s] === 0) bytes += spans.pages[s] * PAGE_BYTES
    if (bytes >= SLICE_BYTES || s === spans.count - 1) {
      slices.push({ from, to: s + 1 })
      from = s + 1
      bytes = 0
    }
  }
  return slices
}

function joinSlices(tables: ScanTables, objectCount: number, results: readonly SliceResult[]): EdgeTable {
  const count = results.reduce((sum, result) => sum + result.edges.target.length, 0)
  if (count >= 2 ** 32) {
    throw new GoheapError('unsupported', `the heap has ${count} pointers; goheap indexes fewer than 2^32`)
  }
  const makeOffsets = tables.wideOffsets ? sharedFloat64 : sharedUint32
  const edges = {
    count,
    first: sharedUint32(objectCount + 1),
    offset: makeOffsets(count),
    target: sharedUint32(count),
    targetOffset: makeOffsets(count),
  }
  for (let i = 0; i < objectCount; i++) edges.first[i + 1] = edges.first[i] + tables.edgeCount[i]
  let at = 0
  for (const { edges: slice } of results) {
    edges.offset.set(slice.offset, at)
    edges.target.set(slice.target, at)
    edges.targetOffset.set(slice.targetOffset, at)
    at += slice.target.length
  }
  return edges
}

function noteProblems(result: SliceResult, problems: Problems): void {
  if (result.absentBytes > 0) {
    problems.add(
      'edges',
      'heap-absent',
      'error',
      'bytes of pointerful heap are not in the core: the pointers there are not known',
      { address: result.firstAbsent, count: result.absentBytes },
    )
  }
  if (result.maskless > 0) {
    problems.add('edges', 'mask-unreadable', 'error', 'objects whose type’s pointer mask cannot be read', {
      address: result.firstMaskless,
      count: result.maskless,
    })
  }
}
