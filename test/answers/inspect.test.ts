import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { inspectObject } from '../../src/answers/inspect.ts'
import { findNode, requireObject } from '../../src/answers/node-set.ts'
import { formatGoDuration, formatTime } from '../../src/answers/values/scalars.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, chooseVersions, crashProgram, missingGo } from '../oracle/toolchain.ts'
import { useLeaky } from './leaky.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const LIMITS = { elements: 10_000, depth: 5, limit: 5 }

/** Before and after maps became Swiss. */
const VERSIONS = chooseVersions('1.21.13', '1.26.8')

interface Known {
  Values: { Address: number; Field: string; Text: string }[]
  Channels: { Address: number; Queue: string[] }[]
  Maps: { Label: string; Address: number; Entries: Record<string, string> }[]
}

describe.each(VERSIONS)('Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`values that the program knows${because(reason)}`, () => {
    let known: Known
    let db: HeapDb
    let files: { core: string; binary: string }
    beforeAll(async () => {
      const run = crashProgram(buildProgram('values', version), 'truth')
      known = JSON.parse(readFileSync(join(run.folder, 'truth'), 'utf8'))
      files = { core: run.core, binary: run.binary }
      const path = join(makeTempFolder(), 'heap.db')
      await writeDatabase(analyse((await extractRun(run, 1)).heap), path)
      db = HeapDb.open(path)
    })

    const valuesAt = (address: number) =>
      inspectObject(db, findNode(db, `0x${address.toString(16)}`), { ...LIMITS, ...files }).values ?? []

    /** What a place of an object, `-> 12`, is in the program: `-> 0xc000012000`. */
    const toAddress = (place: string) => {
      const id = Number(place.slice('-> '.length))
      const [[address]] = db.query('SELECT hex_address FROM objects_named WHERE id = ?', [id]).rows
      return `-> ${address}`
    }

    it('every kind of field reads as Go prints it', () => {
      expect(known.Values.length).toBeGreaterThan(50)
      for (const [address, values] of Map.groupBy(known.Values, ({ Address }) => Address)) {
        const rows = new Map(valuesAt(address).map((row) => [row.field, row]))
        const read = values.map(({ Field, Text }) => {
          const value = rows.get(Field)?.value
          // Where a pointer leads to has a number that the program does not know; it does know the address.
          if (/-> 0x/.test(Text))
            return [Field, value?.replace(/-> \d+/g, toAddress).replace('hash<', 'map<')]
          const isPlace = Text.startsWith('-> ')
          return [Field, isPlace ? value?.replace(/^(?:[*\w.]+ )?-> \d+ [^ ]+ /, '-> ') : value]
        })
        expect(read).toEqual(values.map(({ Field, Text }) => [Field, Text]))
      }
      const rows = new Map(
        valuesAt(known.Values.find(({ Field }) => Field === '.Bool')?.Address ?? 0).map((row) => [
          row.field,
          row,
        ]),
      )
      expect(rows.get('.Err')?.value).toMatch(
        /^\*errors.errorString -> \d+ errors.errorString "out of luck"$/,
      )
      expect(rows.get('.Pointer')?.value).toMatch(/^-> \d+ main.Inner$/)
    })

    it('channels have what is in their queue, in its order', () => {
      for (const { Address, Queue } of known.Channels) {
        const [head, ...queued] = valuesAt(Address)
        expect(head.value).toMatch(/^(\d of \d|unbuffered)/)
        expect(queued.map(({ field, value }) => [field, value])).toEqual(
          Queue.map((value, place) => [`[${place}]`, value]),
        )
      }
      expect(known.Channels.length).toBe(3)
    })

    it('maps have the entries that the program counts, deleted ones gone', () => {
      const heapMaps = known.Maps.filter(({ Address }) => hasObject(db, Address))
      expect(heapMaps.length).toBeGreaterThan(10)
      for (const { Label, Address, Entries } of heapMaps) {
        const [head, ...entries] = valuesAt(Address)
        const names = Object.keys(Entries)
        expect([Label, head.value]).toEqual([
          Label,
          expect.stringMatching(`^${names.length} entries in \\d+ places$`),
        ])
        expect(entries.map(({ field }) => field).sort()).toEqual(names.sort())
        for (const { field, value } of entries) {
          if (Entries[field] !== 'wide') expect([Label, field, value]).toEqual([Label, field, Entries[field]])
        }
      }
    })
  })
})

/** Goes with the test's file: beforeAll has no test to clean up after. */
function makeTempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-values-'))
  folders.push(folder)
  return folder
}

function hasObject(db: HeapDb, address: number): boolean {
  for (const _ of db.query('SELECT 1 FROM objects WHERE address = ?', [address]).rows) return true
  return false
}

const leaky = useLeaky()

test('an inspection says who holds the object, and what it holds', () => {
  const [[id]] = leaky.db.query(`SELECT id FROM objects_named WHERE type = 'main.SessionStore'`).rows
  const { core, binary } = leaky
  const found = inspectObject(leaky.db, Number(id), { ...LIMITS, core, binary })
  expect(found.object).toMatchObject({ id, type: 'main.SessionStore' })
  expect(found.holders).toEqual([expect.objectContaining({ label: 'main.Shop', field: '.sessions' })])
  expect(found.dominated).toEqual([expect.objectContaining({ label: 'map<string,*main.Session>' })])
  expect(found.path.at(-1)).toMatchObject({ id })
  const map = inspectObject(leaky.db, Number(found.dominated[0].id), { ...LIMITS, core, binary })
  expect(map.values?.[0].value).toMatch(/^420 entries in \d+ places$/)
  expect(map.values?.length).toBe(421)
})

test('a core that is not there any more is said, one that is not the right one is refused', () => {
  const [[id]] = leaky.db.query(`SELECT MIN(id) FROM objects_named WHERE type = 'main.Session'`).rows
  const other = { ...LIMITS, core: leaky.binary, binary: leaky.binary }
  expect(() => inspectObject(leaky.db, Number(id), other)).toThrow(
    expect.objectContaining({ code: 'not-core' }),
  )
  expect(() => inspectObject(leaky.db, Number(id), { ...other, core: 'none' })).toThrow(
    expect.objectContaining({ code: 'file' }),
  )
  const [[unknown]] = leaky.db.query('SELECT MIN(id) FROM objects WHERE type_id IS NULL').rows
  const untyped = inspectObject(leaky.db, Number(unknown), LIMITS)
  expect([untyped.values, untyped.values_missing]).toEqual([null, 'the type is not known'])
})

test('durations read as in Go', () => {
  const cases: [bigint, string][] = [
    [0n, '0s'],
    [1n, '1ns'],
    [1100n, '1.1µs'],
    [-2_200_000n, '-2.2ms'],
    [3_300_000_000n, '3.3s'],
    [245_000_000_000n, '4m5s'],
    [-(2n ** 63n), '-2562047h47m16.854775808s'],
  ]
  for (const [nanoseconds, text] of cases) expect(formatGoDuration(nanoseconds)).toBe(text)
})

test('the zero time is the year 1, and what is beyond all dates is not known', () => {
  expect(formatTime(0n, 0n)).toBe('0001-01-01T00:00:00Z')
  expect(formatTime(0n, 2n ** 62n)).toBeUndefined()
})

test('what is no object is named, with the command that shows it', () => {
  const roots = leaky.db.query(
    `SELECT r.id, r.kind, g.goid FROM roots r LEFT JOIN goroutines g ON g.id = r.id GROUP BY r.kind`,
  ).rows
  for (const [id, kind, goid] of roots) {
    const command = kind === 'goroutine' ? `goroutines ${leaky.path} ${goid}` : `tree ${leaky.path} ${id}`
    expect(() => requireObject(leaky.db, String(id))).toThrow(
      new RegExp(`^${id} is ${kind} .*, no object: .goheap ${command}. shows`),
    )
  }
})

test('a time of which a field is not known is not known', () => {
  const path = join(makeTempFolder(), 'heap.db')
  copyFileSync(leaky.path, path)
  const time = "(SELECT id FROM types WHERE name = 'time.Time')"
  const read = (db: HeapDb) => {
    const [[id]] = db.query(`SELECT MIN(o.id) FROM objects o JOIN fields f ON f.type_id = o.type_id
      WHERE f.field_type_id = ${time} AND o.length = 1 AND o.reachable`).rows
    const { core, binary } = leaky
    const { values } = inspectObject(db, Number(id), { ...LIMITS, core, binary })
    return values?.find(({ type }) => type === 'time.Time')?.value
  }
  expect(read(leaky.db)).toMatch(/^\d{4}-/)
  new Database(path).exec(`DELETE FROM fields WHERE name = 'ext' AND type_id = ${time}`).close()
  const db = HeapDb.open(path)
  expect(read(db)).toBeNull()
  db.close()
})
