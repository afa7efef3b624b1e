import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseGraph } from '../../src/graph/analyse.ts'
import type { Analysis } from '../../src/model/heap-graph.ts'
import {
  compareIdoms,
  compareRecordedEdges,
  compareStackRoots,
  compareStates,
  compareTypes,
} from '../oracle/compare-truth.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import {
  because,
  buildProgram,
  crashProgram,
  GO_VERSIONS,
  type GoVersion,
  gcoreProgram,
  missingGcore,
  missingGo,
} from '../oracle/toolchain.ts'
import { readTruth, type Truth } from '../oracle/truth.ts'

/** Some minutes: on the first run each version's program is built. */
const SETUP_MS = 300_000

const CAPTURES = {
  'kernel core of a crash': (version: GoVersion) =>
    crashProgram(buildProgram('truth', version), 'truth', 'crash'),
  'gcore of the waiting process': (version: GoVersion) =>
    gcoreProgram(buildProgram('truth', version), ['truth', 'park'], (folder) =>
      readFileSync(join(folder, 'truth'), { encoding: 'utf8', flag: 'a+' }).includes('"HeapAlloc"'),
    ),
}

const runs = GO_VERSIONS.flatMap((version) =>
  Object.entries(CAPTURES).map(([name, capture]) => [version, name, capture] as const),
)

describe.each(runs)('Go %s, %s', (version, name, capture) => {
  const reason = missingGo(version) ?? (name.startsWith('gcore') ? missingGcore() : undefined)
  describe.skipIf(reason)(`against what the program says${because(reason)}`, () => {
    let truth: Truth
    let extracted: Extracted
    let analysis: Analysis
    beforeAll(async () => {
      const run = capture(version)
      truth = readTruth(join(run.folder, 'truth'))
      extracted = await extractRun(run)
      analysis = analyseGraph(extracted.heap.graph)
    }, SETUP_MS)

    it('the heap has as many objects and bytes as the runtime counts', () => {
      expect(truth.objects.size).toBeGreaterThan(2000)
      expect(extracted.heap.objects.count).toBe(truth.facts.get('HeapObjects'))
      expect(extracted.heap.graph.size.reduce((sum, size) => sum + size, 0)).toBe(
        truth.facts.get('HeapAlloc'),
      )
    })

    it('live objects are reachable, garbage is not, freed objects are gone', () => {
      expect(compareStates(truth, extracted, analysis)).toEqual([])
    })

    it('recorded pointers are edges', () => {
      expect(compareRecordedEdges(truth, extracted)).toEqual([])
    })

    it('known dominators and retained counts agree', () => {
      expect(compareIdoms(truth, extracted, analysis)).toEqual([])
    })

    it('objects that a stack holds are held by the function and the variable that hold them', () => {
      const { holders, names, unnamed } = compareStackRoots(truth, extracted)
      console.info(
        `Go ${version}, ${name}: ${unnamed.length} of ${truth.roots.length} holders on stacks have no name`,
      )
      expect(holders).toEqual([])
      expect(names).toEqual([])
    })

    it('no type is wrong', () => {
      const { wrong, unknown, partial, count } = compareTypes(truth, extracted)
      console.info(
        `Go ${version}, ${name}: the type of ${unknown.length} of ${count} recorded objects is unknown`,
      )
      expect(wrong).toEqual([])
      // Nothing in the process says how far this array reaches: only a part of its middle is pointed at.
      expect(partial).toEqual(['slices/body'])
    })
  })
})
