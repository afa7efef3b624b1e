import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AccountTree } from '../../../src/extract/heap/account-tree.ts'
import type { MemoryAccount } from '../../../src/model/memory-account.ts'
import { Problems } from '../../../src/model/problem.ts'

function build(fill: (tree: AccountTree) => void) {
  const problems = new Problems()
  const tree = new AccountTree()
  tree.add('all', undefined, 'all', 100, '')
  fill(tree)
  const rows = tree.finish(problems)
  return { sizes: Object.fromEntries(rows.map(({ key, bytes }) => [key, bytes])), rows, problems }
}

test('what the parts do not have is a row of its own', () => {
  const { sizes, problems } = build((tree) =>
    tree.addAll('all', [
      ['a', 'a', 30, ''],
      ['b', 'b', undefined, ''],
    ]),
  )
  expect(sizes).toEqual({ all: 100, 'all.a': 30, 'all.b': undefined, 'all.not-attributed': 70 })
  expect(problems.rows).toEqual([])
})

test('the rest of a whole is known where that tells what it is', () => {
  const { sizes } = build((tree) => {
    tree.addAll('all', [['a', 'a', 30, '']])
    tree.addRest('all', ['rest', 'rest', ''])
  })
  expect(sizes).toEqual({ all: 100, 'all.a': 30, 'all.rest': 70 })
})

test('parts of an unknown whole are unknown, and so are parts that exceed theirs, which is a problem', () => {
  const { sizes, problems } = build((tree) => {
    tree.addAll('all', [
      ['a', 'a', 60, ''],
      ['b', 'b', 41, ''],
    ])
    tree.addAll('all.a', [['c', 'c', 60, '']])
  })
  expect(sizes).toEqual({
    all: 100,
    'all.a': undefined,
    'all.b': undefined,
    'all.a.c': undefined,
    'all.not-attributed': 100,
  })
  expect(problems.rows.map(({ code, severity }) => [code, severity])).toEqual([
    ['memory-account-contradicts', 'warning'],
  ])
})

test('whatever sizes are given, known parts add up to known wholes', () => {
  const size = fc.option(fc.nat(200), { nil: undefined })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), size), { maxLength: 12 }), (parts) => {
      const { rows } = build((tree) => {
        const keys = ['all']
        for (const [place, bytes] of parts) {
          const parent = keys[place % keys.length]
          tree.addAll(parent, [[`${keys.length}`, '', bytes, '']])
          keys.push(`${parent}.${keys.length}`)
        }
      })
      for (const { key, bytes } of rows) {
        const children = rows.filter(({ parent }) => parent === key)
        if (children.length > 0) expect(sum(children)).toBe(bytes ?? 0)
      }
    }),
  )
})

const sum = (rows: MemoryAccount) => rows.reduce((total, { bytes }) => total + (bytes ?? 0), 0)
