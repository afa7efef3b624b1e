import type { Core } from '../extract/file/core.ts'
import { TypeMasks } from '../extract/go/gc-mask.ts'
import { type GoProcess, openProcess } from '../extract/go/process.ts'
import { planHeapBits } from '../extract/heap/heap-bits.ts'
import { buildPageMap, type ObjectMasks } from '../extract/heap/object-finder.ts'
import { objectMasks } from '../extract/heap/object-masks.ts'
import { readObjects } from '../extract/heap/objects.ts'
import { readSpans, type SpanRecords } from '../extract/heap/spans.ts'
import type { Problems } from '../model/problem.ts'
import type { ObjectTable } from '../model/tables.ts'
import { Progress } from '../progress.ts'

/** What the core says of its heap, read anew. */
export interface CoreHeap {
  readonly process: GoProcess
  readonly spans: SpanRecords
  readonly objects: ObjectTable
  /** Pointer masks of single objects, which indexing reads span by span. */
  readonly masks: ObjectMasks
  readonly typeMasks: TypeMasks
}

export function readCoreHeap(core: Core, problems: Problems): CoreHeap {
  const process = openProcess(core, problems)
  const spans = readSpans(process)
  const objects = readObjects(process, spans, new Progress())
  const { memory, facts } = process
  const typeMasks = new TypeMasks(memory, facts)
  const tables = {
    spans: spans.table,
    userArena: spans.userArena,
    slotObject: objects.slotObject,
    map: buildPageMap(spans.table),
    heapBits: planHeapBits(process, spans.table),
    wideOffsets: false,
    edgeCount: new Uint32Array(0),
  }
  return { process, spans, objects, masks: objectMasks(tables, objects, memory, typeMasks), typeMasks }
}
