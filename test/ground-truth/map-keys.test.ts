/** Pointers in maps are named by the key beside them, as the program itself names them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, chooseVersions, crashProgram, missingGo } from '../oracle/toolchain.ts'
import { readTruth, type Truth } from '../oracle/truth.ts'

const folder = mkdtempSync(join(tmpdir(), 'goheap-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(chooseVersions('1.23.12', '1.27.4'))('Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`pointers in maps${because(reason)}`, () => {
    let truth: Truth
    let withKeys: HeapDb
    let without: HeapDb
    beforeAll(async () => {
      const run = crashProgram(buildProgram('keys', version), 'truth')
      truth = readTruth(join(run.folder, 'truth'))
      const write = async (stringValues: boolean) => {
        const path = join(folder, `${version}-${stringValues}.db`)
        // The core is open as long as texts are asked for.
        const { heap } = await extractRun(run, 1, { stringValues })
        await writeDatabase(analyse(heap), path)
        return HeapDb.open(path)
      }
      withKeys = await write(true)
      without = await write(false)
    })
    afterAll(() => {
      withKeys.close()
      without.close()
    })

    const pathsTo = (db: HeapDb, address: number) =>
      Array.from(
        db.query(
          `SELECT p.path FROM objects o JOIN pointers p ON p.target_id = o.id
           WHERE o.address = ${address} AND p.source_type LIKE 'map.%'`,
        ).rows,
        ([path]) => path,
      )

    it('have the key of their value, and the path in it', () => {
      const wrong: string[] = []
      for (const { label, address } of truth.objects.values()) {
        const expected = label.slice(label.indexOf(' ') + 1)
        const paths = pathsTo(withKeys, address)
        // A map that has grown may still have its smaller predecessor.
        if (paths.length === 0 || paths.some((path) => path !== expected)) wrong.push(`${label}: ${paths}`)
      }
      expect(truth.objects.size).toBeGreaterThan(2500)
      expect(wrong).toEqual([])
    })

    it('have the place where no contents are kept, or keys are of other kinds', () => {
      const place = /^(\[\d+\])?(\.slots\[\d\]\.elem|\.(elems|values)\[\d\])/
      for (const { address } of truth.objects.values()) {
        for (const path of pathsTo(without, address)) expect(path).toMatch(place)
      }
      expect([...without.query('SELECT count(*) FROM map_keys').rows]).toEqual([[0]])
      const { rows } = withKeys.query(
        `SELECT DISTINCT path FROM pointers WHERE source_type IN ('map.group[[2]int]*main.node',
         'map.group[interface {}]*main.node', 'map.bucket[[2]int]*main.node', 'map.bucket[interface {}]*main.node')`,
      )
      const others = [...rows]
      expect(others.length).toBeGreaterThan(0)
      for (const [path] of others) expect(path).toMatch(/^(\.slots\[\d\]|\.(keys|elems|values)\[\d\])/)
    })
  })
})
