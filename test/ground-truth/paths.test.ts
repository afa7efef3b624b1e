import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { TypeMasks } from '../../src/extract/go/gc-mask.ts'
import { openProcess } from '../../src/extract/go/process.ts'
import { Problems } from '../../src/model/problem.ts'
import type { GoType } from '../../src/model/types.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, chooseVersions, crashProgram, missingGo } from '../oracle/toolchain.ts'

/** Pointer words of a type that are tried: some have arrays of many. */
const MAX_WORDS = 300

/** Column of the query object-at. */
const PATH = 8
/** Bytes of a type that are tried one by one. */
const MAX_BYTES = 200

interface TypeWords {
  id: number
  name: string
  size: number
  /** Offsets at which the runtime's own mask of the type has pointers. */
  offsets: number[]
}

const programs = chooseVersions('1.21.13', '1.24.13', '1.27.4').flatMap((version) =>
  ['spare', 'strdata'].map((program) => ({ version, program })),
)

describe.each(programs)('$program, Go $version', ({ version, program }) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`paths of pointers${because(reason)}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'goheap-paths-'))
    const path = join(folder, 'heap.db')
    let types: TypeWords[]
    let rows: readonly GoType[]
    let db: Database.Database
    beforeAll(async () => {
      const { core, heap } = await extractRun(crashProgram(buildProgram(program, version), 'truth'))
      await writeDatabase(analyse(heap), path)
      db = new Database(path, { readonly: true })
      rows = heap.types.rows
      const { memory, facts } = openProcess(core, new Problems())
      const masks = new TypeMasks(memory, facts)
      types = rows.flatMap(({ name, size, runtimeAddress }, index) => {
        const mask = runtimeAddress === undefined || size === 0 ? undefined : masks.maskOf(runtimeAddress)
        if (mask === undefined || mask.pointerWords.length === 0) return []
        const offsets = [...mask.pointerWords.slice(0, MAX_WORDS)].map((word) => word * 8)
        return [{ id: index + 1, name, size, offsets }]
      })
    })
    afterAll(() => {
      db.close()
      rmSync(folder, { recursive: true })
    })

    it('there is one for every pointer of every type that the runtime describes, and no two are the same', () => {
      const copy = join(folder, 'types.db')
      copyFileSync(path, copy)
      const all = new Database(copy)
      all.pragma('foreign_keys = OFF')
      // One object of two values a type, and an edge a pointer word.
      all.exec('DELETE FROM edges; DELETE FROM objects')
      const object = all.prepare(
        `INSERT INTO objects (id, address, size, type_id, length, type_source, reachable, unswept, span_id)
         VALUES (?, ?, ?, ?, 2, 1, 1, 0, 1)`,
      )
      const edge = all.prepare('INSERT INTO edges VALUES (?, ?, 1, 0, 0)')
      all.transaction(() => {
        for (const { id, size, offsets } of types) {
          object.run(id, id * 2 ** 20, size * 2, id)
          for (const offset of offsets) for (const value of [0, 1]) edge.run(id, offset + value * size)
        }
        object.run(2 ** 20, 8, 8, 1)
      })()
      all.exec('UPDATE edges SET target_id = 1048576')
      const sql = 'SELECT source_type AS type, offset, path FROM pointers'
      const rows = all.prepare<[], { type: string; offset: number; path: string | null }>(sql).all()
      all.close()
      expect(rows.length).toBe(types.reduce((sum, { offsets }) => sum + offsets.length * 2, 0))
      expect(types.length).toBeGreaterThan(100)
      expect(rows.filter((row) => row.path === null)).toEqual([])
      // The type word of an interface and its data word are one way.
      const seen = new Map<string, number>()
      const twice = rows.filter(({ type, offset, path: way }) => {
        const key = `${type} ${way}`
        const before = seen.get(key)
        seen.set(key, offset)
        return before !== undefined && before !== offset - 8
      })
      expect(twice).toEqual([])
      expect(rows.every(({ path: way }) => /^\[[01]\]/.test(way ?? ''))).toBe(true)
    })

    it('object-at has one for every byte of every type, but for padding', async () => {
      const heap = await HeapDb.open(path)
      const objectAt = readQuery('object-at')
      const wrong: string[] = []
      let [tried, padding] = [0, 0]
      const sql = `SELECT o.address, o.length, t.id, t.name, t.size FROM objects o JOIN types t ON t.id = o.type_id
        WHERE t.kind NOT IN ('backing', 'closure') GROUP BY t.id`
      for (const [address, length, id, name, size] of [...heap.query(sql).rows]) {
        const leaves = listLeaves(rows, Number(id) - 1)
        const ends = Math.min(Number(size), MAX_BYTES)
        for (let offset = 0; offset < ends; offset++) {
          const [row] = heap.runQuery(objectAt, { address: Number(address) + offset }).rows
          const first = Number(length) > 1 ? '[0]' : ''
          const leaf = leaves.find(({ start, end }) => start <= offset && offset < end)
          const expected = leaf === undefined ? null : first + leaf.path
          tried++
          if (leaf === undefined) padding++
          if (row[PATH] !== expected) wrong.push(`${name} + ${offset}: ${row[PATH]}, not ${expected}`)
        }
      }
      heap.close()
      expect(wrong).toEqual([])
      expect(tried).toBeGreaterThan(3000)
      expect(padding).toBeGreaterThan(10)
    })

    it('there is one for every pointer of the heap whose object has a type, but of closures of which not all is known', () => {
      const sql = `SELECT source_id, source_type, offset FROM pointers
        WHERE path IS NULL AND source_type IS NOT NULL AND source_type NOT LIKE 'closure %'`
      expect(db.prepare(sql).all()).toEqual([])
    })
  })
})

interface Leaf {
  start: number
  end: number
  path: string
}

/** What lies in the first bytes of a type, by walking it from the outside in. */
function listLeaves(rows: readonly GoType[], type: number, start = 0, path = ''): Leaf[] {
  const { kind, size, element, length = 0, fields } = rows[type]
  if (start >= MAX_BYTES) return []
  if (kind === 'array' && element >= 0 && rows[element].size > 0) {
    return Array.from({ length: Math.min(length, MAX_BYTES) }, (_, i) =>
      listLeaves(rows, element, start + i * rows[element].size, `${path}[${i}]`),
    ).flat()
  }
  if (fields.length > 0) {
    return fields.flatMap((field) =>
      listLeaves(rows, field.type, start + field.offset, `${path}.${field.name}`),
    )
  }
  return size === 0 ? [] : [{ start, end: start + size, path }]
}
