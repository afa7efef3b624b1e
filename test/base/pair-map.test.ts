import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PairMap } from '../../src/base/pair-map.ts'
import { SEED } from '../graph/random-graphs.ts'

test('a map of pairs keeps the first value of each key, as a Map of texts does', () => {
  const number = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { maxLength: 300 }), (keys) => {
      const map = new PairMap(1)
      const oracle = new Map<string, number>()
      for (const [first, second] of keys) {
        const key = `${first} ${second}`
        if (!oracle.has(key)) oracle.set(key, oracle.size)
        expect(map.getOrAdd(first, second, map.size)).toBe(oracle.get(key))
      }
      expect(map.size).toBe(oracle.size)
    }),
    { seed: SEED, numRuns: 200 },
  )
})
