import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LEVEL, SOURCE, TypeState } from '../../../../src/extract/heap/typing/type-state.ts'
import { type GoType, NONE } from '../../../../src/model/types.ts'
import { fakeTables } from '../fake-heap.ts'

const type = (name: string, size: number): GoType => ({
  name,
  package: undefined,
  kind: 'struct',
  size,
  pointerBytes: 0,
  element: NONE,
  key: NONE,
  length: undefined,
  runtimeAddress: undefined,
  fields: [],
})
const ROWS = [type('b', 8), type('a', 8), type('c', 24), type('outer', 48)]

interface Candidate {
  type: number
  length: number
  source: number
  level: (typeof LEVEL)[keyof typeof LEVEL]
}

/** What an object is once all candidates have been offered, in rounds of the given sizes. */
function outcome(candidates: readonly Candidate[], rounds: readonly number[] = []): unknown {
  const { objects } = fakeTables([
    { address: 0x4000_0000, pages: 1, slotSize: 48, slots: 10, allocated: [4] },
  ])
  const state = new TypeState(ROWS, objects)
  let next = 0
  for (const size of [...rounds, candidates.length]) {
    for (const c of candidates.slice(next, next + size)) {
      if (state.wouldWin(0, c.type, c.length, c.source, c.level)) {
        state.take(0, c.type, c.length, c.source, c.level)
      }
    }
    next += size
    state.commit()
  }
  const row = objects.type[0] === NONE ? undefined : ROWS[objects.type[0]].name
  return { type: row, length: objects.length[0], source: objects.typeSource[0], level: state.levelOf(0) }
}

const candidate = fc.record({
  type: fc.nat(ROWS.length - 1),
  length: fc.integer({ min: 1, max: 6 }),
  source: fc.constantFrom(SOURCE.pointer, SOURCE.slice, SOURCE.interface),
  level: fc.constantFrom(LEVEL.loose, LEVEL.fit, LEVEL.exact),
})

describe('the candidates for an object', () => {
  test('are in a total order: the sequence and the rounds they come in do not matter', () => {
    fc.assert(
      fc.property(
        fc
          .array(candidate, { minLength: 1, maxLength: 8 })
          .chain((list) =>
            fc.tuple(
              fc.constant(list),
              fc.shuffledSubarray(list, { minLength: list.length }),
              fc.array(fc.integer({ min: 1, max: 3 })),
            ),
          ),
        ([list, shuffled, rounds]) => {
          expect(outcome(shuffled, rounds)).toEqual(outcome(list))
        },
      ),
    )
  })
  test('that the runtime allocates as such win over what merely fits', () => {
    const fits = { type: 3, length: 1, source: SOURCE.pointer, level: LEVEL.fit }
    const exact = { type: 2, length: 1, source: SOURCE.map, level: LEVEL.exact }
    expect(outcome([fits, exact])).toMatchObject({ type: 'c' })
  })
  test('that say more of the object win: an outer struct over the one it begins with', () => {
    const inner = { type: 2, length: 1, source: SOURCE.interface, level: LEVEL.fit }
    const outer = { type: 3, length: 1, source: SOURCE.pointer, level: LEVEL.fit }
    expect(outcome([inner, outer])).toMatchObject({ type: 'outer' })
  })
  test('that say as much are told apart by the strength of their source, then by name', () => {
    const slice = { type: 1, length: 3, source: SOURCE.slice, level: LEVEL.fit }
    const pointer = { type: 2, length: 1, source: SOURCE.pointer, level: LEVEL.fit }
    expect(outcome([slice, pointer])).toMatchObject({ type: 'c' })
    const b = { type: 0, length: 1, source: SOURCE.pointer, level: LEVEL.fit }
    const a = { type: 1, length: 1, source: SOURCE.pointer, level: LEVEL.fit }
    expect(outcome([b, a])).toMatchObject({ type: 'a' })
  })
})
