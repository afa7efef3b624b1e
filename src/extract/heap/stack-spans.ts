import { SPAN_STATES } from '../../model/tables.ts'
import { type AddressRange, findRange } from '../file/extents.ts'
import { readable } from '../file/readable.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'
import { goroutineStatuses, readAllGs } from './goroutine-reader.ts'
import { readMachines } from './machines.ts'
import { readProcessors } from './page-alloc.ts'
import { walk } from './runtime-memory.ts'
import type { SpanRecords } from './spans.ts'

/** What a span that is managed by hand is for. runtime/mheap.go, spanAllocType. */
export type ManualUse = 'stack' | 'work buffer' | 'mask'

/** Bytes of the stack spans by who has them; undefined: cannot be read. */
export interface StackUse {
  /** Stacks of goroutines, and of those that ended and left theirs for the next one. */
  goroutines: number
  ended: number
  /** Of the runtime's own goroutines of each thread: scheduler (g0) and signal handler (gsignal). */
  threads: number
  /** Kept by Ps for goroutines to come; in spans of which other stacks are in use; whole free spans. */
  cached: number
  pooled: number
  large: number
}

const MANUAL = SPAN_STATES.indexOf('manual')
/** Stacks below it are cut from spans of this size. runtime/malloc.go, _StackCacheSize. */
const STACK_CACHE_BYTES = 32 << 10

/**
 * What each manual span is for, by row of the span table. A work buffer's span is on one of the collector's lists; one of
 * a mask (Go 1.22 and 1.23) holds the type that a large object's mspan.largeType points to; all others are stacks.
 */
export function classifyManualSpans(process: GoProcess, spans: SpanRecords): Map<number, ManualUse> {
  const { table } = spans
  const uses = new Map<number, ManualUse>()
  const workBuffers = readWorkBufferSpans(process)
  for (let s = 0; s < table.count; s++) {
    if (table.state[s] !== MANUAL) continue
    uses.set(s, workBuffers.has(spans.mspan[s]) ? 'work buffer' : 'stack')
  }
  const ranges = manualRanges(spans, uses)
  for (let s = 0; s < table.count; s++) {
    if (table.largeType[s] === 0) continue
    const range = rangeAt(ranges, table.largeType[s])
    if (range !== undefined) uses.set(range.span, 'mask')
  }
  return uses
}

/** runtime/mgc.go, work.wbufSpans. */
function readWorkBufferSpans({ memory, layouts, problems }: GoProcess): Set<number> {
  const work = layouts.variable('runtime.work')
  if (work === undefined) return new Set()
  const type = layouts.struct('runtime.workType')
  const next = layouts.struct('runtime.mspan').offset('next')
  const lists = readable(() =>
    ['free', 'busy'].flatMap((list) =>
      walk(memory.readWord(work + type.offset(`wbufSpans.${list}.first`)), (span) =>
        memory.readWord(span + next),
      ),
    ),
  )
  if (lists === undefined) {
    const message = 'the lists of the collector’s buffers break off: some may be counted as stacks'
    problems.add('spans', 'work-buffers-unreadable', 'warning', message)
  }
  return new Set(lists)
}

interface SpanRange extends AddressRange {
  span: number
}

function manualRanges({ table }: SpanRecords, uses: ReadonlyMap<number, ManualUse>): SpanRange[] {
  return [...uses.keys()].map((span) => ({
    span,
    address: table.address[span],
    size: table.pages[span] * PAGE_BYTES,
  }))
}

function rangeAt(ranges: readonly SpanRange[], address: number): SpanRange | undefined {
  const range = ranges[findRange(ranges, address)]
  return range !== undefined && address < range.address + range.size ? range : undefined
}

/** Faults as Memory does. */
export function readStackUse(
  process: GoProcess,
  spans: SpanRecords,
  uses: ReadonlyMap<number, ManualUse>,
): StackUse {
  const ranges = manualRanges(spans, uses).filter(({ span }) => uses.get(span) === 'stack')
  const heapBytes = ({ low, high }: Stack) => (rangeAt(ranges, low) === undefined ? 0 : high - low)
  const sum = (stacks: readonly Stack[]) => stacks.reduce((total, stack) => total + heapBytes(stack), 0)
  const goroutines = readGoroutineStacks(process)
  return {
    goroutines: sum(goroutines.filter(({ hasEnded }) => !hasEnded)),
    ended: sum(goroutines.filter(({ hasEnded }) => hasEnded)),
    threads: sum(readThreadStacks(process)),
    cached: readCachedBytes(process),
    ...readFreeSpans(process, spans, ranges),
  }
}

export interface Stack {
  low: number
  high: number
}

function stackReader({ memory, layouts }: GoProcess): (g: number) => Stack {
  const type = layouts.struct('runtime.g')
  const [low, high] = [type.offset('stack.lo'), type.offset('stack.hi')]
  return (g) => ({ low: memory.readWord(g + low), high: memory.readWord(g + high) })
}

function readGoroutineStacks(process: GoProcess): (Stack & { hasEnded: boolean })[] {
  const { memory, layouts } = process
  const statuses = goroutineStatuses(layouts)
  const statusAt = layouts.struct('runtime.g').offset('atomicstatus')
  const scanBit = layouts.constant('runtime._Gscan') ?? 0x1000
  const stackOf = stackReader(process)
  return readAllGs(process).map((g) => {
    const status = memory.readU32(g + statusAt) & ~scanBit
    return { ...stackOf(g), hasEnded: status === statuses.dead || status === statuses.deadextra }
  })
}

/**
 * Of all threads, of those that have ended but whose stack was not taken back yet (sched.freem), and the one kept for a
 * thread that overflows its own (gcrash, Go 1.22+).
 */
export function readThreadStacks(process: GoProcess): Stack[] {
  const { memory, layouts } = process
  const stackOf = stackReader(process)
  const m = layouts.struct('runtime.m')
  const stacks: Stack[] = []
  for (const { schedulerG, signalStackLow, signalStackHigh } of readMachines(process).values()) {
    if (schedulerG !== 0) stacks.push(stackOf(schedulerG))
    stacks.push({ low: signalStackLow, high: signalStackHigh })
  }
  const spare = layouts.variable('runtime.gcrash')
  if (spare !== undefined) stacks.push(stackOf(spare))
  const sched = layouts.variable('runtime.sched')
  if (sched === undefined) return stacks
  const head = memory.readWord(sched + layouts.struct('runtime.schedt').offset('freem'))
  for (const ended of walk(head, (at) => memory.readWord(at + m.offset('freelink')))) {
    const g0 = memory.readWord(ended + m.offset('g0'))
    // gsignal is left to the garbage collector with its stack freed. runtime/proc.go, mexit.
    if (g0 !== 0) stacks.push(stackOf(g0))
  }
  return stacks
}

/** runtime/mcache.go, mcache.stackcache: free lists by size, each with its bytes. */
function readCachedBytes(process: GoProcess): number {
  const { memory, layouts } = process
  const mcacheAt = layouts.struct('runtime.p').offset('mcache')
  const lists = layouts.struct('runtime.mcache').field('stackcache')
  const list = layouts.struct('runtime.stackfreelist')
  let bytes = 0
  for (const p of readProcessors(process)) {
    const mcache = memory.readWord(p + mcacheAt)
    if (mcache === 0) continue
    for (let at = 0; at < lists.size; at += list.size) {
      bytes += memory.readWord(mcache + lists.offset + at + list.offset('size'))
    }
  }
  return bytes
}

/**
 * Spans of small stacks count the stacks taken from them (mspan.allocCount), of which some are in the caches of Ps.
 * Free large ones are on the lists of stackLarge. runtime/stack.go: stackpoolalloc, stackLarge.
 */
function readFreeSpans(process: GoProcess, spans: SpanRecords, ranges: readonly SpanRange[]) {
  const { memory, layouts } = process
  const elemsizeAt = layouts.struct('runtime.mspan').offset('elemsize')
  const freeLarge = readFreeLargeSpans(process)
  let pooled = 0
  let large = 0
  for (const { span, size } of ranges) {
    const stackSize = memory.readWord(spans.mspan[span] + elemsizeAt)
    if (freeLarge.has(spans.mspan[span])) large += size
    else if (stackSize < STACK_CACHE_BYTES) pooled += size - spans.allocCount[span] * stackSize
  }
  return { pooled, large }
}

function readFreeLargeSpans({ memory, layouts }: GoProcess): Set<number> {
  const stackLarge = layouts.variable('runtime.stackLarge')
  if (stackLarge === undefined) return new Set()
  const next = layouts.struct('runtime.mspan').offset('next')
  const list = layouts.struct('runtime.mSpanList')
  const first = stackLarge + layouts.struct('runtime.mutex').size + list.offset('first')
  const spans: number[] = []
  // One list for each power of two of pages, of a 48-bit address space.
  for (let order = 0; order < 48 - Math.log2(PAGE_BYTES); order++) {
    spans.push(...walk(memory.readWord(first + order * list.size), (span) => memory.readWord(span + next)))
  }
  return new Set(spans)
}
