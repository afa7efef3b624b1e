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
import { delveProgram, missingDelve } from '../oracle/delve.ts'
import { missingEmulator } from '../oracle/emulator.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { compareHeapCounts } from '../oracle/heap-counts.ts'
import {
  ARM64_VERSIONS,
  because,
  buildProgram,
  type CrashedRun,
  chooseVersions,
  crashProgram,
  GO_VERSIONS,
  type GoVersion,
  gcoreProgram,
  missingGcore,
  missingGo,
  unpackProgram,
} from '../oracle/toolchain.ts'
import { readTruth, type Truth } from '../oracle/truth.ts'
import { missingWine, wineProgram } from '../oracle/wine.ts'

interface Source {
  name: string
  /** Why it cannot be had here. */
  reason: string | undefined
  /** A core, its binary, and `truth` in the same folder. */
  open(): CrashedRun
}

const isWaiting = (folder: string) =>
  readFileSync(join(folder, 'truth'), { encoding: 'utf8', flag: 'a+' }).includes('"HeapAlloc"')

const isParked = (name: string) => /gcore|delve/.test(name)

const built = GO_VERSIONS.map(
  (version): Source => ({
    name: `Go ${version}, kernel core of a crash`,
    reason: missingGo(version),
    open: () => crashProgram(buildProgram('truth', version), 'truth', 'crash'),
  }),
)

const waiting = chooseVersions('1.21.13', '1.27.4').map(
  (version): Source => ({
    name: `Go ${version}, gcore of the waiting process`,
    reason: missingGo(version) ?? missingGcore(),
    open: () => gcoreProgram(buildProgram('truth', version), ['truth', 'park'], isWaiting),
  }),
)

const emulated = ARM64_VERSIONS.map(
  (version): Source => ({
    name: `Go ${version}, arm64 under qemu`,
    reason: missingGo(version) ?? missingEmulator('arm64'),
    open: () => crashProgram(buildProgram('truth', version, { arch: 'arm64' }), 'truth', 'crash'),
  }),
)

/** All versions with GOHEAP_DELVE=all. */
const withDelve = (...some: GoVersion[]) => (process.env.GOHEAP_DELVE === 'all' ? GO_VERSIONS : some)

const dumped = withDelve('1.21.13', '1.27.4').map(
  (version): Source => ({
    name: `Go ${version}, dump of delve`,
    reason: missingGo(version) ?? missingDelve(),
    open: () => delveProgram(buildProgram('truth', version), ['truth', 'park'], isWaiting),
  }),
)

const ofWindows = withDelve('1.27.4').map(
  (version): Source => ({
    name: `Go ${version}, Windows under wine, dump of delve for Windows`,
    reason: missingGo(version) ?? missingWine(),
    open() {
      const binary = buildProgram('truth', version, { system: 'windows', arch: 'amd64' })
      return wineProgram(binary, ['truth', 'park'], isWaiting)
    },
  }),
)

const packed: Source = {
  name: 'packed core dumpself-1.21',
  reason: undefined,
  open: () => unpackProgram('dumpself-1.21'),
}

describe.each([...built, ...waiting, ...emulated, ...dumped, ...ofWindows, packed])(
  '$name',
  ({ name, reason, open }) => {
    describe.skipIf(reason)(`against what the program says${because(reason)}`, () => {
      let truth: Truth
      let extracted: Extracted
      let analysis: Analysis
      beforeAll(async () => {
        const run = open()
        truth = readTruth(join(run.folder, 'truth'))
        extracted = await extractRun(run)
        analysis = analyseGraph(extracted.heap.graph)
      })

      it('the program recorded some thousand objects', () => {
        expect(truth.objects.size).toBeGreaterThan(2000)
      })

      // dumpself, the packed one, has the runtime's counts in its heap dump instead.
      if (name !== packed.name) {
        it('the heap has as many objects and bytes as the runtime counts', () => {
          expect(compareHeapCounts(truth, extracted, { goesOn: isParked(name) })).toEqual([])
        })
      }

      it('live objects are reachable, garbage is not, freed objects are gone', () => {
        expect(compareStates(truth, extracted, analysis)).toEqual([])
      })

      it('recorded pointers are edges', () => {
        expect(compareRecordedEdges(truth, extracted)).toEqual([])
      })

      it('known dominators and retained counts agree', () => {
        const { wrong, inRegisters } = compareIdoms(truth, extracted, analysis)
        expect(wrong).toEqual([])
        // A thread that waits may have a pointer left over in a register, from any goroutine that it ran; arm64 has registers
        // enough for that to happen often. In a crash the registers are those of the signal.
        if (extracted.core.arch === 'amd64' && name.includes('crash')) expect(inRegisters).toEqual([])
        else expect(inRegisters.length).toBeLessThan(5)
      })

      it('objects that a stack holds are held by the function and the variable that hold them', () => {
        const { holders, names, unnamed } = compareStackRoots(truth, extracted)
        console.info(`${name}: ${unnamed.length} of ${truth.roots.length} holders on stacks have no name`)
        expect(holders).toEqual([])
        expect(names).toEqual([])
      })

      it('no type is wrong', () => {
        const { wrong, unknown, partial, count } = compareTypes(truth, extracted)
        console.info(`${name}: the type of ${unknown.length} of ${count} recorded objects is unknown`)
        expect(wrong).toEqual([])
        // Its only holder is a slice from its middle that does not show all there is: body[2900:2910:2920] of 3000.
        expect(partial.filter((label) => label !== 'slices/body')).toEqual([])
      })
    })
  },
)
