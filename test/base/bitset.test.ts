import { expect, test } from 'vitest'
import { BitSet } from '../../src/base/bitset.ts'

test('a bit set holds what was added and not deleted, at word borders too', () => {
  const rows = [0, 1, 30, 31, 32, 63, 64, 99]
  const set = new BitSet(100)
  for (const row of rows) set.add(row)
  const held = () => Array.from({ length: 100 }, (_, row) => row).filter((row) => set.has(row))
  expect(held()).toEqual(rows)
  set.delete(31)
  set.delete(50)
  expect(held()).toEqual(rows.filter((row) => row !== 31))
  expect(set.words.length).toBe(4)
})

test('rows beyond 2^31 have bits of their own', () => {
  const set = new BitSet(2 ** 31 + 64)
  set.add(2 ** 31 + 33)
  expect(set.has(2 ** 31 + 33)).toBe(true)
  expect(set.has(33)).toBe(false)
  expect(set.has(2 ** 31 + 1)).toBe(false)
})
