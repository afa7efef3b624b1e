import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { SPAN_STATES } from '../../src/model/tables.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, crashProgram, GO_VERSIONS, missingGo } from '../oracle/toolchain.ts'

/** As fixtures/programs/memstats writes them. */
const FIELDS = [
  'Sys',
  'HeapAlloc',
  'HeapSys',
  'HeapIdle',
  'HeapInuse',
  'HeapReleased',
  'StackInuse',
  'StackSys',
  'MSpanInuse',
  'MSpanSys',
  'MCacheInuse',
  'MCacheSys',
  'BuckHashSys',
  'GCSys',
  'OtherSys',
] as const
/** What MemStats says of the collector comes last: NextGC, NumGC, NumForcedGC, PauseTotalNs, GCCPUFraction. */
const COLLECTOR_FIGURES = 5

describe.each(GO_VERSIONS)('Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`what the runtime says of its memory${because(reason)}`, () => {
    let extracted: Extracted
    let stats: Record<(typeof FIELDS)[number], number>
    let metrics: Record<string, number>
    let collector: BigUint64Array
    let bytes: (key: string) => number
    beforeAll(async () => {
      const run = crashProgram(buildProgram('memstats', version), 'figures', 'names')
      const figures = new BigUint64Array(new Uint8Array(readFileSync(join(run.folder, 'figures'))).buffer)
      const names = readFileSync(join(run.folder, 'names'), 'utf8').trim().split('\n')
      expect(figures.length).toBe(FIELDS.length + names.length + COLLECTOR_FIGURES)
      collector = figures.slice(-COLLECTOR_FIGURES)
      const figure = (i: number) => Number(figures[i])
      stats = Object.fromEntries(FIELDS.map((name, i) => [name, figure(i)])) as typeof stats
      metrics = Object.fromEntries(names.map((name, i) => [name, figure(FIELDS.length + i)]))
      extracted = await extractRun(run)
      const rows = new Map(extracted.heap.memory.map((row) => [row.key, row.bytes]))
      bytes = (key) => rows.get(key) ?? Number.NaN
    })

    it('is what the rows say, to the byte: MemStats', () => {
      const mapped = bytes('heap') - bytes('heap.stacks') - bytes('heap.work') - bytes('heap.masks')
      const collector = bytes('runtime.gc') + bytes('heap.work') + bytes('heap.masks')
      const uncounted = bytes('runtime.arena-map') + bytes('runtime.rounding')
      expect({
        Sys: bytes('heap') + bytes('runtime') - uncounted,
        HeapAlloc: bytes('heap.in-use.objects'),
        HeapSys: mapped,
        HeapIdle: bytes('heap.idle'),
        HeapInuse: bytes('heap.in-use'),
        HeapReleased: bytes('heap.idle.released'),
        StackInuse: bytes('heap.stacks'),
        StackSys: bytes('heap.stacks') + bytes('runtime.stacks'),
        MSpanInuse: bytes('runtime.mspans.used'),
        MSpanSys: bytes('runtime.mspans'),
        MCacheInuse: bytes('runtime.mcaches.used'),
        MCacheSys: bytes('runtime.mcaches'),
        BuckHashSys: bytes('runtime.profile'),
        GCSys: collector,
        OtherSys: bytes('runtime.other'),
      }).toEqual(stats)
    })

    it('is what the rows say, to the byte: runtime/metrics', () => {
      const uncounted = bytes('runtime.arena-map') + bytes('runtime.rounding')
      const expected: Record<string, number> = {
        'heap/free': bytes('heap.idle.retained'),
        'heap/objects': bytes('heap.in-use.objects'),
        'heap/released': bytes('heap.idle.released'),
        'heap/stacks': bytes('heap.stacks'),
        'heap/unused': bytes('heap.in-use.free') + bytes('heap.in-use.tail'),
        'metadata/mcache/free': bytes('runtime.mcaches.free'),
        'metadata/mcache/inuse': bytes('runtime.mcaches.used'),
        'metadata/mspan/free': bytes('runtime.mspans.free'),
        'metadata/mspan/inuse': bytes('runtime.mspans.used'),
        'metadata/other': bytes('runtime.gc') + bytes('heap.work') + bytes('heap.masks'),
        'os-stacks': bytes('runtime.stacks'),
        other: bytes('runtime.other'),
        'profiling/buckets': bytes('runtime.profile'),
        total: bytes('heap') + bytes('runtime') - uncounted,
      }
      const names = Object.keys(expected).map((name) => [`/memory/classes/${name}:bytes`, expected[name]])
      expect(Object.fromEntries(names)).toEqual(metrics)
    })

    it('is what metadata says of the collector, as the program has set it', () => {
      const { metadata } = extracted.heap
      const of = (...keys: string[]) => keys.map((key) => metadata.get(`gc_${key}`))
      expect(of('percent', 'memory_limit')).toEqual([77, 7 * 2 ** 30])
      const [next, cycles, forced, pauses] = Array.from(collector, Number)
      expect(of('percent_goal', 'cycles', 'forced_cycles', 'pause_total_ns')).toEqual([
        next,
        cycles,
        forced,
        pauses,
      ])
      const [fraction] = new Float64Array(collector.slice(-1).buffer)
      expect(Number(metadata.get('gc_cpu_fraction'))).toBe(fraction)
      // runtime/mgcpacer.go, commit: the goal is what was kept, and so many percent of that and of what else is scanned.
      const [kept, stacks, globals, minimum] = of(
        'heap_marked',
        'stack_scan',
        'globals_scan',
        'heap_minimum',
      ).map(Number)
      expect(next).toBe(kept + Math.floor(((kept + stacks + globals) * 77) / 100))
      expect(minimum).toBe(Math.floor((4 * 2 ** 20 * 77) / 100))
      expect(Number(metadata.get('gc_heap_live'))).toBeGreaterThanOrEqual(kept)
      expect(Number(metadata.get('gc_mapped_ready'))).toBeLessThan(metrics['/memory/classes/total:bytes'])
    })

    it('has all that the rows tell apart', () => {
      const some = ['heap.in-use.free', 'heap.idle.retained', 'heap.idle.released', 'heap.stacks.goroutines']
      for (const key of [...some, 'heap.stacks.ended', 'heap.stacks.threads', 'heap.stacks.pooled']) {
        expect([key, bytes(key)]).not.toEqual([key, 0])
      }
      if (version.startsWith('1.22') || version.startsWith('1.23')) {
        expect(bytes('heap.masks')).toBeGreaterThan(0)
      }
    })

    it('leaves nothing unattributed: parts add up to their wholes, down from the mappings', () => {
      const { memory, mappings, problems } = extracted.heap
      expect(bytes('process')).toBe(mappings.reduce((sum, { size }) => sum + size, 0))
      for (const { key, bytes: whole } of memory) {
        const parts = memory.filter(({ parent }) => parent === key)
        if (parts.length === 0) continue
        expect([key, parts.reduce((sum, part) => sum + (part.bytes ?? Number.NaN), 0)]).toEqual([key, whole])
      }
      expect(memory.filter(({ key }) => key.endsWith('not-attributed'))).toEqual([])
      expect(bytes('heap.no-span')).toBe(0)
      expect(bytes('heap.unknown')).toBe(0)
      expect(problems).toEqual([])
    })

    it('has the stacks of the goroutines that the program parked', () => {
      const { goroutines, spans } = extracted.heap
      expect(goroutines.length).toBeGreaterThan(100)
      expect(bytes('heap.stacks.goroutines')).toBe(
        goroutines.reduce((sum, { stackSize }) => sum + stackSize, 0),
      )
      const manual = SPAN_STATES.indexOf('manual')
      let pages = 0
      for (let s = 0; s < spans.count; s++) if (spans.state[s] === manual) pages += spans.pages[s]
      const all = bytes('heap.stacks') + bytes('heap.work') + bytes('heap.masks')
      expect(all).toBe(pages * 8192)
    })

    it('has nothing but small change outside of Go, as the program uses no C', () => {
      // Without C the runtime alone maps anonymous memory.
      expect(bytes('outside.anonymous')).toBe(0)
      expect(bytes('outside.thread-stacks')).toBe(0)
      expect(bytes('outside.files')).toBe(0)
    })
  })
})
