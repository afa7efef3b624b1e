import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder } from './small-heap.ts'

test('children stand below their own parent, also when it has siblings of the same size', async () => {
  // global -> 0 -> 1 -> 3
  //           0 -> 2 -> 4
  const heap = analyseSketch({
    objects: [0, 1, 2, 3, 4].map((n) => ({ address: 0x1000 + n * 64, size: 64 })),
    edges: [
      [0, 0, 1],
      [0, 8, 2],
      [1, 0, 3],
      [2, 0, 4],
    ],
    roots: [{ kind: 'global', name: 'main.top' }],
    rootEdges: [[0, 0, 0]],
  })
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(heap, path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  const { rows } = db.runQuery(readQuery('dominator-tree'), { id: 1 })
  expect(Array.from(rows, ([level, id]) => [level, id])).toEqual([
    [0, 1],
    [1, 2],
    [2, 4],
    [1, 3],
    [2, 5],
  ])
})
