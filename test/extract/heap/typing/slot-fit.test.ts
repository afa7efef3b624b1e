import { describe, expect, test } from 'vitest'
import { slotFit } from '../../../../src/extract/heap/typing/slot-fit.ts'
import { type FakeSpan, fakeTables } from '../fake-heap.ts'

/** Room and least size of the one span. */
function fitOf(span: Partial<FakeSpan>, hasRedzones = false) {
  const { spans } = fakeTables([
    { address: 0x4000_0000, pages: 1, slotSize: 48, slots: 10, allocated: [], ...span },
  ])
  const { room, least, isTiny } = slotFit(spans, { hasRedzones })
  return { room: room[0], least: least[0], isTiny: isTiny[0] === 1 }
}

describe('what the allocator puts into a slot', () => {
  test('is larger than the next smaller slot', () => {
    expect(fitOf({ slotSize: 48 })).toEqual({ room: 48, least: 33, isTiny: false })
    expect(fitOf({ slotSize: 8 })).toEqual({ room: 8, least: 1, isTiny: false })
  })
  test('with a malloc header leaves room for it, in the next smaller slot too', () => {
    expect(fitOf({ slotSize: 640, headerSize: 8 })).toEqual({ room: 632, least: 569, isTiny: false })
  })
  test('has a malloc header only above 512 bytes', () => {
    expect(fitOf({ slotSize: 576, headerSize: 8 })).toEqual({ room: 568, least: 513, isTiny: false })
  })
  test('may be several values where they are small and without pointers', () => {
    expect(fitOf({ slotSize: 16, noscan: true }).isTiny).toBe(true)
    expect(fitOf({ slotSize: 16, noscan: false }).isTiny).toBe(false)
    expect(fitOf({ slotSize: 24, noscan: true }).isTiny).toBe(false)
  })
  test('of its own span is rounded up to whole pages', () => {
    expect(fitOf({ slotSize: 40960, pages: 5, slots: 1 })).toEqual({
      room: 40960,
      least: 32769,
      isTiny: false,
    })
  })
  test('of a class whose spans have one slot is what goes into no smaller class', () => {
    expect(fitOf({ slotSize: 8192, pages: 1, slots: 1 }).least).toBe(6913)
    // Or a large object, of more than 32760 bytes.
    expect(fitOf({ slotSize: 32768, pages: 4, slots: 1 }).least).toBe(28673)
    expect(fitOf({ slotSize: 40960, pages: 5, slots: 1 }).least).toBe(32769)
  })

  test('of a program with the address sanitizer is smaller by its redzone', () => {
    for (const [slotSize, headerSize, smaller] of [
      [48, 0, 32],
      [64, 0, 48],
      [96, 0, 80],
      [640, 8, 576 - 8],
      [32768, 8, 28672 - 8],
    ] as const) {
      const { room, least } = fitOf({ slotSize, headerSize }, true)
      const sizes = Array.from({ length: slotSize }, (_, i) => i + 1)
      const inSlot = sizes.filter((size) => {
        const bytes = size + redzoneOf(size)
        return bytes > smaller && bytes <= slotSize - headerSize
      })
      expect([slotSize, least, room]).toEqual([slotSize, inSlot[0], inSlot.at(-1)])
    }
  })
})

/** As the runtime has it. */
function redzoneOf(size: number): number {
  const limits = [48, 96, 448, 3968, 16128, 32256, 64512]
  const step = limits.findIndex((limit) => size <= limit)
  return 16 << (step < 0 ? 7 : step)
}
