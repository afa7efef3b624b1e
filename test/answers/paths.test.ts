import { expect, test } from 'vitest'
import { answerMergedPaths, answerPaths } from '../../src/answers/paths.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()

const one = (sql: string) => {
  for (const [cell] of leaky.db.query(sql).rows) return Number(cell)
  throw new Error(`no row: ${sql}`)
}
const plain = { limit: 3, excluded: [] }
const aSession = () => one(`SELECT MIN(id) FROM objects_named WHERE type = 'main.Session'`)

test('the paths to a session go through the field that leaks it, one from each root', () => {
  const id = aSession()
  const steps = answerPaths(leaky.db, id, plain)
  const first = steps.filter(({ path }) => path === 1)
  expect(first.length).toBe(one(`SELECT distance FROM objects WHERE id = ${id}`) + 1)
  expect(first.map(({ step }) => step)).toEqual(first.map((_, place) => place))
  expect(first.find(({ label }) => label === 'main.SessionStore')).toMatchObject({ field: '.byToken' })
  expect(first.at(-1)).toMatchObject({ id, field: null })
  const roots = steps.filter(({ step }) => step === 0)
  expect(roots.length).toBe(3)
  expect(new Set(roots.map((root) => root.id)).size).toBe(3)
})

test('around the field that leaks it nothing holds a session but its map', () => {
  const id = aSession()
  for (const excluded of ['main.SessionStore.byToken', 'main.SessionStore', 'main.Shop.sessions']) {
    expect(answerPaths(leaky.db, id, { limit: 3, excluded: [excluded] })).toEqual([])
  }
  // The object itself may be of an excluded type.
  expect(answerPaths(leaky.db, id, { limit: 1, excluded: ['main.Session'] })).not.toEqual([])
  expect(
    answerPaths(leaky.db, id, { limit: 1, excluded: ['pool', 'weak', 'finalizer', 'cleanup'] }),
  ).not.toEqual([])
})

test('what only a pool holds has no path around pools', () => {
  const pooled = one(
    `SELECT MIN(target_id) FROM edges e JOIN objects_named o ON o.id = e.source_id WHERE o.type = 'sync.poolLocal'`,
  )
  expect(answerPaths(leaky.db, pooled, plain)).not.toEqual([])
  const around = answerPaths(leaky.db, pooled, { limit: 3, excluded: ['pool'] })
  expect(around.some(({ label }) => label.includes('poolLocal'))).toBe(false)
})

test('an exclusion that names nothing is a usage error', () => {
  const failure = expect.objectContaining({
    code: 'usage',
    message: expect.stringMatching(/no type, no field/),
  })
  expect(() => answerPaths(leaky.db, aSession(), { limit: 1, excluded: ['main.Nope'] })).toThrow(failure)
})

test('the merged paths of all sessions are one, through the store', () => {
  const { steps, lost } = answerMergedPaths(leaky.db, 'main.Session', { minShare: 1, excluded: [] })
  expect(lost).toBe(0)
  expect(steps.every(({ objects }) => objects === 420)).toBe(true)
  const names = steps.map(({ name }) => name)
  expect(names).toContain('main.SessionStore')
  expect(names.at(-1)).toBe('main.Session')
  const around = answerMergedPaths(leaky.db, 'main.Session', {
    minShare: 1,
    excluded: ['main.SessionStore.byToken'],
  })
  expect(around).toEqual({ steps: [], lost: 420 })
})
