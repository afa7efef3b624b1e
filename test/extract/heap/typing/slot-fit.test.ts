import { describe, expect, test } from 'vitest'
import { slotFit } from '../../../../src/extract/heap/typing/slot-fit.ts'
import { type FakeSpan, fakeTables } from '../fake-heap.ts'

/** Room and least size of the one span. */
function fitOf(span: Partial<FakeSpan>) {
  const { spans } = fakeTables([
    { address: 0x4000_0000, pages: 1, slotSize: 48, slots: 10, allocated: [], ...span },
  ])
  const { room, least, isTiny } = slotFit(spans)
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
})
