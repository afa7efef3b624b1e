import type { SpanTable } from '../../model/tables.ts'
import type { Memory } from '../file/memory.ts'
import { heapArenaOf } from '../go/arenas.ts'
import { type GoFacts, MAX_SLOT_WITHOUT_HEADER, MIN_SLOT_WITH_INLINE_MARKS, PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'

/**
 * Where the runtime keeps, for objects without a malloc header, one bit a word: can it be a pointer.
 * Plain data, so that workers get a copy.
 */
export type HeapBitsPlan =
  /** Go <= 1.21: heapArena.bitmap. runtime/mbitmap.go, heapBitsForAddr. */
  | { kind: 'arena'; arenaBytes: number; arenaBaseShift: number; firstArena: number; bitmaps: Float64Array }
  /** Go >= 1.22: the last bytes of the span, before Green Tea's inline marks. runtime/mbitmap.go, spanHeapBitsRange. */
  | { kind: 'span'; inlineMarkBytes: number }

export function planHeapBits(process: GoProcess, spans: SpanTable): HeapBitsPlan {
  const { layouts, facts } = process
  const heapArena = layouts.struct('runtime.heapArena')
  if (!heapArena.has('bitmap')) return { kind: 'span', inlineMarkBytes: facts.inlineMarkBytes }
  return planArenaBits(process, spans, facts, heapArena.offset('bitmap'))
}

function planArenaBits(
  process: GoProcess,
  spans: SpanTable,
  facts: GoFacts,
  bitmapOffset: number,
): HeapBitsPlan {
  const { arenaBytes, arenaBaseShift } = facts
  const arenaOf = heapArenaOf(process, process.layouts.variable('runtime.mheap_') ?? 0)
  const indexOf = (address: number) => Math.floor((address + arenaBaseShift) / arenaBytes)
  const last = spans.count - 1
  const firstArena = spans.count === 0 ? 0 : indexOf(spans.address[0])
  const lastArena = spans.count === 0 ? -1 : indexOf(spans.address[last] + spans.pages[last] * PAGE_BYTES - 1)
  const bitmaps = new Float64Array(lastArena - firstArena + 1)
  for (let s = 0; s < spans.count; s++) {
    const end = indexOf(spans.address[s] + spans.pages[s] * PAGE_BYTES - 1)
    for (let arena = indexOf(spans.address[s]); arena <= end; arena++) {
      if (bitmaps[arena - firstArena] !== 0) continue
      const heapArena = arenaOf(arena * arenaBytes - arenaBaseShift)
      if (heapArena !== 0) bitmaps[arena - firstArena] = heapArena + bitmapOffset
    }
  }
  return { kind: 'arena', arenaBytes, arenaBaseShift, firstArena, bitmaps }
}

/** True when the pointer mask of the span's objects is in heap bits, not in a type. */
export function usesHeapBits(
  plan: HeapBitsPlan,
  spans: SpanTable,
  userArena: Uint8Array,
  s: number,
): boolean {
  return plan.kind === 'arena' || userArena[s] === 1 || spans.slotSize[s] <= MAX_SLOT_WITHOUT_HEADER
}

/**
 * Reads the heap bits of words [firstWord, firstWord + 8 * bits.length) of a span, counted from its base; firstWord
 * is a multiple of 8. False when they are not in the core.
 */
export function readHeapBits(
  memory: Memory,
  plan: HeapBitsPlan,
  spans: SpanTable,
  s: number,
  firstWord: number,
  bits: Uint8Array,
): boolean {
  if (plan.kind === 'span') {
    const spanBytes = spans.pages[s] * PAGE_BYTES
    const slotSize = spans.slotSize[s]
    const hasInlineMarks = slotSize >= MIN_SLOT_WITH_INLINE_MARKS && slotSize <= MAX_SLOT_WITHOUT_HEADER
    const end = spans.address[s] + spanBytes - (hasInlineMarks ? plan.inlineMarkBytes : 0)
    return memory.readInto(end - spanBytes / 64 + firstWord / 8, bits) === bits.length
  }
  return readArenaBits(memory, plan, spans.address[s] + firstWord * 8, bits)
}

/** A large object can lie across arenas, and each has a bitmap of its own. */
function readArenaBits(
  memory: Memory,
  plan: HeapBitsPlan & { kind: 'arena' },
  address: number,
  bits: Uint8Array,
): boolean {
  for (let done = 0; done < bits.length; ) {
    const shifted = address + done * 64 + plan.arenaBaseShift
    const arena = Math.floor(shifted / plan.arenaBytes)
    const within = shifted % plan.arenaBytes
    const size = Math.min(bits.length - done, (plan.arenaBytes - within) / 64)
    const bitmap = plan.bitmaps[arena - plan.firstArena] ?? 0
    if (bitmap === 0) return false
    if (memory.readInto(bitmap + within / 64, bits.subarray(done, done + size)) !== size) return false
    done += size
  }
  return true
}
