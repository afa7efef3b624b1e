import { sharedUint32 } from '../../src/base/columns.ts'
import { type ExtractOptions, extract } from '../../src/extract/extract.ts'
import { type Core, type OpenCoreOptions, openCore } from '../../src/extract/file/core.ts'
import { TypeMasks } from '../../src/extract/go/gc-mask.ts'
import { openProcess } from '../../src/extract/go/process.ts'
import { planHeapBits } from '../../src/extract/heap/heap-bits.ts'
import {
  buildPageMap,
  type ObjectFinder,
  type ObjectMasks,
  objectFinder,
} from '../../src/extract/heap/object-finder.ts'
import { objectMasks } from '../../src/extract/heap/object-masks.ts'
import { readObjects } from '../../src/extract/heap/objects.ts'
import { readSpans } from '../../src/extract/heap/spans.ts'
import type { ExtractedHeap } from '../../src/model/heap-graph.ts'
import { Problems } from '../../src/model/problem.ts'
import { Progress } from '../../src/progress.ts'

/** What goheap made of a core, with the means to look at single objects. */
export interface Extracted {
  readonly core: Core
  readonly heap: ExtractedHeap
  readonly finder: ObjectFinder
  readonly masks: ObjectMasks
  /** Start of the object's slot, its malloc header included: what the runtime calls its base. */
  slotAddress(object: number): number
}

export async function extractRun(
  run: { core: string; binary: string },
  threads = 1,
  options: ExtractOptions = {},
  places: OpenCoreOptions = {},
): Promise<Extracted> {
  const problems = new Problems()
  const core = openCore(run.core, run.binary, problems, places)
  const heap = await extract(core, problems, { threads, ...options })
  const { spans, objects } = heap
  return {
    core,
    heap,
    finder: objectFinder(spans, objects, buildPageMap(spans)),
    masks: masksOf(core),
    slotAddress: (object) => objects.address[object] - spans.headerSize[objects.span[object]],
  }
}

/** The extractor's own reader of single masks, which its result does not hold. */
function masksOf(core: Core): ObjectMasks {
  const process = openProcess(core, new Problems())
  const spans = readSpans(process)
  const objects = readObjects(process, spans, new Progress())
  const tables = {
    spans: spans.table,
    userArena: spans.userArena,
    slotObject: objects.slotObject,
    map: buildPageMap(spans.table),
    heapBits: planHeapBits(process, spans.table),
    wideOffsets: false,
    edgeCount: sharedUint32(objects.count),
  }
  return objectMasks(tables, objects, process.memory, new TypeMasks(process.memory, process.facts))
}
