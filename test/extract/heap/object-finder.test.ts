import { describe, expect, test } from 'vitest'
import { buildPageMap, objectFinder } from '../../../src/extract/heap/object-finder.ts'
import { NONE } from '../../../src/model/types.ts'
import { type FakeSpan, fakeTables, PAGE } from './fake-heap.ts'

const HEAP = 0xc000000000
const MANUAL = 2

function finderOf(rows: FakeSpan[]) {
  const { spans, objects } = fakeTables(rows)
  return { finder: objectFinder(spans, objects, buildPageMap(spans)), objects }
}

describe('object finder', () => {
  const rows: FakeSpan[] = [
    { address: HEAP, pages: 1, slotSize: 48, slots: 170, allocated: [0, 1, 169] },
    { address: HEAP + PAGE, pages: 4, slotSize: 0, slots: 0, allocated: [], state: MANUAL },
    // Across the joint of two blocks of 64 MiB.
    { address: HEAP + 2 ** 26 - PAGE, pages: 2, slotSize: 2 * PAGE, slots: 1, allocated: [0] },
    // Far away, as a randomised heap base makes it.
    { address: 0x7e0000000000, pages: 1, slotSize: 1024, slots: 8, allocated: [3], headerSize: 8 },
  ]
  const { finder, objects } = finderOf(rows)

  test('an address anywhere in a slot finds the object', () => {
    expect(finder.objectAt(HEAP)).toBe(0)
    expect(finder.objectAt(HEAP + 47)).toBe(0)
    expect(finder.objectAt(HEAP + 48)).toBe(1)
    expect(finder.objectAt(HEAP + 169 * 48)).toBe(2)
    expect(finder.objectAt(HEAP + 2 ** 26 - PAGE)).toBe(3)
    expect(finder.objectAt(HEAP + 2 ** 26 + PAGE - 1)).toBe(3)
    expect(finder.objectAt(0x7e0000000000 + 3 * 1024)).toBe(4)
    expect(objects.address[4]).toBe(0x7e0000000000 + 3 * 1024 + 8)
  })

  test('free slots, the tail of a span, manual spans and addresses outside have no object', () => {
    for (const address of [
      HEAP + 96,
      HEAP + 170 * 48,
      HEAP + PAGE,
      HEAP - 1,
      HEAP + 2 ** 26 + PAGE,
      0x7e0000000000 + 2 * 1024,
      0x7e0000000000 + PAGE,
      0,
      2 ** 63,
    ]) {
      expect(finder.objectAt(address), address.toString(16)).toBe(NONE)
    }
    expect(finder.spanAt(HEAP + PAGE)).toBe(1)
    expect(finder.spanAt(HEAP + 6 * PAGE)).toBe(NONE)
  })

  test('a heap without spans finds nothing', () => {
    expect(finderOf([]).finder.objectAt(HEAP)).toBe(NONE)
  })
})
