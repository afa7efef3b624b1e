import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { hash, once } from '../oracle/cache.ts'
import { unpackProgram } from '../oracle/toolchain.ts'

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
  beforeAll(() => {
    files = unpackProgram('leaky')
    // A copy: what a test does to it, or leaves beside it, no other file sees.
    copyFileSync(indexOnce(files), path)
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

const project = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The path of the core's database: one for all test files, made again when anything that it is made by has changed. */
function indexOnce({ core, binary }: { core: string; binary: string }): string {
  const sources = [
    'src',
    'migrations',
    'queries',
    'layouts',
    'package-lock.json',
    'test/answers/index-leaky.ts',
  ]
  const folder = once(
    `leaky-${hash(core, ...sources.flatMap((path) => hashesOf(project(path))))}`,
    (into) => {
      const script = project('test/answers/index-leaky.ts')
      execFileSync(process.execPath, [script, core, binary, join(into, 'heap.db')])
    },
  )
  return join(folder, 'heap.db')
}

/** Of a file, or of all in a folder. */
function hashesOf(path: string): string[] {
  if (statSync(path).isFile()) return [hash(path, readFileSync(path, 'utf8'))]
  return readdirSync(path)
    .sort()
    .flatMap((name) => hashesOf(join(path, name)))
}
