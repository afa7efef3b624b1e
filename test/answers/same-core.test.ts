import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { inspectObject } from '../../src/answers/inspect.ts'
import { openElf, PF_W, PT_LOAD, PT_NOTE } from '../../src/extract/file/elf.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { makeFolder } from '../schema/small-heap.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()
const LIMITS = { elements: 10, depth: 3, limit: 5 }

function inspect(core: string, db = leaky.db): unknown {
  return inspectObject(db, sessionId(db), { ...LIMITS, core, binary: leaky.binary }).values
}

function sessionId(db: HeapDb): number {
  const [[id]] = db.query(`SELECT MIN(id) FROM objects_named WHERE type = 'main.Session'`).rows
  return Number(id)
}

/** A copy of the database in which the statement was run. */
function changeDatabase(sql: string, ...values: string[]): HeapDb {
  const path = join(makeFolder(), 'heap.db')
  copyFileSync(leaky.path, path)
  const writable = new Database(path)
  writable.prepare(sql).run(...values)
  writable.close()
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

/** A copy of the core with one byte of it another. */
function edit(offset: number): string {
  const path = join(makeFolder(), 'core')
  const bytes = readFileSync(leaky.core)
  bytes[offset] ^= 1
  writeFileSync(path, bytes)
  return path
}

describe('values are read from the core that was indexed', () => {
  it('a copy is the same', () => {
    const copy = join(makeFolder(), 'copy')
    copyFileSync(leaky.core, copy)
    expect(inspect(copy)).toEqual(inspect(leaky.core))
  })

  it('another register, another variable of the runtime: another core, also when it has the same size', () => {
    const core = openElf(leaky.core)
    const note = core.segments.find(({ type }) => type === PT_NOTE)?.offset ?? Number.NaN
    core.close()
    // Elf64_Nhdr and `CORE`, then 112 bytes of elf_prstatus.
    const register = note + 12 + 8 + 112
    for (const offset of [register, offsetOfVariables()]) {
      const path = edit(offset)
      expect(statSync(path).size).toBe(statSync(leaky.core).size)
      expect(() => inspect(path)).toThrow(
        expect.objectContaining({
          code: 'wrong-core',
          message: `${path} is not the core of ${leaky.path}, but of another moment or process`,
        }),
      )
    }
  })

  it('what lies where the core was, and is another, or compressed, is said in place of the values', () => {
    const path = edit(offsetOfVariables())
    const indexedAt = (core: string) => {
      const db = changeDatabase('UPDATE metadata SET value = ? WHERE key = ?', core, 'core_file')
      return inspectObject(db, sessionId(db), LIMITS).values_missing
    }
    expect(indexedAt(path)).toMatch(/is not the core of/)
    writeFileSync(path, gzipSync(readFileSync(path).subarray(0, 1000)))
    expect(indexedAt(path)).toMatch(/is gzip data, to be unpacked first/)
  })

  it('a database without a fingerprint goes by the size', () => {
    const db = changeDatabase('DELETE FROM metadata WHERE key = ?', 'core_fingerprint')
    expect(inspect(edit(offsetOfVariables()), db)).toEqual(inspect(leaky.core))
  })
})

/** Where in the core the first byte of the program's variables is that the core holds. */
function offsetOfVariables(): number {
  const binary = openElf(leaky.binary)
  const core = openElf(leaky.core)
  const loads = ({ type, flags, fileSize }: (typeof core.segments)[number]) =>
    type === PT_LOAD && (flags & PF_W) !== 0 && fileSize > 0
  const variables = binary.segments.find(loads)?.virtualAddress ?? Number.NaN
  const holder = core.segments.find(
    (one) => loads(one) && one.virtualAddress <= variables && variables < one.virtualAddress + one.fileSize,
  )
  binary.close()
  core.close()
  if (holder === undefined) throw new Error('the core holds no variables')
  return holder.offset + variables - holder.virtualAddress
}
