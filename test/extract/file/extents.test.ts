import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AddressRange,
  flatten,
  intersect,
  overlay,
  subtract,
} from '../../../src/extract/file/extents.ts'

/** A range that knows which spec it came from, and how far into it it starts. */
interface Tagged extends AddressRange {
  tag: number
  offset: number
}

const cut = (range: Tagged, from: number, to: number): Tagged => ({
  ...range,
  address: from,
  size: to - from,
  offset: range.offset + (from - range.address),
})

const SPACE = 60
const ranges = fc
  .array(fc.record({ address: fc.nat(SPACE), size: fc.integer({ min: 1, max: 20 }) }), { maxLength: 12 })
  .map((list) => list.map((range, tag): Tagged => ({ ...range, tag, offset: 0 })))

/** What each address holds, painted one by one: the model. */
function paint(list: readonly Tagged[]): (string | undefined)[] {
  const cells: (string | undefined)[] = new Array(SPACE + 20).fill(undefined)
  for (const range of list) {
    for (let i = 0; i < range.size; i++) cells[range.address + i] = `${range.tag}+${range.offset + i}`
  }
  return cells
}

function expectAscending(list: readonly AddressRange[]): void {
  for (let i = 0; i < list.length; i++) {
    expect(list[i].size).toBeGreaterThan(0)
    if (i > 0) expect(list[i].address).toBeGreaterThanOrEqual(list[i - 1].address + list[i - 1].size)
  }
}

test('flatten paints ranges in order, the later over the earlier', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const flat = flatten(list, cut)
      expectAscending(flat)
      expect(paint(flat)).toEqual(paint(list))
    }),
    { numRuns: 1000 },
  )
})

test('overlay, subtract and intersect do to ranges what they do to each address', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const base = flatten(a, cut)
      const mask = flatten(
        b.map((range) => ({ ...range, tag: range.tag + 100 })),
        cut,
      )
      const below = paint(base)
      const above = paint(mask)
      const over = overlay(base, mask, cut)
      expectAscending(over)
      expect(paint(over)).toEqual(below.map((cell, i) => above[i] ?? cell))
      const outside = subtract(base, mask, cut)
      expectAscending(outside)
      expect(paint(outside)).toEqual(below.map((cell, i) => (above[i] ? undefined : cell)))
      const inside = intersect(base, mask, cut)
      expectAscending(inside)
      expect(paint(inside)).toEqual(below.map((cell, i) => (above[i] ? cell : undefined)))
    }),
    { numRuns: 1000 },
  )
})
