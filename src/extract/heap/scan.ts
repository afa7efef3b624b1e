import type { SpanTable } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import type { Memory } from '../file/memory.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import type { TypeMasks } from '../go/gc-mask.ts'
import { EdgeSink, type SliceEdges } from './edge-sink.ts'
import { type HeapBitsPlan, readHeapBits, usesHeapBits } from './heap-bits.ts'
import type { PageMap } from './object-finder.ts'
import { SpanReader } from './span-reader.ts'
import { IN_USE } from './spans.ts'

/** What the scan reads besides memory: plain data over SharedArrayBuffers, the same in every worker. */
export interface ScanTables {
  readonly spans: SpanTable
  readonly userArena: Uint8Array
  readonly slotObject: Int32Array
  readonly map: PageMap
  readonly heapBits: HeapBitsPlan
  /** True in heaps with an object over 4 GiB: offsets need more than 32 bits. */
  readonly wideOffsets: boolean
  /** Edges by source object; each slice writes those of its own objects. */
  readonly edgeCount: Uint32Array
}

export interface SliceResult {
  readonly edges: SliceEdges
  /** Bytes of the slice's spans that the core does not hold. */
  readonly absentBytes: number
  readonly firstAbsent: number | undefined
  /** Objects whose type has no readable pointer mask: their pointers are not known. */
  readonly maskless: number
  readonly firstMaskless: number | undefined
}

/**
 * Finds the pointers of all objects in spans [from, to): the collector's own view, by heap bits, malloc headers or
 * large types. runtime/mbitmap.go, typePointersOfUnchecked and heapBitsSmallForAddr.
 */
export function scanSpans(
  tables: ScanTables,
  memory: Memory,
  masks: TypeMasks,
  from: number,
  to: number,
): SliceResult {
  const sink = new EdgeSink(tables, tables.map)
  const reader = new SpanReader(memory, tables.spans)
  const maskless = { count: 0, first: undefined as number | undefined }
  const { spans } = tables
  for (let s = from; s < to; s++) {
    if (spans.state[s] !== IN_USE || spans.noscan[s] === 1) continue
    if (usesHeapBits(tables.heapBits, spans, tables.userArena, s)) {
      scanByHeapBits(tables, memory, reader, sink, s)
    } else {
      scanByType(tables, masks, reader, sink, s, maskless)
    }
  }
  return {
    edges: sink.finish(),
    absentBytes: reader.absentBytes,
    firstAbsent: reader.firstAbsent,
    maskless: maskless.count,
    firstMaskless: maskless.first,
  }
}

function scanByHeapBits(
  tables: ScanTables,
  memory: Memory,
  reader: SpanReader,
  sink: EdgeSink,
  s: number,
): void {
  const { spans, slotObject, edgeCount } = tables
  const slotWords = spans.slotSize[s] / 8
  const bits = new Uint8Array((spans.pages[s] * PAGE_BYTES) / 64)
  if (!readHeapBits(memory, tables.heapBits, spans, s, 0, bits)) {
    reader.noteAbsent(spans.address[s], spans.pages[s] * PAGE_BYTES)
    return
  }
  const firstSlot = spans.firstSlot[s]
  for (let slot = 0; slot < spans.slots[s]; slot++) {
    const object = slotObject[firstSlot + slot]
    if (object === NONE) continue
    const before = sink.count
    const start = slot * slotWords
    const end = start + slotWords
    for (let word = start; word < end; ) {
      const byte = bits[word >> 3] >> (word & 7)
      if (byte === 0) {
        word = (word | 7) + 1
        continue
      }
      if (byte & 1) {
        reader.moveTo(s, word)
        sink.word((word - start) * 8, reader.lo, reader.hi)
      }
      word++
    }
    edgeCount[object] = sink.count - before
  }
}

function scanByType(
  tables: ScanTables,
  masks: TypeMasks,
  reader: SpanReader,
  sink: EdgeSink,
  s: number,
  maskless: { count: number; first: number | undefined },
): void {
  const { spans, slotObject, edgeCount } = tables
  const slotWords = spans.slotSize[s] / 8
  const headerWords = spans.headerSize[s] / 8
  const firstSlot = spans.firstSlot[s]
  for (let slot = 0; slot < spans.slots[s]; slot++) {
    const object = slotObject[firstSlot + slot]
    if (object === NONE) continue
    const start = slot * slotWords
    let type = spans.largeType[s]
    if (headerWords > 0) {
      reader.moveTo(s, start)
      type = reader.hi * 4294967296 + reader.lo
    }
    // Nil: the allocation is still under way (delayed zeroing), or a user arena chunk. mbitmap.go treats it as pointer free.
    if (type === 0) continue
    const mask = masks.maskOf(type)
    if (mask === undefined) {
      maskless.count++
      maskless.first ??= spans.address[s] + start * 8
      continue
    }
    const before = sink.count
    const first = start + headerWords
    const words = slotWords - headerWords
    const elementWords = mask.size / 8
    const pointers = mask.pointerWords
    // The header names one element: its mask repeats over the whole slot, a cut-off last element included.
    for (let element = 0; element < words && pointers.length > 0; element += elementWords) {
      for (let p = 0; p < pointers.length; p++) {
        const word = element + pointers[p]
        if (word >= words) break
        reader.moveTo(s, first + word)
        sink.word(word * 8, reader.lo, reader.hi)
      }
    }
    edgeCount[object] = sink.count - before
  }
}
