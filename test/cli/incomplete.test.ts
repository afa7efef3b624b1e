import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { retainedText } from '../../src/web/app/format.ts'
import { analyseSketch } from '../schema/build-heap.ts'
import { makeFolder, SMALL } from '../schema/small-heap.ts'
import { runCli } from './run-cli.ts'

/** Of a core that has lost pointers: objects 7 and 8 are not reached, of 8 the collector says that it is dead. */
async function makeDatabase(): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  const problem = {
    stage: 'open',
    code: 'spans-lost',
    severity: 'error',
    address: undefined,
    count: 1,
    message: 'cut',
  } as const
  const metadata = { ...SMALL.metadata, reachability: 'incomplete' }
  await writeDatabase(analyseSketch({ ...SMALL, metadata, problems: [problem] }), path)
  return path
}

test.each([
  ['2', 1, /^retains +\d+ B in \d+ objects$/m, /^\d+ B$/],
  ['8', 0, /^retains +nothing: it is garbage$/m, 'garbage'],
  ['7', null, /^retains +unknown: no root was found to reach it/m, 'not known'],
] as const)('object %s, reachable %s, is not said to be another', async (id, reachable, said, shown) => {
  const path = await makeDatabase()
  const db = HeapDb.open(path)
  const [[known, retained]] = db.query('SELECT reachable, retained_size FROM objects WHERE id = ?', [
    Number(id),
  ]).rows
  db.close()
  expect(known).toBe(reachable)
  expect(retainedText({ reachable: known, retained_size: retained })).toMatch(shown)
  const { stdout } = await runCli('object', path, id)
  expect(stdout).toMatch(said)
})

test('that no root reaches it is said with its doubt', async () => {
  const path = await makeDatabase()
  const { stdout } = await runCli('path', path, '7', '-k', '2')
  expect(stdout).toBe('no root reaches object 7 by the pointers that the core has; it has lost some\n')
})
