/**
 * Programs of random types, each of which says what lies in its heap and how it is reached: what goheap says of types and
 * paths has to be that, or nothing. Printed is how much it does not know.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import type { AnalysedHeap } from '../../src/model/heap-graph.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { buildRandomProgram } from '../oracle/random-program.ts'
import {
  compareLife,
  comparePaths,
  compareRandomEdges,
  compareRandomTypes,
  type RandomTruth,
  readRandomTruth,
} from '../oracle/random-truth.ts'
import { because, chooseVersions, crashProgram, GO_VERSIONS, missingGo } from '../oracle/toolchain.ts'

/** Other seeds: GOHEAP_SEEDS=2,3,4. Every version and both builds of each: GOHEAP_SEEDS=all:2,3,4. */
const [, every, seedList] = /^(all:)?([\d,]*)$/.exec(process.env.GOHEAP_SEEDS ?? '') ?? []
const SEEDS = (seedList || '1').split(',').map(Number)
/** The heap's layout changed between these: headers of objects, then maps. */
const MILESTONES = chooseVersions('1.21.13', '1.23.12', '1.27.4')
const VERSIONS = every ? GO_VERSIONS : MILESTONES

const runs = SEEDS.flatMap((seed) =>
  VERSIONS.flatMap((version) => [
    { seed, version, build: 'default build', flags: [] },
    ...(every || version === '1.27.4'
      ? [{ seed, version, build: '-N -l', flags: ['-gcflags=all=-N -l'] }]
      : []),
  ]),
)

describe.each(runs)('random types of seed $seed, Go $version, $build', ({ seed, version, build, flags }) => {
  const name = `seed ${seed}, Go ${version}, ${build}`
  const reason = missingGo(version)
  const folder = mkdtempSync(join(tmpdir(), 'goheap-random-'))
  describe.skipIf(reason)(`against what the program says${because(reason)}`, () => {
    let truth: RandomTruth
    let extracted: Extracted
    let analysed: AnalysedHeap
    beforeAll(async () => {
      const run = crashProgram(buildRandomProgram(seed, version, flags), 'truth')
      truth = readRandomTruth(join(run.folder, 'truth'))
      extracted = await extractRun(run)
      analysed = analyse(extracted.heap)
      await writeDatabase(analysed, join(folder, 'heap.db'))
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    it('the program made some thousand objects, a good part of them dead', () => {
      expect(truth.objects.length).toBeGreaterThan(3000)
      expect(truth.objects.filter((object) => !object.live).length).toBeGreaterThan(100)
      expect(truth.objects.filter((object) => object.live).length).toBeGreaterThan(1000)
    })

    it('live objects are reachable, dead ones are not', () => {
      expect(compareLife(truth, extracted, analysed.analysis)).toEqual([])
    })

    it('every recorded pointer is an edge', () => {
      expect(compareRandomEdges(truth, extracted)).toEqual([])
    })

    it('no type is wrong', () => {
      const { count, wrong, parts, shaped, unknown, liveUnknown, partial } = compareRandomTypes(
        truth,
        extracted,
      )
      console.info(
        `${name}: of ${count} recorded objects ${unknown.length} have no type (${liveUnknown.length} of the live ones), ` +
          `${partial.length} are longer than known, ${parts.length} are known as what they are made of, ${shaped.length} are known by layout only`,
      )
      if (process.env.GOHEAP_SHOW)
        console.info([...parts, '', ...shaped, '', ...liveUnknown, '', ...partial].join('\n'))
      expect(wrong).toEqual([])
    })

    it('every pointer of a typed object has the path that a Go programmer would write', () => {
      const db = HeapDb.open(join(folder, 'heap.db'))
      const objects = new Map<number, string | null>()
      const globals = new Set<string>()
      for (const [word, path] of db.query(
        'SELECT o.address + p.offset, p.path FROM pointers p JOIN objects o ON o.id = p.source_id',
      ).rows)
        objects.set(Number(word), path === null ? null : String(path))
      for (const [root, path] of db.query(
        "SELECT r.name, p.path FROM root_pointers p JOIN roots r ON r.id = p.root_id WHERE r.kind = 'global'",
      ).rows)
        globals.add(`${root}${path}`)
      db.close()
      const { count, wrong, unnamed, missing } = comparePaths(truth, extracted, { objects, globals })
      console.info(
        `${name}: ${count} paths, ${unnamed.length} of captures without a name, ${missing.length} missing`,
      )
      expect(wrong).toEqual([])
      expect(missing).toEqual([])
      // Without the optimiser, DWARF names all that a closure captures; up to Go 1.22 nothing.
      if (build === '-N -l' && !/^1\.2[12]\./.test(version)) expect(unnamed).toEqual([])
    })
  })
})
