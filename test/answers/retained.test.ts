import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NodeSet } from '../../src/answers/node-set.ts'
import type { PointerChoice } from '../../src/answers/pointer-choice.ts'
import { answerRetained, type RetainedSums } from '../../src/answers/retained.ts'
import { searchRetained } from '../../src/answers/retained-by-search.ts'
import { readRetained } from '../../src/answers/retained-by-tree.ts'
import { SEED } from '../graph/random-graphs.ts'
import { BruteForce } from './brute-force.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()

test('what a random set of SQL retains is what no path reaches without it', () => {
  const brute = new BruteForce(leaky.db)
  // Objects and roots by remainders of their ids, by type, by size, by goroutine.
  const condition = fc.oneof(
    fc
      .tuple(fc.integer({ min: 2, max: 400 }), fc.nat(399))
      .map(([n, rest]) => `SELECT id FROM nodes WHERE id % ${n} = ${rest % n}`),
    fc.nat(800).map((type) => `SELECT id FROM objects WHERE type_id = ${type}`),
    fc.constantFrom(16, 48, 64, 96, 112, 9472).map((size) => `SELECT id FROM objects WHERE size = ${size}`),
    fc.nat(140).map((n) => `SELECT id FROM goroutines ORDER BY id LIMIT ${n}`),
    fc.nat(800).map((n) => `SELECT id FROM frames ORDER BY id LIMIT ${n}`),
  )
  fc.assert(
    fc.property(fc.array(condition, { minLength: 1, maxLength: 2 }), (sql) => {
      const ids = new Set(sql.flatMap((text) => [...leaky.db.query(text).rows].map(([id]) => Number(id))))
      const lost = brute.lose(ids)
      const answer = answerRetained(leaky.db, { sql })
      expect([answer.retained_count, answer.retained_size]).toEqual([lost.count, lost.bytes])
      expect(answer.selected).toBe(ids.size)
      expect(answer.types.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(lost.bytes)
      expect(answer.types.reduce((sum, { objects }) => sum + objects, 0)).toBe(lost.count)
    }),
    { seed: SEED, numRuns: 40 },
  )
})

test('what a pointer alone keeps is what is lost with it', () => {
  const brute = new BruteForce(leaky.db)
  const pointers = [...leaky.db.query('SELECT source_id, offset FROM edges WHERE source_id % 97 = 5').rows]
  const sample = pointers.filter((_, place) => place % Math.ceil(pointers.length / 25) === 0)
  for (const [source, offset] of sample) {
    const lost = brute.lose(new Set(), new Set([`${source}.${offset}`]))
    const answer = answerRetained(leaky.db, { cuts: [`${source}.${offset}`] })
    expect([source, offset, answer.retained_count, answer.retained_size]).toEqual([
      source,
      offset,
      lost.count,
      lost.bytes,
    ])
  }
})

const one = (sql: string) => {
  for (const [cell] of leaky.db.query(sql).rows) return Number(cell)
  throw new Error(`no row: ${sql}`)
}

test('the leak of the shop: 420 sessions, with the bodies of their requests, hang on one field', () => {
  const sessions = answerRetained(leaky.db, { types: ['main.Session'] })
  expect(sessions.selected).toBe(420)
  // Each pins the body of its login request, of 9472 bytes.
  expect(sessions.types[0]).toMatchObject({ type: 'uint8' })
  expect(sessions.types[0].bytes).toBeGreaterThan(420 * 9472 - 1)
  const store = one(`SELECT id FROM objects_named WHERE type = 'main.SessionStore'`)
  const byField = answerRetained(leaky.db, { cuts: [`${store}.byToken`] })
  const byNode = answerRetained(leaky.db, { nodes: [String(store)] })
  expect(byField.retained_size).toBe(byNode.retained_size - 16)
  expect(byNode.retained_size).toBe(one(`SELECT retained_size FROM objects WHERE id = ${store}`))
})

test('an address, a name of a variable and an id name the same thing', () => {
  const id = one(`SELECT id FROM objects_named WHERE type = 'main.Shop'`)
  const address = one(`SELECT address FROM objects WHERE id = ${id}`)
  const by = (node: string) => answerRetained(leaky.db, { nodes: [node] }).retained_size
  expect(by(`0x${(address + 20).toString(16)}`)).toBe(by(String(id)))
  const pool = one(`SELECT id FROM roots WHERE name = 'net/http.copyBufPool'`)
  expect(by('net/http.copyBufPool')).toBe(by(String(pool)))
})

test('a pointer is named by the address or the variable that it is in, too', () => {
  const by = (cut: string) => answerRetained(leaky.db, { cuts: [cut] }).retained_size
  const store = one(`SELECT id FROM objects_named WHERE type = 'main.SessionStore'`)
  const address = one(`SELECT address FROM objects WHERE id = ${store}`)
  for (const place of [
    'byToken',
    `${one(`SELECT offset FROM pointers WHERE source_id = ${store} AND path = '.byToken'`)}`,
  ])
    expect(by(`0x${address.toString(16)}.${place}`)).toBe(by(`${store}.${place}`))
  // Names of variables have dots; pointers of globals and of frames, with and without a field.
  const pointers = leaky.db.query(
    `SELECT r.name, r.id, p.offset, p.path FROM root_pointers p JOIN roots r ON r.id = p.root_id
     WHERE r.kind IN ('global', 'local') AND p.path IS NOT NULL
       AND (SELECT COUNT(*) FROM roots s WHERE s.name = r.name) = 1
       AND (SELECT COUNT(*) FROM root_pointers q WHERE q.root_id = p.root_id AND q.path = p.path) = 1
     ORDER BY LENGTH(p.path) DESC, r.id`,
  )
  const named = [...pointers.rows].filter((_, place) => place % 20 === 0)
  expect(named.length).toBeGreaterThan(5)
  for (const [name, id, offset, path] of named)
    expect([name, path, by(`${name}${path}`)]).toEqual([name, path, by(`${id}.${offset}`)])
})

test('the address of a variable names it', () => {
  const [name, address, id] = [
    ...leaky.db.query(
      `SELECT name, address + size - 1, id FROM roots WHERE kind = 'global' AND size > 8 AND retained_size > 0 LIMIT 1`,
    ).rows,
  ][0]
  const by = (node: string) => answerRetained(leaky.db, { nodes: [node] })
  expect(by(`0x${Number(address).toString(16)}`).retained_size).toBe(by(String(id)).retained_size)
  expect(by(String(name)).retained_size).toBe(by(String(id)).retained_size)
})

test('what names nothing is a usage error that names what is alike', () => {
  const failure = (message: RegExp) =>
    expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) })
  expect(() => answerRetained(leaky.db, { nodes: ['999999999'] })).toThrow(failure(/no object and no root/))
  expect(() => answerRetained(leaky.db, { nodes: ['0x10'] })).toThrow(
    failure(/no object and no variable is at 0x10/),
  )
  expect(() => answerRetained(leaky.db, { nodes: ['copyBufPool'] })).toThrow(
    failure(/there is net\/http.copyBufPool/),
  )
  expect(() => answerRetained(leaky.db, { types: ['Session'] })).toThrow(failure(/there is .*main.Session/))
  expect(() => answerRetained(leaky.db, { cuts: ['1.999'] })).toThrow(failure(/1 has no pointer at 999/))
  expect(() => answerRetained(leaky.db, { cuts: ['x'] })).toThrow(failure(/not of the form/))
  expect(() => answerRetained(leaky.db, { cuts: ['0x10.y'] })).toThrow(failure(/is at 0x10/))
  expect(() => answerRetained(leaky.db, { cuts: ['net/http.copyBufPol.local'] })).toThrow(
    failure(/there is net\/http.copyBufPool/),
  )
  expect(() => answerRetained(leaky.db, {})).toThrow(failure(/nothing is chosen/))
  const notIds = expect.objectContaining({ code: 'query', message: expect.stringMatching(/no id/) })
  expect(() => answerRetained(leaky.db, { sql: [`SELECT 'a'`] })).toThrow(notIds)
})

test('the dominator tree and the search give the same answer, for every kind of node and for pointers', () => {
  const ids = leaky.db.query(
    `SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY kind ORDER BY id % 97, id) AS place FROM nodes)
     WHERE place <= 12 UNION ALL SELECT id FROM objects WHERE reachable IS NOT 1 LIMIT 300`,
  ).rows
  const sorted = ({ types, ...sums }: RetainedSums) => ({
    ...sums,
    types: [...types].sort(([a], [b]) => a - b),
  })
  const agree = (sets: NodeSet[], pointers: PointerChoice[]) => {
    const read = readRetained(leaky.db, sets, pointers)
    expect(read).toBeDefined()
    expect(sorted(read as RetainedSums)).toEqual(sorted(searchRetained(leaky.db, sets, pointers)))
  }
  for (const [id] of ids) agree([{ name: String(id), ids: [Number(id)] }], [])
  const pointers = leaky.db.query(
    `SELECT source_id, offset FROM edges WHERE (source_id + offset) % 211 = 3
     UNION ALL SELECT root_id, offset FROM root_edges WHERE (root_id + offset) % 13 = 3`,
  ).rows
  let counted = 0
  for (const [source, offset] of pointers) {
    if (counted++ > 150) break
    agree([], [{ sourceId: Number(source), offset: Number(offset) }])
  }
})

test('two nodes, or a node and a pointer, are for the search alone', () => {
  expect(readRetained(leaky.db, [{ name: 'two', ids: [1, 2] }], [])).toBeUndefined()
  expect(readRetained(leaky.db, [{ name: 'one', ids: [1] }], [{ sourceId: 1, offset: 0 }])).toBeUndefined()
})
