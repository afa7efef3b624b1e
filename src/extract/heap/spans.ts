import { sharedFloat64, sharedUint8, sharedUint32 } from '../../base/columns.ts'
import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import { SPAN_STATES, type SpanTable } from '../../model/tables.ts'
import { findRange } from '../file/extents.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import { arenaReader, listMappedSpans } from '../go/arenas.ts'
import { MALLOC_HEADER_BYTES, MAX_SLOT_WITHOUT_HEADER, PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'

/** What the later stages need of a span beyond SpanTable; same rows. */
export interface SpanRecords {
  /** slots, firstObject and firstSlot are filled in by the objects stage. */
  readonly table: SpanTable
  /** Address of the mspan. */
  readonly mspan: Float64Array
  readonly freeIndex: Uint32Array
  /** Addresses of the bitmaps, a bit a slot. */
  readonly allocBits: Float64Array
  readonly markBits: Float64Array
  readonly sweepgen: Uint32Array
  /** allocCount as the span has it. */
  readonly allocCount: Uint32Array
  /** Head of the list of specials; 0 for none. */
  readonly specials: Float64Array
  readonly sizeClass: Uint8Array
  /** 1: a chunk of a user arena (GOEXPERIMENT=arenas). */
  readonly userArena: Uint8Array
  /** mheap.sweepgen */
  readonly heapSweepgen: number
}

const DEAD = SPAN_STATES.indexOf('dead')
export const IN_USE = SPAN_STATES.indexOf('in use')

/**
 * All spans of mheap.allspans that are not dead, by address. runtime/mheap.go: mspan, mheap.allspans.
 * An mspan that contradicts the arena map or itself is left out and counted in problems. Throws 'truncated' when the
 * core has lost mheap itself.
 */
export function readSpans(process: GoProcess): SpanRecords {
  const { layouts, memory, problems } = process
  const mheap = layouts.variable('runtime.mheap_')
  if (mheap === undefined) throw new GoheapError('not-go', 'the binary has no runtime.mheap_')
  const heapLayout = layouts.struct('runtime.mheap')
  const sweepgen = readable(() => memory.readU32(mheap + heapLayout.offset('sweepgen')))
  if (sweepgen === undefined) {
    const place = `runtime.mheap_, at 0x${mheap.toString(16)}`
    throw new GoheapError('truncated', `the core does not hold the variables of the heap (${place})`)
  }
  const listed = listSpans(process, mheap)
  const isMapped = mappingTest(memory)
  const spanIn = arenaReader(process, mheap)
  const read = mspanReader(process)

  const kept: Mspan[] = []
  for (const address of listed) {
    const span = readable(() => read(address))
    if (span === undefined) {
      problems.add('spans', 'span-unreadable', 'error', 'an mspan is not in the core', { address })
      continue
    }
    if (span.state === DEAD || isUnusedUserArena(span)) continue
    const lastPage = span.address + (span.pages - 1) * PAGE_BYTES
    const mapped = isPlausible(span) ? [spanIn(span.address), spanIn(lastPage)] : [0]
    const isUnconfirmed = mapped.includes(undefined)
    if (isUnconfirmed) {
      const message = 'the part of the arena map that confirms an mspan is not in the core'
      problems.add('spans', 'span-unconfirmed', 'warning', message, { address })
    }
    // Where the map is lost, the span has at least to lie in memory that the process had.
    const isPlaced = !isUnconfirmed || isMapped(span.address, span.pages * PAGE_BYTES)
    if (!isPlaced || mapped.some((span) => span !== undefined && span !== address)) {
      if (isPlaced && isBeingMade(span)) {
        const message =
          'spans were just being made: they hold no objects, and the arena map does not lead to them yet'
        problems.add('spans', 'span-being-made', 'info', message, { address })
        continue
      }
      problems.add('spans', 'span-contradicts', 'error', 'an mspan contradicts the arena map or itself', {
        address,
      })
      continue
    }
    kept.push(span)
  }
  kept.sort((a, b) => a.address - b.address)
  return toRecords(withoutOverlaps(kept, problems), sweepgen, process)
}

/** Spans in order of address, but for those that begin within one before: the arena map confirms ends, not all pages. */
function withoutOverlaps(spans: readonly Mspan[], problems: Problems): Mspan[] {
  let end = 0
  return spans.filter(({ address, pages, mspan }) => {
    if (address < end) {
      problems.add('spans', 'span-overlaps', 'error', 'an mspan has pages of another one', { address: mspan })
      return false
    }
    end = address + pages * PAGE_BYTES
    return true
  })
}

/** Whether the process had [address, address + size), whether or not the core holds it. */
function mappingTest({ mappings }: Memory): (address: number, size: number) => boolean {
  return (address, size) => {
    let end = address
    for (let i = findRange(mappings, address); i >= 0 && i < mappings.length && end < address + size; i++) {
      if (mappings[i].address > end || mappings[i].address + mappings[i].size <= end) return false
      end = mappings[i].address + mappings[i].size
    }
    return end >= address + size
  }
}

/** Addresses of mspans: mheap.allspans, or what the arena map leads to when that list is not in the core. */
function listSpans(process: GoProcess, mheap: number): Float64Array | number[] {
  const { layouts, memory, problems } = process
  const list = mheap + layouts.struct('runtime.mheap').offset('allspans')
  const first = memory.readWord(list)
  const count = memory.readWord(list + 8)
  // An mspan is reused: there are no more of them than the process has ever had pages at a time.
  const pages = memory.mappings.reduce((sum, { size }) => sum + size, 0) / PAGE_BYTES
  if (count <= pages && memory.isReadable(first, count * 8)) {
    return Float64Array.from({ length: count }, (_, i) => memory.readWord(first + i * 8))
  }
  const found = listMappedSpans(process, mheap)
  const message = `the list of all ${count} spans ever made (mheap.allspans) is not in the core; the arena map leads to ${found.length}`
  problems.add('spans', 'spans-lost', 'error', message, { address: first })
  return found
}

interface Mspan {
  mspan: number
  address: number
  pages: number
  freeIndex: number
  slots: number
  allocBits: number
  markBits: number
  sweepgen: number
  allocCount: number
  spanClass: number
  state: number
  slotSize: number
  specials: number
  largeType: number
  userArena: boolean
}

function mspanReader(process: GoProcess): (address: number) => Mspan {
  const { layouts, memory } = process
  const layout = layouts.struct('runtime.mspan')
  const at = Object.fromEntries(
    [
      'startAddr',
      'npages',
      'freeindex',
      'nelems',
      'allocBits',
      'gcmarkBits',
      'sweepgen',
      'allocCount',
      'spanclass',
      'state.s',
      'elemsize',
      'specials',
    ].map((field) => [field, layout.offset(field)]),
  ) as Record<string, number>
  // Both are uintptr up to Go 1.21, uint16 since: ask how wide.
  const isNarrow = layout.field('nelems').size === 2
  const largeType = layout.has('largeType') ? layout.offset('largeType') : undefined
  const userArena = layout.has('isUserArenaChunk') ? layout.offset('isUserArenaChunk') : undefined
  return (mspan) => {
    const word = (field: string) => memory.readWord(mspan + at[field])
    const count = (field: string) => (isNarrow ? memory.readU16(mspan + at[field]) : word(field))
    return {
      mspan,
      address: word('startAddr'),
      pages: word('npages'),
      freeIndex: count('freeindex'),
      slots: count('nelems'),
      allocBits: word('allocBits'),
      markBits: word('gcmarkBits'),
      sweepgen: memory.readU32(mspan + at.sweepgen),
      allocCount: memory.readU16(mspan + at.allocCount),
      spanClass: memory.readU8(mspan + at.spanclass),
      state: memory.readU8(mspan + at['state.s']),
      slotSize: word('elemsize'),
      specials: word('specials'),
      largeType: largeType === undefined ? 0 : memory.readWord(mspan + largeType),
      userArena: userArena !== undefined && memory.readU8(mspan + userArena) !== 0,
    }
  }
}

/**
 * A chunk of a user arena that was freed: its memory is gone and counted as freed, only its address space is kept until no
 * pointer leads there. runtime/arena.go, isUnusedUserArenaChunk and setUserArenaChunkToFault
 */
function isUnusedUserArena({ state, userArena, spanClass }: Mspan): boolean {
  return state === IN_USE && userArena && (spanClass & 1) === 1
}

/**
 * The runtime sets the state of a span that it has filled in before it enters it into the arena map, and takes no slot of it before both
 * are done. runtime/mheap.go, initSpan
 */
function isBeingMade(span: Mspan): boolean {
  return isPlausible(span) && span.allocCount === 0 && span.freeIndex === 0
}

function isPlausible(span: Mspan): boolean {
  if (span.address % PAGE_BYTES !== 0 || span.pages < 1 || span.pages > 2 ** 31) return false
  if (span.state !== IN_USE) return span.state < SPAN_STATES.length
  const bytes = span.pages * PAGE_BYTES
  return (
    span.slotSize >= 8 &&
    span.slotSize % 8 === 0 &&
    span.slots >= 1 &&
    span.slots * span.slotSize <= bytes &&
    span.freeIndex <= span.slots &&
    span.allocCount <= span.slots
  )
}

function toRecords(rows: readonly Mspan[], heapSweepgen: number, process: GoProcess): SpanRecords {
  const count = rows.length
  // GOEXPERIMENT=noallocheaders (Go 1.22) keeps the arena's bitmap, and mspan.largeType unused.
  const hasHeaders =
    process.layouts.struct('runtime.mspan').has('largeType') &&
    !process.layouts.struct('runtime.heapArena').has('bitmap')
  const records: SpanRecords = {
    table: {
      count,
      address: sharedFloat64(count),
      pages: sharedUint32(count),
      slotSize: sharedFloat64(count),
      slots: sharedUint32(count),
      allocated: sharedUint32(count),
      state: sharedUint8(count),
      noscan: sharedUint8(count),
      headerSize: sharedUint8(count),
      largeType: sharedFloat64(count),
      firstObject: sharedUint32(count + 1),
      firstSlot: sharedUint32(count + 1),
    },
    mspan: new Float64Array(count),
    freeIndex: new Uint32Array(count),
    allocBits: new Float64Array(count),
    markBits: new Float64Array(count),
    sweepgen: new Uint32Array(count),
    allocCount: new Uint32Array(count),
    specials: new Float64Array(count),
    sizeClass: new Uint8Array(count),
    userArena: sharedUint8(count),
    heapSweepgen,
  }
  const { table } = records
  rows.forEach((span, s) => {
    const isHeap = span.state === IN_USE
    const sizeClass = span.spanClass >> 1
    const isNoscan = (span.spanClass & 1) === 1
    table.address[s] = span.address
    table.pages[s] = span.pages
    table.slotSize[s] = isHeap ? span.slotSize : 0
    table.slots[s] = isHeap ? span.slots : 0
    table.state[s] = span.state
    table.noscan[s] = isNoscan ? 1 : 0
    // Class 0 is a large object: its type is in mspan.largeType, not in the slot.
    const hasHeader =
      hasHeaders && isHeap && !isNoscan && sizeClass !== 0 && span.slotSize > MAX_SLOT_WITHOUT_HEADER
    table.headerSize[s] = hasHeader ? MALLOC_HEADER_BYTES : 0
    // A user arena's is one that the runtime makes up to have a mask; it says nothing of what is in the arena.
    table.largeType[s] = isHeap && sizeClass === 0 && !span.userArena ? span.largeType : 0
    records.mspan[s] = span.mspan
    records.freeIndex[s] = span.freeIndex
    records.allocBits[s] = span.allocBits
    records.markBits[s] = span.markBits
    records.sweepgen[s] = span.sweepgen
    records.allocCount[s] = span.allocCount
    records.specials[s] = isHeap ? span.specials : 0
    records.sizeClass[s] = sizeClass
    records.userArena[s] = span.userArena ? 1 : 0
  })
  return records
}
