import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnalysedHeap } from '../../src/model/heap-graph.ts'
import { findDuplicateStrings } from '../../src/schema/string-totals.ts'
import { analyseSketch } from './build-heap.ts'

interface Text {
  hash: bigint
  length: number
  isReachable: boolean
}

/** One object a string; a global points at the reachable ones. */
function heapOf(texts: Text[]): AnalysedHeap {
  const reachable = texts.flatMap((text, place) => (text.isReachable ? [place] : []))
  const analysed = analyseSketch({
    objects: texts.map((_, i) => ({ address: 0xc000000000 + i * 64, size: 64 })),
    roots: [{ kind: 'global', name: 'all' }],
    rootEdges: reachable.map((place, i) => [0, i * 8, place]),
  })
  const strings = {
    count: texts.length,
    object: Uint32Array.from(texts, (_, i) => i),
    offset: new Uint32Array(texts.length),
    length: Uint32Array.from(texts, (text) => text.length),
    hash: BigUint64Array.from(texts, (text) => text.hash),
    value: undefined,
    maxValueBytes: 0,
  }
  return { ...analysed, heap: { ...analysed.heap, strings } }
}

/** The same by definition: every pair is compared. */
function bruteForce(texts: Text[]): { row: number; copies: number; wasted: number }[] {
  const found = texts.flatMap((text, row) => {
    const alike = (other: Text) =>
      other.isReachable && other.hash === text.hash && other.length === text.length
    const copies = texts.filter(alike).length
    return text.isReachable && copies > 1 && texts.findIndex(alike) === row
      ? [{ row, copies, wasted: (copies - 1) * text.length }]
      : []
  })
  return found.sort((a, b) => b.wasted - a.wasted || a.row - b.row)
}

test('duplicate strings are what comparing every pair finds, those that waste most first', () => {
  const text = fc.record({
    hash: fc.constantFrom(0n, 1n, 1n << 32n, (1n << 32n) + 1n, (1n << 63n) - 1n),
    length: fc.nat(3),
    isReachable: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
      const { count, row, copies, wastedBytes } = findDuplicateStrings(heapOf(texts))
      const got = [...row].map((each, i) => ({ row: each, copies: copies[i], wasted: wastedBytes[i] }))
      expect(got).toHaveLength(count)
      expect(got).toEqual(bruteForce(texts))
    }),
  )
})
