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

/** The bundled core of a leaking web shop (fixtures/programs/leaky), indexed before the tests of a file. */
export interface Leaky {
  readonly core: string
  readonly binary: string
  readonly path: string
  readonly db: HeapDb
}

export function useLeaky(): Leaky {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-leaky-'))
  const path = join(folder, 'heap.db')
  let files: { core: string; binary: string } | undefined
  let db: HeapDb | undefined
  beforeAll(async () => {
    files = unpackFixture('leaky', join(folder, 'leaky'))
    const problems = new Problems()
    const core = openCore(files.core, files.binary, problems)
    const heap = await extract(core, problems, { stringValues: true, threads: 1 })
    await writeDatabase(analyse(heap), path)
    core.close()
    db = HeapDb.open(path)
  })
  afterAll(() => {
    db?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const need = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the core is indexed before the tests, not before')
    return value
  }
  return {
    path,
    get core() {
      return need(files).core
    },
    get binary() {
      return need(files).binary
    },
    get db() {
      return need(db)
    },
  }
}
