import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeTables, readComments } from '../../src/schema/descriptions.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { makeFolder, smallHeap } from './small-heap.ts'

test('comments belong to the table, or to the column that they stand behind', () => {
  const sql = `CREATE TABLE things (
  -- Things.
  -- One a row.
  id INTEGER PRIMARY KEY, -- 1..
  "key" TEXT NOT NULL,    -- what it is called,
                          -- in a word
  size INTEGER,           -- bytes; NULL when not known
  PRIMARY KEY (id)
) STRICT`
  expect(readComments(sql)).toEqual({
    table: 'Things. One a row.',
    columns: new Map([
      ['id', '1..'],
      ['key', 'what it is called, in a word'],
      ['size', 'bytes; NULL when not known'],
    ]),
  })
})

test('comments of a view are those of its list of columns, not those of its SELECT', () => {
  const sql = `CREATE VIEW some (
  -- A few.
  id,  -- which
  size -- bytes
) AS
SELECT id, size -- the slot
FROM things`
  expect(readComments(sql)).toEqual({
    table: 'A few.',
    columns: new Map([
      ['id', 'which'],
      ['size', 'bytes'],
    ]),
  })
})

test('tables are described with their columns, keys, references and indexes', async () => {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(smallHeap(), path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  const tables = describeTables(db)
  const find = (name: string) => tables.find((table) => table.name === name)

  expect(find('stack_frames')).toMatchObject({
    kind: 'table',
    doc: 'Frames of the allocation stacks.',
    columns: [
      { name: 'stack_id', type: 'INTEGER', keyPlace: 1, references: { table: 'stacks', column: 'id' } },
      { name: 'depth', keyPlace: 2, doc: '0 is the innermost' },
      { name: 'function', type: 'TEXT', isNullable: false, keyPlace: 0, references: undefined },
      { name: 'file', isNullable: true },
      { name: 'line', isNullable: true },
    ],
  })
  expect(find('fields')?.indexes).toEqual([
    { name: 'fields_at', columns: ['type_id', 'offset'], isUnique: false },
  ])
  expect(find('nodes')).toMatchObject({ kind: 'view', doc: 'Objects and roots alike, with a label to read.' })

  const silent = tables.flatMap(({ name, doc, columns }) => [
    ...(doc === '' ? [name] : []),
    ...columns.filter((column) => column.doc === '').map((column) => `${name}.${column.name}`),
  ])
  expect(silent).toEqual([])
})
