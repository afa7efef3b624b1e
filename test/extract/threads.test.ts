import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { extract } from '../../src/extract/extract.ts'
import { openCore } from '../../src/extract/file/core.ts'
import { Problems } from '../../src/model/problem.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { unpackProgram } from '../oracle/toolchain.ts'

test('one thread and several give the identical database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { core, binary } = unpackProgram('leaky')
  const contents = []
  for (const threads of [1, 3]) {
    const problems = new Problems()
    const opened = openCore(core, binary, problems)
    const path = join(folder, `${threads}.db`)
    await writeDatabase(analyse(await extract(opened, problems, { threads })), path)
    opened.close()
    contents.push(readAll(path))
  }
  const [one, three] = contents
  expect(one.get('edges')?.length).toBeGreaterThan(20_000)
  expect([...three.keys()]).toEqual([...one.keys()])
  for (const [table, rows] of one) expect(three.get(table), table).toEqual(rows)
})

/** All rows of all tables, but for when they were written. */
function readAll(path: string): Map<string, unknown[]> {
  const database = new Database(path, { readonly: true })
  database.defaultSafeIntegers()
  const tables = database
    .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .pluck()
    .all()
  const rows = tables.map((table): [string, unknown[]] => [
    table,
    database
      .prepare<[], unknown[]>(`SELECT * FROM ${table}`)
      .raw()
      .all()
      .filter(([key]) => key !== 'indexed_at')
      .map(String),
  ])
  database.close()
  return new Map(rows.filter(([table]) => table !== 'migrations'))
}
