import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { NONE } from '../../src/model/types.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, crashProgram, GO_VERSIONS, missingGo } from '../oracle/toolchain.ts'

/** What fixtures/programs/strdata wrote of a string. */
interface Known {
  label: string
  address: number
  bytes: Buffer
  state: 'live' | 'part' | 'cut' | 'covered'
}

function readKnown(path: string): Known[] {
  const lines: (Omit<Known, 'bytes'> & { bytes: string })[] = JSON.parse(readFileSync(path, 'utf8'))
  return lines.map((line) => ({ ...line, bytes: Buffer.from(line.bytes, 'base64') }))
}

describe.each(GO_VERSIONS)('Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`strings that the program knows${because(reason)}`, () => {
    const path = join(tmpdir(), `goheap-strings-${process.pid}-${version}.db`)
    const hasNoClosureOffsets = version.startsWith('1.21') || version.startsWith('1.22')
    let known: Known[]
    let extracted: Extracted
    let db: HeapDb
    beforeAll(async () => {
      const run = crashProgram(buildProgram('strdata', version), 'truth')
      known = readKnown(join(run.folder, 'truth'))
      extracted = await extractRun(run, 1, { stringValues: true })
      await writeDatabase(analyse(extracted.heap), path, { force: true })
      db = HeapDb.open(path)
    })
    afterAll(() => {
      db.close()
      rmSync(path)
    })

    /** Row of the string that begins at the address; NONE for none. */
    const rowAt = (address: number) => {
      const { strings, objects } = extracted.heap
      const object = extracted.finder.objectAt(address)
      for (let row = 0; row < strings.count; row++) {
        if (strings.object[row] === object && objects.address[object] + strings.offset[row] === address)
          return row
      }
      return NONE
    }

    it('every string is a row of its length; what is cut from one is not', () => {
      const { strings } = extracted.heap
      const wrong: string[] = []
      for (const { label, address, bytes, state } of known) {
        // Where a closure keeps what it captures, the compiler says since Go 1.23 only.
        if (label === 'held/closure' && hasNoClosureOffsets) continue
        const row = rowAt(address)
        const length = row === NONE ? undefined : strings.length[row]
        const isWhole = state === 'live' || state === 'covered'
        if (isWhole && length !== bytes.length) wrong.push(`${label}: ${length} bytes, not ${bytes.length}`)
        if (state === 'part' && length === bytes.length) wrong.push(`${label}: a row of its own`)
      }
      expect(wrong).toEqual([])
      expect(known.length).toBeGreaterThan(120)
    })

    it('hashes are equal where the bytes are, and nowhere else', () => {
      const { strings, objects } = extracted.heap
      const byHash = new Map<bigint, string>()
      const byContents = new Map<string, bigint>()
      for (let row = 0; row < strings.count; row++) {
        const address = objects.address[strings.object[row]] + strings.offset[row]
        const bytes = extracted.core.memory.readBytes(address, strings.length[row])
        const contents = Buffer.from(bytes).toString('latin1')
        const hash = strings.hash[row]
        expect(byHash.get(hash) ?? contents).toBe(contents)
        expect(byContents.get(contents) ?? hash).toBe(hash)
        byHash.set(hash, contents)
        byContents.set(contents, hash)
      }
      expect(byContents.size).toBeLessThan(strings.count)
    })

    it('values are the text, cut at a whole character after at most 4096 bytes', () => {
      const sql = `SELECT s.value FROM strings s JOIN objects o ON o.id = s.object_id
                   WHERE o.address + s.offset = CAST(? AS INTEGER)`
      for (const { label, address, bytes, state } of known) {
        if (state !== 'live' || (label === 'held/closure' && hasNoClosureOffsets)) continue
        const [[value]] = [...db.query(sql, [address]).rows]
        const text = bytes.toString('utf8')
        if (typeof value !== 'string') throw new Error(`${label}: no value`)
        if (bytes.length <= 4096) expect(value, label).toBe(text)
        else {
          expect(text.startsWith(value), label).toBe(true)
          expect(Buffer.byteLength(value), label).toBeGreaterThan(4092)
          expect(Buffer.byteLength(value), label).toBeLessThanOrEqual(4096)
        }
      }
    })

    it('the bundled query counts the copies', () => {
      const { columns, rows } = db.runQuery(readQuery('duplicate-strings'), { min: 4, limit: 1000 })
      expect(columns.slice(0, 5)).toEqual(['value', 'length', 'copies', 'bytes', 'wasted_bytes'])
      const found = new Map([...rows].map((row) => [row[0], row.slice(1, 5)]))
      expect(found.get('the same text again and again. '.repeat(9).slice(0, 200))).toEqual([
        279, 4, 1116, 837,
      ])
      expect(found.get('GET')).toEqual([3, 4, 12, 9])
      expect(found.get('exactly 16 bytes')).toEqual([16, 4, 64, 48])
      expect(found.get('just 15 bytes..')).toEqual([15, 4, 60, 45])
    })

    it('without --strings there is no text', async () => {
      const bare = await extractRun(crashProgram(buildProgram('strdata', version), 'truth'))
      expect(bare.heap.strings.value).toBeUndefined()
      expect(bare.heap.strings.hash).toEqual(extracted.heap.strings.hash)
      expect(bare.heap.metadata.get('string_value_bytes')).toBe(0)
      expect(extracted.heap.metadata.get('string_value_bytes')).toBe(4096)
    })

    it('no string lacks its bytes', () => {
      expect(extracted.heap.problems.filter(({ stage }) => stage === 'strings')).toEqual([])
    })
  })
})
