import { availableParallelism } from 'node:os'
import { sharedUint32 } from '../base/columns.ts'
import { reachRows } from '../base/reach.ts'
import { GoheapError } from '../errors.ts'
import type { ExtractedHeap, HeapGraph } from '../model/heap-graph.ts'
import { losesPointers, type Problems } from '../model/problem.ts'
import type { EdgeTable, Module, ObjectTable } from '../model/tables.ts'
import { Progress } from '../progress.ts'
import type { Core } from './file/core.ts'
import { TypeMasks } from './go/gc-mask.ts'
import { type GoProcess, openProcess } from './go/process.ts'
import { openTypeCatalog } from './go/type-catalog.ts'
import { readAllocationStacks } from './heap/allocation-stacks.ts'
import { readDynamicTypes } from './heap/dynamic-types.ts'
import { readEdges } from './heap/edges.ts'
import { readGlobalRoots } from './heap/global-roots.ts'
import { readGoroutines } from './heap/goroutines.ts'
import { planHeapBits } from './heap/heap-bits.ts'
import { judgeUnknownRelease } from './heap/invariants.ts'
import { countLostObjects } from './heap/lost-objects.ts'
import { readMapKeys } from './heap/map-keys.ts'
import { accountMemory } from './heap/memory-account.ts'
import { buildPageMap, objectFinder } from './heap/object-finder.ts'
import { objectMasks } from './heap/object-masks.ts'
import { readObjects } from './heap/objects.ts'
import { readQueueRoots } from './heap/queue-roots.ts'
import { RootBuilder } from './heap/root-builder.ts'
import { type ScanTables, scanSpans } from './heap/scan.ts'
import { readSpans, type SpanRecords } from './heap/spans.ts'
import { readSpecialRoots } from './heap/special-roots.ts'
import { readStrings } from './heap/strings.ts'
import { typeObjects } from './heap/typing/type-objects.ts'
import { readWaste } from './heap/waste.ts'
import { describeHeap } from './metadata.ts'
import { openScanPool } from './workers/scan-pool.ts'

export interface ExtractOptions {
  /** Threads that scan the heap for pointers; default: as many as the machine has, at most 8. The result is the same. */
  threads?: number
  progress?: Progress
  /** Keep the text of strings and the keys of maps too, not only lengths and hashes. The core has to stay open until it is written. */
  stringValues?: boolean
  /** Read a Go release that goheap does not know even where it is seen to be other than the newest that goheap knows. */
  force?: boolean
}

/**
 * Reads everything that a core holds of a Go heap: objects, pointers, types, roots, goroutines.
 * Bytes that cannot be read or contradict each other become rows of `problems`; throws GoheapError for a program that
 * is not Go, or of a Go version or build that is not read.
 */
export async function extract(
  core: Core,
  problems: Problems,
  options: ExtractOptions = {},
): Promise<ExtractedHeap> {
  const progress = options.progress ?? new Progress()
  progress.update('facts', 0, 0)
  const process = openProcess(core, problems)
  progress.update('types', 0, 0)
  const types = openTypeCatalog(process)

  progress.update('spans', 0, 0)
  const spans = readSpans(process)
  const objects = readObjects(process, spans, progress)
  const lostObjects = countLostObjects(process, spans, objects)
  const tables = scanTables(process, spans, objects)
  const masks = objectMasks(tables, objects, process.memory, new TypeMasks(process.memory, process.facts))
  judgeUnknownRelease({ process, spans, objects, masks }, { force: options.force ?? false })
  const edges = await scanHeap(process, tables, objects, options.threads ?? defaultThreads(), progress)

  const finder = objectFinder(spans.table, objects, tables.map)
  const builder = new RootBuilder()
  progress.update('roots', 0, 0)
  readGlobalRoots(process, types, finder, builder)
  readQueueRoots(process, builder)
  readSpecialRoots(process, spans, objects, edges, builder)
  const { goroutines, frames } = readGoroutines(process, types, builder, progress)
  if (objects.count === 0 && goroutines.length === 0 && losesPointers(problems.rows)) {
    const message = `${core.corePath} has neither objects nor goroutines left that can be read`
    throw new GoheapError('truncated', message)
  }
  const { roots, rootEdges } = builder.finish(spans.table, objects, finder, problems)

  const programs = typeObjects(
    { process, catalog: types, spans: spans.table, objects, edges, roots, rootEdges, finder, masks },
    progress,
  )

  const typed = { process, catalog: types, spans: spans.table, objects, edges, roots, rootEdges }
  readDynamicTypes({ ...typed, programs })
  const strings = readStrings(typed, { withValues: options.stringValues ?? false, progress })
  const mapKeys = options.stringValues
    ? readMapKeys({ memory: process.memory, catalog: types, objects, edges })
    : undefined
  const live = reachRows(edges, rootEdges.target)
  const waste = readWaste({ ...typed, programs, live, strings }, progress)

  const size = new Float64Array(objects.count)
  for (let i = 0; i < objects.count; i++) size[i] = spans.table.slotSize[objects.span[i]]
  const graph: HeapGraph = {
    objectCount: objects.count,
    rootCount: roots.count,
    size,
    edges,
    rootEdges,
    rootParent: roots.parent,
  }
  return {
    metadata: describeHeap(process, spans, size)
      .set('string_value_bytes', strings.maxValueBytes)
      .set('reachability', losesPointers(problems.rows) ? 'incomplete' : 'complete')
      .set('lost_objects', lostObjects ?? 'unknown'),
    modules: listModules(process),
    mappings: process.memory.mappings,
    types: types.table,
    spans: spans.table,
    objects,
    roots,
    goroutines,
    frames,
    allocationStacks: readAllocationStacks(process, spans, objects),
    strings,
    mapKeys,
    waste,
    memory: accountMemory(process, spans),
    graph,
    problems: problems.rows,
  }
}

/** The main module first. */
function listModules({ buildInfo }: GoProcess): Module[] {
  return buildInfo.mainModule ? [buildInfo.mainModule, ...buildInfo.modules] : [...buildInfo.modules]
}

const defaultThreads = () => Math.min(8, availableParallelism())

function scanTables(process: GoProcess, spans: SpanRecords, objects: ObjectTable): ScanTables {
  const { table } = spans
  let largest = 0
  for (let s = 0; s < table.count; s++) largest = Math.max(largest, table.slotSize[s])
  return {
    spans: table,
    userArena: spans.userArena,
    slotObject: objects.slotObject,
    map: buildPageMap(table),
    heapBits: planHeapBits(process, table),
    wideOffsets: largest >= 2 ** 32,
    edgeCount: sharedUint32(objects.count),
  }
}

async function scanHeap(
  process: GoProcess,
  tables: ScanTables,
  objects: ObjectTable,
  threads: number,
  progress: Progress,
): Promise<EdgeTable> {
  const { memory, facts, problems } = process
  if (threads <= 1) {
    const masks = new TypeMasks(memory, facts)
    const scan = (from: number, to: number) => scanSpans(tables, memory, masks, from, to)
    return readEdges(tables, objects.count, scan, 1, problems, progress)
  }
  const pool = openScanPool({ tables, memory: memory.plan, facts }, threads)
  try {
    return await readEdges(tables, objects.count, pool.scan, threads, problems, progress)
  } finally {
    await pool.close()
  }
}
