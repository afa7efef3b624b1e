import { type MemoryAccount, OBJECTS_KEY } from '../../model/memory-account.ts'
import { SPAN_STATES, type SpanTable } from '../../model/tables.ts'
import { readable } from '../file/readable.ts'
import { MAX_SLOT_WITHOUT_HEADER, MIN_SLOT_WITH_INLINE_MARKS, PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'
import { AccountTree } from './account-tree.ts'
import { addOutside, sumLeftovers } from './memory-outside.ts'
import { type MappedSums, type MemoryRegions, mapRegions, sumMapped, type Use } from './memory-regions.ts'
import { addRuntime, sumRuntime } from './runtime-account.ts'
import { type RuntimeCounters, readRuntimeCounters } from './runtime-memory.ts'
import type { SpanRecords } from './spans.ts'
import { readStackUse, type StackUse } from './stack-spans.ts'

/**
 * Where the process's memory is, from its mappings down to spans, stacks and the runtime's own tables. By address, so
 * that each mapped byte counts once; memory that the runtime got but keeps no address of is known from its counters.
 * What is inside of objects is added with the types. Needs SpanTable.allocated.
 */
export function accountMemory(process: GoProcess, spans: SpanRecords): MemoryAccount {
  const { memory, layouts } = process
  const mheap = layouts.variable('runtime.mheap_') ?? 0
  const map = mapRegions(process, spans)
  const sums = sumMapped(memory.mappings, map.regions)
  const counters = readable(() => readRuntimeCounters(process, mheap))
  const leftovers = sumLeftovers(process, map.regions)
  const runtime = sumRuntime(process, map.runtime, { sums, counters, anonymous: leftovers.anonymous })
  const tree = new AccountTree()
  const total = memory.mappings.reduce((sum, { size }) => sum + size, 0)
  const reserved = sums.all('arena') + runtime.reserved + leftovers.inaccessible

  tree.add('process', undefined, 'process', total, 'All mappings of the process, as the core has them.')
  tree.add('memory', 'process', 'memory', total - reserved, 'Mappings that can be used.')
  const binary = sums.all('code') + sums.all('read-only data') + sums.all('data') + sums.all('bss')
  const go = heapBytes(sums) + runtime.bytes + binary
  tree.add('go', 'memory', 'Go', go, 'The heap, the runtime and the program itself.')
  addHeap(tree, sums, spans.table, process)
  addStacks(tree, process, spans, map)
  addRuntime(tree, runtime, counters)
  addBinary(tree, sums, binary)
  addOutside(tree, leftovers, { sums, bytes: total - reserved - go, unplaced: runtime.unplaced })
  addReserved(tree, { arenas: sums.all('arena'), runtime: runtime.reserved, other: leftovers.inaccessible })
  if (counters !== undefined) compareCounters(process, sums, counters)
  else {
    const message = 'the runtime’s counters of memory are not in the core: what only they tell is unknown'
    process.problems.add('spans', 'memory-counters-unreadable', 'warning', message)
  }
  return tree.finish(process.problems)
}

const HEAP_USES: readonly Use[] = [
  'in use',
  'stack',
  'work buffer',
  'mask',
  'free',
  'free, released',
  'cache, free',
  'cache, free, released',
  'taken',
  'taken, released',
  'arena, not known',
]

const heapBytes = (sums: MappedSums) => HEAP_USES.reduce((total, use) => total + sums.all(use), 0)

function addHeap(tree: AccountTree, sums: MappedSums, spans: SpanTable, process: GoProcess): void {
  const slots = sumSlots(spans, process)
  const retained = sums.all('free') + sums.all('cache, free')
  const padding = sums.all('taken, released')
  const released = sums.all('free, released') + sums.all('cache, free, released') + padding
  const note = 'Pages that the heap has grown to: MemStats.HeapSys, stacks and the collector’s included.'
  tree.add('heap', 'go', 'heap', heapBytes(sums), note)
  tree.addAll('heap', [
    ['in-use', 'spans in use', sums.all('in use'), 'MemStats.HeapInuse.'],
    ['stacks', 'stacks', sums.all('stack'), 'MemStats.StackInuse.'],
    ['work', 'work buffers', sums.all('work buffer'), 'Of the collector; part of MemStats.GCSys.'],
    ['masks', 'masks', sums.all('mask'), 'Of large objects (Go 1.22, 1.23); part of MemStats.GCSys.'],
    ['idle', 'free pages', retained + released, 'MemStats.HeapIdle.'],
    [
      'no-span',
      'pages in no span',
      sums.all('taken'),
      'Taken, and in no span that was read: cannot be told.',
    ],
    ['unknown', 'pages not known', sums.all('arena, not known'), 'The page allocator cannot be read.'],
  ])
  tree.addAll('heap.in-use', [
    [
      OBJECTS_KEY.slice('heap.in-use.'.length),
      'objects',
      slots.objects,
      'Slots with an object, garbage included.',
    ],
    ['free', 'free slots', slots.free, 'In spans that hold other objects.'],
    ['tail', 'span ends', slots.tail, 'Bytes after the last slot of each span.'],
  ])
  tree.addAll('heap.in-use.tail', [
    ['bits', 'heap bits', slots.heapBits, 'Which words are pointers (Go 1.22+).'],
    ['marks', 'marks', slots.marks, 'Of the Green Tea collector (Go 1.26+).'],
    ['waste', 'waste', slots.waste, 'Too short for one more slot.'],
  ])
  tree.addAll('heap.idle', [
    ['retained', 'retained', retained, 'Kept for reuse: MemStats.HeapIdle - HeapReleased.'],
    ['released', 'released', released, 'No memory behind them: MemStats.HeapReleased.'],
  ])
  tree.addAll('heap.idle.retained', [
    ['heap', 'page heap', sums.all('free'), 'For all Ps.'],
    ['cache', 'page caches', sums.all('cache, free'), 'Taken ahead by Ps.'],
  ])
  tree.addAll('heap.idle.released', [
    ['heap', 'page heap', sums.all('free, released'), 'For all Ps.'],
    ['cache', 'page caches', sums.all('cache, free, released'), 'Taken ahead by Ps.'],
    ['padding', 'random padding', padding, 'Before the heap’s first page (Go 1.26+); never used.'],
  ])
}

/** Bytes of the spans in use, by what is in them. Those outside of mappings are not there to be accounted for. */
function sumSlots(spans: SpanTable, process: GoProcess) {
  const inUse = SPAN_STATES.indexOf('in use')
  const hasBitsInSpan = !process.layouts.struct('runtime.heapArena').has('bitmap')
  const sums = { objects: 0, free: 0, tail: 0, heapBits: 0, marks: 0, waste: 0 }
  for (let s = 0; s < spans.count; s++) {
    if (spans.state[s] !== inUse) continue
    const slotSize = spans.slotSize[s]
    const bytes = spans.pages[s] * PAGE_BYTES
    const tail = bytes - spans.slots[s] * slotSize
    sums.objects += spans.allocated[s] * slotSize
    sums.free += (spans.slots[s] - spans.allocated[s]) * slotSize
    sums.tail += tail
    const isSmall = slotSize <= MAX_SLOT_WITHOUT_HEADER
    const bits = hasBitsInSpan && isSmall && spans.noscan[s] === 0 ? bytes / 64 : 0
    const marks = isSmall && slotSize >= MIN_SLOT_WITH_INLINE_MARKS ? process.facts.inlineMarkBytes : 0
    sums.heapBits += bits
    sums.marks += marks
    sums.waste += tail - bits - marks
  }
  return sums
}

function addStacks(tree: AccountTree, process: GoProcess, spans: SpanRecords, map: MemoryRegions): void {
  const use: StackUse | undefined = readable(() => readStackUse(process, spans, map.manual))
  if (use === undefined) {
    const message =
      'a list of goroutines, threads or free stacks is not in the core: whose stacks are is unknown'
    process.problems.add('spans', 'stack-use-unreadable', 'warning', message)
  }
  tree.addAll('heap.stacks', [
    ['goroutines', 'goroutines', use?.goroutines, 'Whole stacks of the goroutines that have not ended.'],
    ['ended', 'ended goroutines', use?.ended, 'Stacks kept for the next goroutine.'],
    ['threads', 'threads', use?.threads, 'Of the scheduler and of signal handlers, two a thread.'],
    ['cached', 'free, in caches', use?.cached, 'Kept by Ps.'],
    ['pooled', 'free, in spans in use', use?.pooled, 'In spans that hold other stacks.'],
    ['large', 'free, whole spans', use?.large, 'Given back when a collection ends.'],
  ])
}

function addBinary(tree: AccountTree, sums: MappedSums, bytes: number): void {
  tree.add('binary', 'go', 'program', bytes, 'Segments of the binary, C code linked into it included.')
  tree.addAll('binary', [
    ['code', 'code', sums.all('code'), 'Mapped from the file.'],
    [
      'rodata',
      'read-only data',
      sums.all('read-only data'),
      'Mapped from the file: types, tables of functions.',
    ],
    ['data', 'data', sums.all('data'), 'Variables with an initial value.'],
    ['bss', 'bss', sums.all('bss'), 'Variables that begin as zero.'],
  ])
}

function addReserved(
  tree: AccountTree,
  { arenas, runtime, other }: { arenas: number; runtime: number; other: number },
): void {
  const note = 'Address space that is set aside; there is no memory behind it.'
  tree.add('reserved', 'process', 'reserved', arenas + runtime + other, note)
  tree.addAll('reserved', [
    ['arenas', 'heap to come', arenas, 'Parts of arenas that the heap has not grown to.'],
    ['runtime', 'runtime tables', runtime, 'Summaries and index of the page allocator, for any heap.'],
    ['other', 'other', other, 'Guard pages, and what C or the program reserved.'],
  ])
}

/** The runtime counts the same as its spans and bitmaps say, but for what a thread was just doing. */
function compareCounters(process: GoProcess, sums: MappedSums, counters: RuntimeCounters): void {
  const released =
    sums.all('free, released') + sums.all('cache, free, released') + sums.all('taken, released')
  const pairs: [string, number, number][] = [
    ['in spans in use', sums.all('in use'), counters.inHeap],
    ['of stacks', sums.all('stack'), counters.inStacks],
    ['of work buffers', sums.all('work buffer'), counters.inWorkBuffers],
    ['of masks', sums.all('mask'), counters.inMasks],
    ['released', released, counters.released],
  ]
  // Windows takes released pages back: they are no part of its memory any more. runtime/mem_windows.go, sysUnusedOS.
  if (process.core.system === 'windows') pairs.pop()
  for (const [what, found, counted] of pairs) {
    if (found === counted) continue
    const message = `${found} bytes ${what} were found, and the runtime counts ${counted}`
    process.problems.add('spans', 'memory-counters-differ', 'info', message)
  }
}
