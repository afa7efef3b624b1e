import { expect, test } from 'vitest'
import * as goheap from '../src/index.ts'
import { useLeaky } from './answers/leaky.ts'
import { startCli } from './cli/run-cli.ts'

const leaky = useLeaky()

/** What a command writes as JSON. */
async function json(...args: string[]): Promise<unknown> {
  const { stdout } = await startCli(...args).finished
  return JSON.parse(stdout)
}

test('the functions of the library give what the commands print', async () => {
  const { db, path } = leaky
  expect(goheap.answerRetained(db, { types: ['main.Session'] })).toEqual(
    await json('retained', path, '--type', 'main.Session', '--json'),
  )
  const merged = goheap.answerMergedPaths(db, 'main.Session', { minShare: 1, excluded: [] })
  expect(merged.steps).toEqual(await json('path', path, '--type', 'main.Session', '--json'))
  const [{ example_id }] = merged.steps
  expect(goheap.answerPaths(db, example_id, { limit: 2, excluded: [] })).toEqual(
    await json('path', path, String(example_id), '-k', '2', '--json'),
  )
  expect(goheap.compareHeaps([db, db])).toEqual([])
  expect(goheap.isSameProcess(db, db)).toBe(true)
  expect(goheap.compareObjects(db, db)).toEqual([])
  const { object } = goheap.inspectObject(db, example_id, { limit: 5, elements: 5, depth: 2 })
  expect(object.type).toBe('main.Session')
})

test('the graph of a database is there for algorithms of ones own', () => {
  const graph = new goheap.StoredGraph(leaky.db)
  const sum = (sql: string) => Number([...leaky.db.query(sql).rows][0][0])
  expect(graph.edges.count).toBe(
    sum('SELECT COUNT(*) FROM edges e JOIN objects o ON o.id = e.source_id WHERE o.reachable'),
  )
  let bytes = 0
  for (let object = 0; object < graph.reachableCount; object++) bytes += graph.sizeOf(object)
  expect(bytes).toBe(sum('SELECT SUM(size) FROM objects WHERE reachable'))
})
