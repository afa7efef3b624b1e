import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { FUNCTIONS } from '../../src/schema/sql-functions.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, smallHeap } from './small-heap.ts'

async function open(heap = smallHeap()): Promise<HeapDb> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(heap, path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

const one = (db: HeapDb, expression: string) => [...db.query(`SELECT ${expression}`).rows][0][0]

test('hex shows an integer as an address, and texts and blobs as SQLite does', async () => {
  const db = await open()
  expect(one(db, 'hex(824633720832)')).toBe('0xc000000000')
  expect(one(db, 'hex(9007199254740993)')).toBe('0x20000000000001')
  expect(one(db, 'hex(-1)')).toBe('0xffffffffffffffff')
  expect(one(db, "hex('aé')")).toBe('61C3A9')
  expect(one(db, "hex(x'00ff')")).toBe('00FF')
  expect(one(db, 'COUNT(*) FROM objects_named WHERE hex(address) IS NOT hex_address')).toBe(0)
})

test('bytes shows a number for people', async () => {
  const db = await open()
  expect(['0', '1536', '-2048', '5e6', '1 << 50'].map((n) => one(db, `bytes(${n})`))).toEqual([
    ...['0 B', '1.5 KiB', '-2.0 KiB', '4.8 MiB', '1.0 PiB'],
  ])
  expect(one(db, "bytes('much')")).toBeNull()
})

test('label is that of the view nodes, for objects and roots', async () => {
  const db = await open()
  const labels = 'SELECT label(id), label FROM nodes ORDER BY id'
  const rows = [...db.query(labels).rows]
  expect(rows).toHaveLength(13)
  for (const [found, expected] of rows) expect(found).toBe(expected)
  expect(one(db, 'label(4)')).toBe('[4]example.com/app.Node')
})

test('path names the nodes of the query path-to-root', async () => {
  const db = await open()
  for (const id of [1, 2, 3, 4, 5, 6]) {
    const steps = [...db.runQuery(readQuery('path-to-root'), { id }).rows]
    const names = steps.map(([, , , label, field]) => `${label}${field ?? ''}`)
    expect(one(db, `path(${id})`)).toBe(names.join(' > '))
  }
  expect(one(db, 'path(3)')).toBe(
    'global example.com/app.table > example.com/app.Table.pairs[0].next > example.com/app.Node.name > [11]uint8',
  )
  expect(one(db, 'path(12)')).toBe('goroutine 1 > frame main.main > local n')
  expect(one(db, 'path(7)')).toBeNull()
})

test('what names nothing gives NULL', async () => {
  const db = await open()
  for (const { name } of FUNCTIONS) expect([name, one(db, `${name}(NULL)`)]).toEqual([name, null])
  for (const name of ['label', 'path']) {
    expect([name, one(db, `${name}(4711)`), one(db, `${name}('x')`)]).toEqual([name, null, null])
  }
})

test('a path of many nodes is named from its root and its last hundred on', async () => {
  const lengths = [99, 101, 102, 103, 5000]
  const count = Math.max(...lengths)
  const db = await open(
    analyseSketch({
      objects: Array.from({ length: count }, (_, place) => ({
        address: 0xc000000000 + 64 * place,
        size: 64,
      })),
      edges: Array.from({ length: count - 1 }, (_, place) => [place, 0, place + 1] as const).map((edge) => [
        ...edge,
      ]),
      roots: [{ kind: 'global', name: 'main.list' }],
      rootEdges: [[0, 0, 0]],
    }),
  )
  for (const length of lengths) {
    const names = String(one(db, `path(${length})`)).split(' > ')
    expect(names[0]).toBe('global main.list')
    const objects = names.filter((name) => name === '(unknown)').length
    const [, left = '0'] = names[1].match(/^\((\d+) more\)$/) ?? []
    expect([length, objects + Number(left)]).toEqual([length, length])
    expect(objects).toBeLessThanOrEqual(101)
  }
})
