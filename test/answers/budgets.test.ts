import { expect, test } from 'vitest'
import { checkBudgets, parseBudgets } from '../../src/answers/budgets.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()

const check = (text: string) => checkBudgets(leaky.db, parseBudgets(text))

test('a number is held against its bounds, and rows where none are allowed are shown', () => {
  const results = check(`-- Budgets of the shop.

-- budget: sessions
-- max: 10 KiB
SELECT reachable_bytes FROM histogram WHERE type = 'main.Session';

-- budget: products
-- min: 1200
-- max: 1_200
SELECT reachable_objects FROM histogram WHERE type = 'main.Product'

-- budget: none of these
-- max: 1 KiB
-- empty: 0
SELECT objects FROM histogram WHERE type = 'main.Nothing';

-- budget: misspelt
-- max: 1 KiB
SELECT reachable_bytes FROM histogram WHERE type = 'main.Sesion';

-- budget: nobody waits to send
SELECT goid FROM goroutines WHERE wait_reason = 'chan send' ORDER BY goid;

-- budget: what is not known
-- max: 1
SELECT NULL;
`)
  expect(results.map(({ budget, verdict, value }) => [budget, verdict, value])).toEqual([
    ['sessions', 'over', 420 * 96],
    ['products', 'ok', 1200],
    ['none of these', 'ok', 0],
    ['misspelt', 'unknown', null],
    ['nobody waits to send', 'over', 131],
    ['what is not known', 'unknown', null],
  ])
  expect(results[4].rows.length).toBe(5)
  expect(results.map(({ reason }) => reason)).toEqual([
    ...[null, null, null],
    expect.stringMatching(/^no row: .*empty: 0/),
    null,
    'the heap does not tell',
  ])
  const ofBytes = { unit: 'bytes', min: null, max: 10 * 2 ** 10 }
  const ofCount = { unit: 'count', min: 1200, max: 1200 }
  expect(results.slice(0, 2)).toMatchObject([ofBytes, ofCount])
  expect(results[4]).toMatchObject({ unit: 'rows', min: null, max: 0 })
})

test('units are binary and decimal', () => {
  const [{ max }] = parseBudgets('-- budget: a\n-- max: 1.5 MiB\nSELECT 1')
  expect(max).toBe(1.5 * 2 ** 20)
  expect(parseBudgets('-- budget: a\n-- max: 2 MB\nSELECT 1')[0].max).toBe(2_000_000)
})

test('a file that is no list of budgets is refused in words', () => {
  const failure = (message: RegExp) =>
    expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) })
  expect(() => parseBudgets('SELECT 1')).toThrow(failure(/does not begin with/))
  expect(() => parseBudgets('')).toThrow(failure(/has no/))
  expect(() => parseBudgets('-- budget: a\n-- max: 3 parsecs\nSELECT 1')).toThrow(
    failure(/3 parsecs is no number/),
  )
  expect(() => parseBudgets('-- budget: a\n-- max: 3\n')).toThrow(failure(/a has no SQL/))
  expect(() => parseBudgets('-- budget: a\n-- empty: 0\nSELECT 1')).toThrow(failure(/neither max nor min/))
  expect(() => check('-- budget: a\n-- max: 3\nSELECT 1, 2')).toThrow(failure(/not one number/))
  expect(() => check(`-- budget: a\n-- max: 3\nSELECT 'x'`)).toThrow(failure(/^budget a: it gives a text/))
  expect(() => check('-- budget: a\n-- max: 3\nSELECT x FROM types')).toThrow(/^budget a: no such column: x/)
})
