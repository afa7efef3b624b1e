import { readable } from '../extract/file/readable.ts'
import { PAGE_BYTES } from '../extract/go/facts.ts'
import type { Layouts } from '../extract/go/layouts.ts'
import { bookingThreads } from './booking-threads.ts'
import { type Check, countOf, Mismatches, skip } from './check.ts'
import type { CoreHeap } from './core-heap.ts'

const SLOTS = 'slots that the runtime counts'
const SPANS = 'spans that the runtime counts'
/** consistentHeapStats.stats: three parts, of which the sum counts. runtime/mstats.go */
const PARTS = 3
const SIZE_CLASSES = 68

/**
 * The allocator's own books (memstats.heapStats) against the heap as it was read: slots allocated and not freed for each
 * size class, bytes of large objects, bytes of spans.
 */
export function checkCounters(core: CoreHeap): Check[] {
  const books = readBooks(core)
  if (books === undefined) return [skip(SLOTS, 'memstats.heapStats is not in the core')]
  return [checkSlots(core, books), checkSpans(core, books)]
}

/**
 * A thread that was stopped between a change and its entry in the books leaves one of them open: a size class, the large
 * objects, spans of one kind. Then neither is wrong. More than there are such threads is.
 */
function judge({ process }: CoreHeap, wrong: Mismatches, name: string, detail: string): Check {
  const check = wrong.check(name, detail)
  if (check.verdict === 'pass') return check
  const between = bookingThreads(process)
  if (wrong.count > between.length) return check
  return skip(name, `a thread is in ${between.join(', ')}, between the heap and its books: ${check.examples}`)
}

interface Books {
  small: bigint[]
  largeBytes: bigint
  inHeap: bigint
  byHand: bigint
}

function checkSlots(core: CoreHeap, books: Books): Check {
  const { spans, objects } = core
  if (spans.userArena.includes(1)) return skip(SLOTS, 'the program uses arenas, which are counted apart')
  const wrong = new Mismatches()
  const small = Array.from(books.small)
  let [largeBytes, slots] = [0, 0]
  const cached = cachedSlots(core)
  if (cached === undefined) return skip(SLOTS, 'mspan.allocCountBeforeCache is not in the core')
  for (let s = 0; s < spans.table.count; s++) {
    const { slotSize, allocated } = spans.table
    if (slotSize[s] === 0) continue
    if (spans.sizeClass[s] === 0) largeBytes += allocated[s] * spans.table.pages[s] * PAGE_BYTES
    else {
      slots += allocated[s]
      small[spans.sizeClass[s]] += BigInt(cached[s]) - BigInt(allocated[s])
    }
  }
  small.forEach((difference, sizeClass) => {
    if (sizeClass > 0 && difference !== 0n)
      wrong.add(() => `size class ${sizeClass}: the runtime counts ${difference} more than there are`)
  })
  if (BigInt(largeBytes) !== books.largeBytes)
    wrong.add(() => `large objects: ${countOf(largeBytes)} bytes, the runtime counts ${books.largeBytes}`)
  const large = countOf(objects.count - slots)
  const detail = `${countOf(slots)} small objects by size class, ${large} large ones by bytes`
  return judge(core, wrong, SLOTS, detail)
}

function checkSpans(core: CoreHeap, books: Books): Check {
  const { table } = core.spans
  const wrong = new Mismatches()
  let [inHeap, byHand] = [0, 0]
  for (let s = 0; s < table.count; s++) {
    if (table.slotSize[s] > 0) inHeap += table.pages[s] * PAGE_BYTES
    else byHand += table.pages[s] * PAGE_BYTES
  }
  if (BigInt(inHeap) !== books.inHeap)
    wrong.add(() => `spans for objects: ${countOf(inHeap)} bytes, the runtime counts ${books.inHeap}`)
  if (BigInt(byHand) !== books.byHand)
    wrong.add(() => `spans managed by hand: ${countOf(byHand)} bytes, the runtime counts ${books.byHand}`)
  const detail = `${countOf(inHeap)} bytes of spans for objects, ${countOf(byHand)} of other spans`
  return judge(core, wrong, SPANS, detail)
}

/**
 * Slots taken since their span was given to a P: they are booked when the P gives it back. A span is cached when its
 * sweepgen is 1 or 3 above the heap's. runtime/mcache.go, refill; runtime/mheap.go, mspan.sweepgen.
 */
function cachedSlots({ process, spans }: CoreHeap): Float64Array | undefined {
  const { layouts, memory } = process
  const mspan = layouts.struct('runtime.mspan')
  if (!mspan.has('allocCountBeforeCache')) return undefined
  const at = mspan.offset('allocCountBeforeCache')
  const slots = new Float64Array(spans.table.count)
  for (let s = 0; s < spans.table.count; s++) {
    const ahead = (spans.sweepgen[s] - spans.heapSweepgen) | 0
    if (spans.table.slotSize[s] === 0 || (ahead !== 1 && ahead !== 3)) continue
    const before = readable(() => memory.readU16(spans.mspan[s] + at))
    if (before === undefined) return undefined
    slots[s] = spans.table.allocated[s] - before
  }
  return slots
}

function readBooks({ process: { layouts, memory } }: CoreHeap): Books | undefined {
  const place = booksPlace(layouts)
  if (place === undefined) return undefined
  const part = layouts.struct('runtime.heapStatsDelta')
  const bytes = readable(() => memory.readBytes(place, part.size * PARTS))
  if (bytes === undefined) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const sum = (field: string, index = 0) => {
    let total = 0n
    const at = part.offset(field) + index * 8
    for (let p = 0; p < PARTS; p++) total += view.getBigUint64(p * part.size + at, true)
    // A part alone may be below zero.
    return BigInt.asIntN(64, total)
  }
  const small = Array.from(
    { length: SIZE_CLASSES },
    (_, i) => sum('smallAllocCount', i) - sum('smallFreeCount', i),
  )
  const byHand = ['inStacks', 'inWorkBufs', 'inPtrScalarBits'].filter((field) => part.has(field))
  return {
    small,
    largeBytes: sum('largeAlloc') - sum('largeFree'),
    inHeap: sum('inHeap'),
    byHand: byHand.reduce((total, field) => total + sum(field), 0n),
  }
}

function booksPlace(layouts: Layouts): number | undefined {
  const memstats = layouts.variable('runtime.memstats')
  if (memstats === undefined || !layouts.hasStruct('runtime.heapStatsDelta')) return undefined
  const outer = layouts.struct('runtime.mstats')
  const inner = layouts.struct('runtime.consistentHeapStats')
  return memstats + outer.offset('heapStats') + inner.offset('stats')
}
