import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  compareEdges,
  compareFinalizers,
  compareGlobals,
  compareMasks,
  compareObjects,
  compareStacks,
} from '../oracle/compare-dump.ts'
import { missingEmulator } from '../oracle/emulator.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { type HeapDump, readHeapDump } from '../oracle/heap-dump.ts'
import {
  ARM64_VERSIONS,
  because,
  buildProgram,
  type CrashedRun,
  crashProgram,
  GO_VERSIONS,
  missingGo,
  unpackProgram,
} from '../oracle/toolchain.ts'

interface Source {
  name: string
  /** Why it cannot be had here. */
  reason: string | undefined
  /** A core, its binary, and `dump` in the same folder. */
  open(): CrashedRun
}

const built = GO_VERSIONS.map(
  (version): Source => ({
    name: `Go ${version}`,
    reason: missingGo(version),
    open: () => crashProgram(buildProgram('dumpself', version), 'dump', 'truth'),
  }),
)

const emulated = ARM64_VERSIONS.map(
  (version): Source => ({
    name: `Go ${version}, arm64 under qemu`,
    reason: missingGo(version) ?? missingEmulator('arm64'),
    open: () => crashProgram(buildProgram('dumpself', version, { arch: 'arm64' }), 'dump', 'truth'),
  }),
)

const packed = ['leaky', 'dumpself-1.21'].map(
  (name): Source => ({
    name: `packed core ${name}`,
    reason: undefined,
    open: () => unpackProgram(name),
  }),
)

describe.each([...built, ...emulated, ...packed])('$name', ({ reason, open }) => {
  describe.skipIf(reason)(`the runtime's own heap dump${because(reason)}`, () => {
    let dump: HeapDump
    let extracted: Extracted
    beforeAll(async () => {
      const run = open()
      dump = readHeapDump(join(run.folder, 'dump'))
      extracted = await extractRun(run)
    })

    it('is complete: its objects add up to its own HeapObjects and HeapAlloc', () => {
      expect(dump.objects.length).toBe(dump.heapObjects)
      expect(dump.objects.reduce((sum, object) => sum + object.bytes.length, 0)).toBe(dump.heapAlloc)
      expect(dump.objects.length).toBeGreaterThan(10_000)
    })

    it('has the same objects, of the same sizes, and no other', () => {
      expect(compareObjects(dump, extracted).slice(0, 20)).toEqual([])
    })

    it('has the same pointer mask for every object', () => {
      expect(compareMasks(dump, extracted).slice(0, 20)).toEqual([])
    })

    it('has the same edges; only goroutines and threads were written to after it', () => {
      const { wrong, written } = compareEdges(dump, extracted)
      expect(wrong.slice(0, 20)).toEqual([])
      const running = new Set([
        ...dump.goroutines.map((goroutine) => extracted.finder.objectAt(goroutine.g)),
        ...dump.threads.map((thread) => extracted.finder.objectAt(thread.m)),
      ])
      expect(written.filter((object) => !running.has(object))).toEqual([])
    })

    it('has the same pointers in global variables', () => {
      expect(compareGlobals(dump, extracted).slice(0, 20)).toEqual([])
    })

    it('has the same goroutines, frames and pointers on stacks', () => {
      expect(compareStacks(dump, extracted).slice(0, 20)).toEqual([])
    })

    it('has no finalizer whose closure goheap would take for garbage', () => {
      expect(compareFinalizers(dump, extracted)).toEqual([])
    })

    it('meets nothing that goheap would report as a problem', () => {
      expect(extracted.heap.problems).toEqual([])
    })
  })
})
