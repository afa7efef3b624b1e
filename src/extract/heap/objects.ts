import { sharedFloat64, sharedInt32, sharedUint8, sharedUint32 } from '../../base/columns.ts'
import { GoheapError } from '../../errors.ts'
import type { ObjectTable } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import type { Progress } from '../../progress.ts'
import { MAX_SLOT_WITHOUT_HEADER, MIN_SLOT_WITH_INLINE_MARKS, PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'
import { IN_USE, type SpanRecords } from './spans.ts'
import { specialReader } from './specials.ts'

/** Object rows must fit an Int32Array together with the roots. */
const MAX_OBJECTS = 2 ** 31 - 2 ** 24

/**
 * One row per allocated slot of every span in use, garbage included; fills the slot columns of the span table.
 *
 * Slot i is allocated when i < freeindex or its allocBits bit is set: the allocator looks for free slots from
 * freeindex on only. runtime/mheap.go, mspan.freeindex.
 */
export function readObjects(process: GoProcess, spans: SpanRecords, progress: Progress): ObjectTable {
  const allocated = readAllocated(process, spans, progress)
  const { table } = spans
  const count = table.firstObject[table.count]
  const objects: ObjectTable = {
    count,
    address: sharedFloat64(count),
    span: sharedUint32(count),
    unswept: sharedUint8(count),
    type: sharedInt32(count).fill(NONE),
    length: sharedFloat64(count),
    typeSource: sharedUint8(count),
    slotObject: sharedInt32(table.firstSlot[table.count]).fill(NONE),
  }
  for (let s = 0; s < table.count; s++) {
    const firstSlot = table.firstSlot[s]
    const base = table.address[s] + table.headerSize[s]
    let row = table.firstObject[s]
    for (let i = 0; i < table.slots[s]; i++) {
      if (allocated[firstSlot + i] === 0) continue
      objects.address[row] = base + i * table.slotSize[s]
      objects.span[row] = s
      objects.unswept[row] = allocated[firstSlot + i] - 1
      objects.slotObject[firstSlot + i] = row++
    }
  }
  return objects
}

const LIVE = 1
const DEAD_UNSWEPT = 2

/** For every slot 0 (free), LIVE or DEAD_UNSWEPT; sets firstSlot, firstObject and allocated of the span table. */
function readAllocated(process: GoProcess, spans: SpanRecords, progress: Progress): Uint8Array {
  const { table } = spans
  let slots = 0
  for (let s = 0; s < table.count; s++) {
    table.firstSlot[s] = slots
    slots += table.slots[s]
  }
  table.firstSlot[table.count] = slots
  if (slots > MAX_OBJECTS) {
    throw new GoheapError('unsupported', `the heap has ${slots} slots; goheap indexes up to ${MAX_OBJECTS}`)
  }
  const states = new Uint8Array(slots)
  let objects = 0
  for (let s = 0; s < table.count; s++) {
    if (s % 4096 === 0) progress.update('objects', s, table.count)
    table.firstObject[s] = objects
    if (table.state[s] !== IN_USE) continue
    const slice = states.subarray(table.firstSlot[s], table.firstSlot[s] + table.slots[s])
    const count = markAllocated(process, spans, s, slice)
    table.allocated[s] = count
    objects += count
    if (needsSweep(spans, s)) markDead(process, spans, s, slice)
  }
  table.firstObject[table.count] = objects
  return states
}

function markAllocated(process: GoProcess, spans: SpanRecords, s: number, states: Uint8Array): number {
  const { memory, problems } = process
  const bits = new Uint8Array(Math.ceil(states.length / 8))
  const freeIndex = spans.freeIndex[s]
  // A span whose slots are all taken needs no allocBits; one just refilled may have none yet.
  if (freeIndex < states.length && memory.readInto(spans.allocBits[s], bits) < bits.length) {
    problems.add('objects', 'alloc-bits-unreadable', 'error', 'the allocBits of a span are not in the core', {
      address: spans.allocBits[s],
    })
  }
  let count = 0
  for (let i = 0; i < states.length; i++) {
    if (i < freeIndex || (bits[i >> 3] >> (i & 7)) & 1) {
      states[i] = LIVE
      count++
    }
  }
  // allocCount of a span that awaits its sweep still counts what is dead by now, as allocBits do.
  if (count !== spans.allocCount[s]) {
    problems.add(
      'objects',
      'alloc-count-differs',
      'warning',
      'spans whose allocated slots are not as many as mspan.allocCount says (being allocated from or swept at that moment)',
      { address: spans.table.address[s] },
    )
  }
  return count
}

/**
 * True when the collector has marked the span's objects and the sweeper has yet to free the unmarked ones:
 * sweepgen is h-2 (needs sweeping), h-1 (being swept) or h+1 (cached before the sweep began).
 * runtime/mheap.go, mspan.sweepgen.
 */
function needsSweep(spans: SpanRecords, s: number): boolean {
  const behind = (spans.heapSweepgen - spans.sweepgen[s]) | 0
  return behind === 2 || behind === 1 || behind === -1
}

/** Turns LIVE into DEAD_UNSWEPT for slots that the last collection did not mark. */
function markDead(process: GoProcess, spans: SpanRecords, s: number, states: Uint8Array): void {
  const marks = readMarks(process, spans, s, states.length)
  if (marks === undefined) {
    process.problems.add('objects', 'mark-bits-unreadable', 'warning', 'mark bits are not in the core', {
      address: spans.markBits[s],
    })
    return
  }
  const isBeingSwept = ((spans.heapSweepgen - spans.sweepgen[s]) | 0) === 1
  if (isBeingSwept && marks.every((byte) => byte === 0)) {
    // The sweeper swaps in fresh mark bits before it moves sweepgen on: no marks may mean all dead, or swept already.
    process.problems.add(
      'objects',
      'span-being-swept',
      'warning',
      'spans were being swept: whether their objects are dead is not known, they count as allocated',
      { address: spans.table.address[s], count: 1 },
    )
    return
  }
  const finalizable = slotsWithFinalizer(process, spans, s)
  for (let i = 0; i < states.length; i++) {
    const isMarked = (marks[i >> 3] >> (i & 7)) & 1
    // The sweeper revives an unmarked object that has a finalizer. runtime/mgcsweep.go, sweepLocked.sweep.
    if (states[i] === LIVE && !isMarked && !finalizable.has(i)) states[i] = DEAD_UNSWEPT
  }
}

/** Mark bits of the last collection: gcmarkBits, joined with Green Tea's marks inside the span. */
function readMarks(process: GoProcess, spans: SpanRecords, s: number, slots: number): Uint8Array | undefined {
  const { memory, facts } = process
  const { table } = spans
  const marks = new Uint8Array(Math.ceil(slots / 8))
  if (memory.readInto(spans.markBits[s], marks) < marks.length) return undefined
  const slotSize = table.slotSize[s]
  const hasInlineMarks =
    facts.inlineMarkBytes > 0 && slotSize >= MIN_SLOT_WITH_INLINE_MARKS && slotSize <= MAX_SLOT_WITHOUT_HEADER
  if (!hasInlineMarks) return marks
  const inline = new Uint8Array(marks.length)
  const end = table.address[s] + table.pages[s] * PAGE_BYTES
  const address = end - facts.inlineMarkBytes + facts.inlineMarksOffset
  if (memory.readInto(address, inline) < inline.length) return undefined
  for (let i = 0; i < marks.length; i++) marks[i] |= inline[i]
  return marks
}

function slotsWithFinalizer(process: GoProcess, spans: SpanRecords, s: number): Set<number> {
  if (spans.specials[s] === 0) return new Set()
  const specials = specialReader(process)(spans, s)
  return new Set(specials.filter((special) => special.kind === 'Finalizer').map((special) => special.slot))
}
