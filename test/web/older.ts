import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { unpackFixture } from '../../scripts/unpack-fixture.ts'
import { analyse } from '../../src/analyse.ts'
import { extract } from '../../src/extract/extract.ts'
import { openCore } from '../../src/extract/file/core.ts'
import { Problems } from '../../src/model/problem.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'

/** Another heap to compare with, indexed before the tests of a file: of a smaller program and an older Go. */
export interface Older {
  readonly path: string
  readonly db: HeapDb
  /** A file of saved queries that is the tests' own. */
  readonly savedQueries: string
}

export function useOlder(): Older {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-older-'))
  const path = join(folder, 'heap.db')
  let db: HeapDb | undefined
  beforeAll(async () => {
    const files = unpackFixture('dumpself-1.21', join(folder, 'program'))
    const problems = new Problems()
    const core = openCore(files.core, files.binary, problems)
    await writeDatabase(analyse(await extract(core, problems, { threads: 1 })), path)
    core.close()
    db = HeapDb.open(path)
  }, 120_000)
  afterAll(() => {
    db?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    path,
    savedQueries: join(folder, 'queries.json'),
    get db() {
      if (db === undefined) throw new Error('the core is indexed before the tests, not before')
      return db
    },
  }
}
