import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, SMALL, WASTEFUL } from './small-heap.ts'

async function open(sketch = WASTEFUL): Promise<HeapDb> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analyseSketch(sketch), path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

const ask = (db: HeapDb, name: string, args = {}) => [...db.runQuery(readQuery(name), args).rows]

test('garbage is summed by type, apart what the last collection has found dead', async () => {
  expect(ask(await open(), 'garbage')).toEqual([
    ['(unknown)', 1, 48, 75, 1, 48, 0, 0],
    ['*example.com/app.Node', 1, 16, 25, 0, 0, 1, 16],
  ])
})

test('where pointers were lost, only what the last collection has found dead is garbage', async () => {
  const problem = { stage: 'edges', code: 'heap-absent', severity: 'error' } as const
  const problems = [{ ...problem, address: undefined, count: 1, message: 'pages of the heap are absent' }]
  expect(ask(await open({ ...SMALL, problems }), 'garbage')).toEqual([
    ['*example.com/app.Node', 1, 16, 100, 0, 0, 1, 16],
  ])
})

test('padding names the order of fields that saves most', async () => {
  expect(ask(await open(), 'padding')).toEqual([
    ['example.com/app.Loose', 24, 16, 7, 7, 5, 70, 40, 'b, a, c'],
  ])
})

test('fragmentation has a row a size of slots, and one for all that are larger than a class', async () => {
  const large = { address: 0xc000020000, size: 40_960 }
  const heap = analyseSketch({
    objects: [{ address: 0xc000000000, size: 8 }, large, { ...large, address: 0xc000030000 }],
  })
  heap.heap.spans.slots[0] = 1000
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(heap, path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  expect(ask(db, 'fragmentation')).toEqual([
    [8, 1, 8192, 1000, 1, 999, 7992, 192, 8184, 0.1, 1],
    [null, 2, 81_920, 2, 2, 0, 0, 0, 0, 100, 0],
  ])
})
