import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCore } from '../../src/extract/file/core.ts'
import { OLDEST_MINOR } from '../../src/extract/go/facts.ts'
import { readLayoutTable } from '../../src/extract/go/layout-table.ts'
import { openProcess } from '../../src/extract/go/process.ts'
import { analyseGraph } from '../../src/graph/analyse.ts'
import type { ExtractedHeap } from '../../src/model/heap-graph.ts'
import { Problems } from '../../src/model/problem.ts'
import { readCoreHeap } from '../../src/verify/core-heap.ts'
import { checkCounters } from '../../src/verify/counter-checks.ts'
import { compareTypesOf, differingParts } from '../oracle/compare-heaps.ts'
import {
  compareRecordedEdges,
  compareStackRoots,
  compareStates,
  compareTypes,
} from '../oracle/compare-truth.ts'
import { extractRun } from '../oracle/extracted.ts'
import { missingStrip, STRIPS } from '../oracle/strip.ts'
import {
  because,
  buildProgram,
  type CrashedRun,
  chooseVersions,
  crashProgram,
  missingGo,
} from '../oracle/toolchain.ts'
import { readTruth } from '../oracle/truth.ts'

const VERSIONS = chooseVersions('1.21.13', '1.24.13', '1.27.4')
const BUILDS = { plain: [], PIE: ['-buildmode=pie'] } as const
const folder = mkdtempSync(join(tmpdir(), 'goheap-stripped-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const cases = VERSIONS.flatMap((version) =>
  (Object.keys(BUILDS) as (keyof typeof BUILDS)[]).map((build) => ({ version, build })),
)

describe.each(cases)('Go $version, $build', ({ version, build }) => {
  const reason = missingGo(version) ?? missingStrip()

  describe.skipIf(reason)(`against the binary with DWARF${because(reason)}`, () => {
    let run: CrashedRun
    let full: ExtractedHeap

    beforeAll(async () => {
      run = crashProgram(buildProgram('truth', version, { flags: BUILDS[build] }), 'truth', 'crash')
      full = (await extractRun(run)).heap
    })

    it.each(Object.keys(STRIPS) as (keyof typeof STRIPS)[])('%s changes no figure', async (how) => {
      const binary = join(folder, `${version}-${build}-${how.replaceAll(' ', '')}`)
      STRIPS[how](run.binary, binary)
      const { heap } = await extractRun({ core: run.core, binary })
      expect(differingParts(full, heap)).toEqual([])
      expect(heap.problems.map(({ code }) => code)).toContain('stripped')
      const problems = new Problems()
      const books = checkCounters(readCoreHeap(openCore(run.core, binary, problems), problems))
      expect(books.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
      expect(heap.problems.filter(({ code }) => code === 'variables-not-found')).toEqual([])

      const types = compareTypesOf(full, heap)
      // Of a slot that small values share, fewer pointers with a type may tell of one of them alone.
      const differing = types.differing.filter(
        (line) => !/^(unknown|tiny block) -> .*, 16 bytes\)/.test(line),
      )
      expect(differing).toEqual([])
      // Before Go 1.22 no object names its own type: without the types of variables there is little to begin with.
      if (minorOf(version) > OLDEST_MINOR) expect(types.typedInOther / types.typed).toBeGreaterThan(0.8)
    })

    it('finds every variable of the runtime where the symbols have it', () => {
      const binary = join(folder, `${version}-${build}-variables`)
      STRIPS['no section table'](run.binary, binary)
      const open = (path: string) => openProcess(openCore(run.core, path, new Problems()), new Problems())
      const [named, stripped] = [open(run.binary), open(binary)]
      const table = readLayoutTable(minorOf(version))
      expect(table?.variables.length).toBeGreaterThan(20)
      for (const name of table?.variables ?? []) {
        expect([name, stripped.layouts.variable(name)]).toEqual([name, named.layouts.variable(name)])
      }
    })
  })

  describe.skipIf(missingGo(version))(`built with -s -w${because(missingGo(version))}`, () => {
    it('agrees with the program’s own record', async () => {
      const flags = [...BUILDS[build], '-ldflags=-s -w']
      const run = crashProgram(buildProgram('truth', version, { flags }), 'truth', 'crash')
      const extracted = await extractRun(run)
      const truth = readTruth(join(run.folder, 'truth'))
      const { heap } = extracted
      expect(heap.problems.map(({ code }) => code)).toContain('stripped')
      expect(heap.objects.count).toBe(truth.facts.get('HeapObjects'))
      expect(heap.graph.size.reduce((sum, size) => sum + size, 0)).toBe(truth.facts.get('HeapAlloc'))
      expect(compareStates(truth, extracted, analyseGraph(heap.graph))).toEqual([])
      expect(compareRecordedEdges(truth, extracted)).toEqual([])
      expect(compareStackRoots(truth, extracted).holders).toEqual([])
      expect(compareTypes(truth, extracted).wrong).toEqual([])
    })
  })
})

const minorOf = (version: string) => Number(version.split('.')[1])
