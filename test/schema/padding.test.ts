import { expect, test } from 'vitest'
import { NONE } from '../../src/model/types.ts'
import { findPadding, spreadValues } from '../../src/schema/padding.ts'
import { sketchType } from './build-heap.ts'

const field = (name: string, offset: number, type: number) => ({ name, offset, type, isEmbedded: false })

const byte = sketchType({ name: 'uint8', kind: 'uint8', size: 1 })
const long = sketchType({ name: 'int64', kind: 'int64', size: 8 })
const loose = sketchType({
  name: 'app.Loose',
  kind: 'struct',
  size: 24,
  fields: [field('a', 0, 0), field('b', 8, 1), field('c', 16, 0)],
})

test('gaps and the tail are padding; sorted fields have no gaps', () => {
  expect(findPadding([byte, long, loose])).toEqual([
    { type: 2, gaps: 7, tail: 7, bestSize: 16, betterOrder: ['b', 'a', 'c'] },
  ])
})

test('padding within a field is that of the field’s type', () => {
  const outer = sketchType({
    name: 'app.Outer',
    kind: 'struct',
    size: 56,
    fields: [field('x', 0, 0), field('y', 8, 4)],
  })
  const pair = sketchType({ name: '[2]app.Loose', kind: 'array', size: 48, element: 2, length: 2 })
  const found = findPadding([byte, long, loose, outer, pair])
  expect(found.map(({ type, gaps, tail, bestSize }) => [type, gaps, tail, bestSize])).toEqual([
    [2, 7, 7, 16],
    [3, 7, 0, 56],
  ])
  // No order makes that one smaller.
  expect(found[1].betterOrder).toBeUndefined()
})

test('fields without a size go first, then those of the largest alignment; others keep their order', () => {
  const empty = sketchType({ name: 'struct {}', kind: 'struct', size: 0 })
  const ends = sketchType({
    name: 'app.Ends',
    kind: 'struct',
    size: 32,
    fields: [field('a', 0, 0), field('b', 8, 1), field('c', 16, 0), field('d', 17, 0), field('e', 24, 2)],
  })
  expect(findPadding([byte, long, empty, ends])).toEqual([
    { type: 3, gaps: 7 + 6, tail: 8, bestSize: 16, betterOrder: ['e', 'b', 'a', 'c', 'd'] },
  ])
})

test('keys and values of maps cannot change places', () => {
  const slots = sketchType({ name: '[8]app.Loose', kind: 'array', size: 192, element: 2, length: 8 })
  const group = sketchType({
    name: 'map.group[uint8]int64',
    kind: 'map group',
    size: 200,
    fields: [field('ctrl', 0, 1), field('slots', 8, 3)],
  })
  expect(findPadding([byte, long, loose, slots, group])).toEqual([
    { type: 2, gaps: 7, tail: 7, bestSize: 24, betterOrder: undefined },
  ])
})

test('of overlapping fields, types of C, and fields without a type nothing is said', () => {
  const union = sketchType({ ...loose, name: 'app.Union', fields: [field('a', 0, 1), field('b', 4, 1)] })
  const ofC = { ...loose, name: 'C.struct_loose' }
  const partly = sketchType({ ...loose, name: 'app.Partly', fields: [field('a', 8, NONE)] })
  const within = sketchType({ ...loose, name: 'app.Within', fields: [field('self', 8, 5)] })
  expect(findPadding([byte, long, union, ofC, partly, within])).toEqual([])
})

test('values of a type are those in structs and arrays too', () => {
  const types = [
    byte,
    sketchType({ name: '[3]app.Inner', kind: 'array', size: 6, element: 3, length: 3 }),
    sketchType({ name: 'app.Outer', kind: 'struct', size: 7, fields: [field('x', 0, 1), field('y', 6, 0)] }),
    sketchType({ name: 'app.Inner', kind: 'struct', size: 2, fields: [field('a', 0, 0), field('b', 1, 0)] }),
  ]
  //  5 outer: 5 arrays more, 15 inner more; 2 bytes an inner, 1 an outer
  expect([...spreadValues(types, [1, 2, 5, 10])]).toEqual([1 + 2 * (10 + 3 * 7) + 5, 7, 5, 10 + 3 * 7])
})
