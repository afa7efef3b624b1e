import { describe, expect, test } from 'vitest'
import { sharedUint32 } from '../../../src/base/columns.ts'
import type { GoFacts } from '../../../src/extract/go/facts.ts'
import { TypeMasks } from '../../../src/extract/go/gc-mask.ts'
import { RTYPE } from '../../../src/extract/go/rtype.ts'
import { buildPageMap } from '../../../src/extract/heap/object-finder.ts'
import { type ScanTables, scanSpans } from '../../../src/extract/heap/scan.ts'
import { FakeMemory, type FakeSpan, fakeTables, PAGE } from './fake-heap.ts'

const HEAP = 0xc000000000
const TYPE = 0x500000
const STRUCT_KIND = 25

const facts: GoFacts = {
  version: 'go1.26.8',
  minor: 26,
  isKnownVersion: true,
  arch: 'amd64',
  minLC: 1,
  holds: {
    gcPrograms: false,
    unrolledBitmap: false,
    gcMaskOnDemand: true,
    scansExtendedRegisters: true,
    boxesWeakHandles: true,
  },
  inlineMarkBytes: 128,
  inlineMarksOffset: 64,
  arenaBaseShift: 2 ** 47,
  arenaBytes: 2 ** 26,
  hasRedzones: false,
}

function scan(rows: FakeSpan[], memory: FakeMemory) {
  const { spans, objects } = fakeTables(rows)
  const tables: ScanTables = {
    spans,
    userArena: new Uint8Array(spans.count),
    slotObject: objects.slotObject,
    map: buildPageMap(spans),
    heapBits: { kind: 'span', inlineMarkBytes: facts.inlineMarkBytes },
    wideOffsets: false,
    edgeCount: sharedUint32(objects.count),
  }
  const result = scanSpans(tables, memory, new TypeMasks(memory, facts), 0, spans.count)
  const { offset, target, targetOffset } = result.edges
  return {
    result,
    counts: [...tables.edgeCount],
    edges: [...target].map((to, e) => ({ offset: offset[e], to, at: targetOffset[e] })),
  }
}

/** A struct descriptor with the given size and pointer mask (one byte of bits). */
function writeType(memory: FakeMemory, size: number, pointerBytes: number, bits: number): void {
  memory.map(TYPE, 256)
  memory.writeWord(TYPE + RTYPE.size, size)
  memory.writeWord(TYPE + RTYPE.pointerBytes, pointerBytes)
  memory.writeBytes(TYPE + RTYPE.hash, Uint8Array.of(1, 2, 3, 4, 0, 8, 8, STRUCT_KIND))
  memory.writeWord(TYPE + RTYPE.gcData, TYPE + 200)
  memory.writeBytes(TYPE + 200, Uint8Array.of(bits))
}

describe('scan', () => {
  test('heap bits in the span, below the inline marks, tell which words are pointers', () => {
    const memory = new FakeMemory()
    memory.map(HEAP, PAGE)
    // Slot 1 of 32 bytes: words 4..7; the bits of 4 and 6 are set. Word 5 looks like a pointer and is none.
    memory.writeBytes(HEAP + PAGE - 256, Uint8Array.of(0b0101_0000))
    memory.writeWord(HEAP + 32, HEAP)
    memory.writeWord(HEAP + 40, HEAP)
    memory.writeWord(HEAP + 48, HEAP + 32 + 20)
    const rows = [{ address: HEAP, pages: 1, slotSize: 32, slots: 248, allocated: [0, 1] }]
    const { edges, counts } = scan(rows, memory)
    expect(edges).toEqual([
      { offset: 0, to: 0, at: 0 },
      { offset: 16, to: 1, at: 20 },
    ])
    expect(counts).toEqual([0, 2])
  })

  test('slots of 8 bytes have heap bits at the very end: they have no inline marks', () => {
    const memory = new FakeMemory()
    memory.map(HEAP, PAGE)
    memory.writeBytes(HEAP + PAGE - 128, Uint8Array.of(0b10))
    memory.writeWord(HEAP + 8, HEAP)
    const rows = [{ address: HEAP, pages: 1, slotSize: 8, slots: 1008, allocated: [0, 1] }]
    expect(scan(rows, memory).edges).toEqual([{ offset: 0, to: 0, at: 0 }])
  })

  test('a malloc header names one element, and its mask repeats to the end of the slot', () => {
    const memory = new FakeMemory()
    // {pointer, scalar, pointer}: 24 bytes; a slot of 640 holds 26 and the pointer of a 27th that is cut off.
    writeType(memory, 24, 24, 0b101)
    memory.map(HEAP, PAGE)
    memory.writeWord(HEAP, TYPE)
    const at = (word: number) => HEAP + 8 + word * 8
    memory.writeWord(at(0), at(0))
    memory.writeWord(at(1), at(0))
    memory.writeWord(at(75), at(1))
    memory.writeWord(at(77), at(2))
    memory.writeWord(at(78), at(0))
    const rows: FakeSpan[] = [
      { address: HEAP, pages: 1, slotSize: 640, slots: 12, allocated: [0], headerSize: 8 },
    ]
    expect(scan(rows, memory).edges).toEqual([
      { offset: 0, to: 0, at: 0 },
      { offset: 600, to: 0, at: 8 },
      { offset: 616, to: 0, at: 16 },
      { offset: 624, to: 0, at: 0 },
    ])
  })

  test('a pointer to a free slot, to a malloc header or outside the heap is no edge', () => {
    const memory = new FakeMemory()
    memory.map(HEAP, 2 * PAGE)
    memory.writeBytes(HEAP + PAGE - 256, Uint8Array.of(0b1111))
    memory.writeWord(HEAP, HEAP + 32)
    memory.writeWord(HEAP + 8, HEAP + PAGE)
    memory.writeWord(HEAP + 16, TYPE)
    memory.writeWord(HEAP + 24, 2 ** 52)
    const rows: FakeSpan[] = [
      { address: HEAP, pages: 1, slotSize: 32, slots: 248, allocated: [0] },
      { address: HEAP + PAGE, pages: 1, slotSize: 1024, slots: 8, allocated: [0], headerSize: 8 },
    ]
    expect(scan(rows, memory).edges).toEqual([])
  })

  test('a large object takes its mask from the span; nil means no pointers yet', () => {
    const memory = new FakeMemory()
    writeType(memory, 16, 8, 0b1)
    memory.map(HEAP, 10 * PAGE)
    memory.writeWord(HEAP + 9 * PAGE, HEAP)
    memory.writeWord(HEAP + 9 * PAGE + 8, HEAP)
    const span = { address: HEAP, pages: 10, slotSize: 10 * PAGE, slots: 1, allocated: [0] }
    expect(scan([{ ...span, largeType: TYPE }], memory).edges).toEqual([{ offset: 9 * PAGE, to: 0, at: 0 }])
    expect(scan([span], memory).edges).toEqual([])
  })

  test('pages that the core lacks are counted, and what follows them is still read', () => {
    const memory = new FakeMemory()
    writeType(memory, 8, 8, 0b1)
    memory.map(HEAP, 4096)
    memory.map(HEAP + 2 * 4096, 9 * PAGE)
    memory.writeWord(HEAP, HEAP)
    memory.writeWord(HEAP + 3 * PAGE, HEAP)
    const rows = [
      { address: HEAP, pages: 10, slotSize: 10 * PAGE, slots: 1, allocated: [0], largeType: TYPE },
    ]
    const { edges, result } = scan(rows, memory)
    expect(edges.map((edge) => edge.offset)).toEqual([0, 3 * PAGE])
    expect(result.absentBytes).toBe(4096)
    expect(result.firstAbsent).toBe(HEAP + 4096)
  })

  test('a header that leads to no type is counted, not guessed', () => {
    const memory = new FakeMemory()
    memory.map(HEAP, PAGE)
    memory.writeWord(HEAP, 0x12345678)
    const rows: FakeSpan[] = [
      { address: HEAP, pages: 1, slotSize: 1024, slots: 8, allocated: [0], headerSize: 8 },
    ]
    const { result } = scan(rows, memory)
    expect(result.maskless).toBe(1)
    expect(result.firstMaskless).toBe(HEAP)
  })
})
