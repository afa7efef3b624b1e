import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countUp, sortRows } from '../../src/base/radix-sort.ts'

/** What it is to be: a stable sort by comparison. */
function sortSlowly(order: Uint32Array, keys: readonly number[]): number[] {
  return [...order].sort((a, b) => keys[a] - keys[b])
}

/** Small ones, ties, the limits of the digits and of 32 bits, and large ones. */
const key = fc.oneof(
  fc.integer({ min: -1, max: 3 }),
  fc.constantFrom(4094, 4095, 4096, 2 ** 24 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2),
  fc.maxSafeNat().map((n) => Math.min(n, 2 ** 53 - 2)),
)

test('rows come in the order of their keys, equal ones in the order they had', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
      const order = countUp(keys.length).reverse()
      const before = order.slice()
      expect([...sortRows(order, keys)]).toEqual(sortSlowly(before, keys))
      expect(order).toEqual(before)
    }),
  )
})

test('every kind of array gives the same order', () => {
  const keys = [5, -1, 70_000, 0, 5, 4096]
  const expected = [1, 3, 0, 4, 5, 2]
  for (const array of [keys, Int32Array.from(keys), Float64Array.from(keys)]) {
    expect([...sortRows(countUp(6), array)]).toEqual(expected)
  }
  expect([...sortRows(countUp(3), Uint32Array.of(2 ** 32 - 1, 0, 7))]).toEqual([1, 2, 0])
  expect(sortRows(countUp(0), []).length).toBe(0)
})

test('the result never shares memory with what was sorted', () => {
  const order = countUp(3)
  expect(sortRows(order, [-1, -1, -1])).toEqual(order)
  expect(sortRows(order, [-1, -1, -1])).not.toBe(order)
})
