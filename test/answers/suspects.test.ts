import { expect, test } from 'vitest'
import { readRecords } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()

const findSuspects = (minShare: number) =>
  readRecords(leaky.db.runQuery(readQuery('suspects'), { min_share: minShare }))

test('the shop is suspected of its two leaks, and the path leads to where sessions gather', () => {
  const [sessions, goroutines] = findSuspects(10)
  // 420 requests, each of which made a session. See fixtures/programs/leaky.
  expect(sessions).toMatchObject({
    gathers: 'main.Session',
    gathers_kind: 'object',
    gathers_count: 420,
    accumulation: 'map<string,*main.Session>',
    field: 'main.SessionStore.byToken',
    path: expect.stringMatching(/\.sessions\.byToken\b/),
    holder: 'net/http.Server',
  })
  expect(goroutines).toMatchObject({
    gathers: '[chan send] main.(*AuditLog).write',
    gathers_kind: 'goroutine',
    accumulation_id: null,
    path: null,
  })
})

test('retained sizes are those of the dominator tree, and the proof shows them', () => {
  for (const suspect of findSuspects(1)) {
    const proof = [...leaky.db.query(String(suspect.proof)).rows]
    // level, name, nodes, objects, size, retained_size, node_id
    expect(proof[0][5]).toBe(suspect.retained_size)
    const gathers = proof.find(
      ([, name, nodes]) => name === suspect.gathers && nodes === suspect.gathers_count,
    )
    if (suspect.gathers !== null) expect(gathers?.[5]).toBe(suspect.gathers_size)
    if (suspect.accumulation_id === null) continue
    const sql = 'SELECT retained_size FROM dominators WHERE id = ?'
    expect([...leaky.db.query(sql, [Number(suspect.accumulation_id)]).rows]).toEqual([
      [suspect.retained_size],
    ])
  }
})

test('no suspect keeps less than the share asked for, and all of a heap is one', () => {
  const { length } = findSuspects(0.2)
  expect(length).toBeGreaterThan(3)
  const all = Number([...leaky.db.query('SELECT SUM(reachable_bytes) FROM type_totals').rows][0][0])
  for (const { retained_size } of findSuspects(2))
    expect(Number(retained_size)).toBeGreaterThanOrEqual(all / 50)
  expect(findSuspects(100)).toEqual([])
})
