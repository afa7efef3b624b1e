import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerMergedPaths } from '../../src/answers/merged-paths.ts'
import { answerPaths } from '../../src/answers/paths.ts'
import { SEED } from '../graph/random-graphs.ts'
import { BruteForce } from './brute-force.ts'
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
  const objects = first.filter(({ kind }) => kind === 'object')
  expect(objects.length).toBe(one(`SELECT distance FROM objects WHERE id = ${id}`))
  expect(first.slice(0, -objects.length).map(({ kind }) => kind)).toEqual(['goroutine', 'frame', 'local'])
  expect(first.map(({ step }) => step)).toEqual(first.map((_, place) => place))
  expect(first.find(({ label }) => label === 'main.SessionStore')).toMatchObject({ field: '.byToken' })
  expect(first.at(-1)).toMatchObject({ id, field: null })
  // What points at the first object.
  const roots = steps.filter(({ kind }, place) => kind !== 'object' && steps[place + 1]?.kind === 'object')
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

test('around any type the path to any object is one of the shortest that is left, or there is none', () => {
  const brute = new BruteForce(leaky.db)
  const ids = (sql: string) => [...leaky.db.query(sql).rows].map(([id]) => Number(id))
  const types = leaky.db.query(
    `SELECT t.id, t.name FROM type_totals s JOIN types t ON t.id = s.type_id
     GROUP BY t.name HAVING COUNT(*) = 1 ORDER BY s.reachable_bytes DESC LIMIT 40`,
  )
  const named = Array.from(types.rows, ([type, name]) => ({ type: Number(type), name: String(name) }))
  const objects = ids('SELECT id FROM objects ORDER BY id')
  const isPointer = (source: number, target: number) =>
    ids(`SELECT 1 FROM edges WHERE source_id = ${source} AND target_id = ${target}
      UNION ALL SELECT 1 FROM root_edges WHERE root_id = ${source} AND target_id = ${target}`).length > 0
  fc.assert(
    fc.property(fc.constantFrom(...objects), fc.constantFrom(...named), (id, { type, name }) => {
      const gone = new Set(
        ids(`SELECT id FROM objects WHERE type_id = ${type}`).filter((other) => other !== id),
      )
      const distance = brute.distances(gone).get(id)
      const steps = answerPaths(leaky.db, id, { limit: 1, excluded: [name] })
      const path = steps.slice(steps.findIndex(({ kind }) => kind === 'object') - 1)
      expect(steps.filter(({ kind }) => kind === 'object')).toHaveLength(distance ?? 0)
      expect(steps.some((step) => gone.has(step.id))).toBe(false)
      for (const [place, step] of path.slice(1).entries())
        expect(isPointer(path[place].id, step.id)).toBe(true)
    }),
    { seed: SEED, numRuns: 60 },
  )
})

test('of two fields that point at an object the path names the one that is not excluded', () => {
  const element = one(
    `SELECT a.target_id FROM pointers a JOIN pointers b ON (b.source_id, b.target_id) = (a.source_id, a.target_id)
     JOIN objects_named n ON n.id = a.source_id
     WHERE n.type = 'container/list.List' AND a.path = '.root.next' AND b.path = '.root.prev' LIMIT 1`,
  )
  const fieldOfList = (excluded: string[]) =>
    answerPaths(leaky.db, element, { limit: 1, excluded }).find(
      ({ label }) => label === 'container/list.List',
    )?.field
  expect(fieldOfList([])).toBe('.root.next')
  expect(fieldOfList(['container/list.Element.next'])).toBe('.root.prev')
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
