import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder } from './small-heap.ts'

const MIB = 2 ** 20

/** 300 MiB kept by the last collection, 400 MiB now, and some for the rest. */
const FIGURES = {
  gc_percent: 100,
  gc_memory_limit: 'off',
  gc_heap_minimum: 4 * MIB,
  gc_heap_live: 400 * MIB,
  gc_heap_marked: 300 * MIB,
  gc_percent_goal: 610 * MIB,
  gc_stack_scan: 8 * MIB,
  gc_globals_scan: 2 * MIB,
  gc_mapped_ready: 450 * MIB,
  gc_cycles: 10,
  gc_forced_cycles: 1,
  gc_pause_total_ns: 5_000_000,
  gc_cpu_fraction: '0.1',
}

/** Bytes of pages kept free: of all figures the one that is not in the metadata. */
const IDLE = 20 * MIB

async function remarks(figures: Record<string, string | number>): Promise<Record<string, unknown>> {
  const path = join(makeFolder(), 'heap.db')
  const { heap, analysis } = analyseSketch({ metadata: figures })
  const idle = { key: 'heap.idle.retained', parent: 'memory', name: 'retained', note: 'kept for reuse' }
  await writeDatabase(
    { heap: { ...heap, memory: [...heap.memory, { ...idle, bytes: IDLE }] }, analysis },
    path,
  )
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return Object.fromEntries(
    Array.from(db.runQuery(readQuery('gc')).rows, ([figure, value, unit, remark]) => [
      String(figure),
      [value, unit, remark],
    ]),
  )
}

test('what GOGC lets gather is worked out from what the last collection has kept and scanned', async () => {
  const { GOGC, GOMEMLIMIT } = await remarks(FIGURES)
  expect(GOGC).toEqual([
    100,
    'percent',
    '310.0 MiB can gather before the next collection; with GOGC=50 it would be 155.0 MiB, with GOGC=200 620.0 MiB.',
  ])
  // 450 MiB, and what is still missing to the goal.
  expect(GOMEMLIMIT).toEqual([
    null,
    'bytes',
    expect.stringMatching(/^Not set: the process grows to about 660.0 MiB/),
  ])
})

test('a memory limit is held against what lives', async () => {
  const limit = async (bytes: number) => (await remarks({ ...FIGURES, gc_memory_limit: bytes })).GOMEMLIMIT
  // 330 MiB without the pages kept free and the 100 MiB that are new since the last collection.
  expect(await limit(300 * MIB)).toEqual([
    300 * MIB,
    'bytes',
    expect.stringMatching(/takes 30.0 MiB more than/),
  ])
  expect(await limit(340 * MIB)).toEqual([
    340 * MIB,
    'bytes',
    expect.stringMatching(/^Only 10.0 MiB are left/),
  ])
  expect(await limit(1000 * MIB)).toEqual([1000 * MIB, 'bytes', '670.0 MiB are left for garbage.'])
})

test('where the memory limit decides, GOGC does not', async () => {
  const gogc = async (bytes: number) => (await remarks({ ...FIGURES, gc_memory_limit: bytes })).GOGC
  const byLimit = 'GOGC would let 310.0 MiB gather; the memory limit has collections begin earlier.'
  for (const limit of [300, 340, 639]) expect(await gogc(limit * MIB)).toEqual([100, 'percent', byLimit])
  // 330 MiB and the 310.
  expect(await gogc(640 * MIB)).toEqual([100, 'percent', expect.stringMatching(/^310.0 MiB can gather/)])
})

test('a collector that is off, forced, dear or cheap is said to be', async () => {
  const off = await remarks({ ...FIGURES, gc_percent: -1 })
  expect(off.GOGC).toEqual([null, 'percent', 'The collector is off: nothing is freed but by runtime.GC.'])
  const limited = await remarks({ ...FIGURES, gc_percent: -1, gc_memory_limit: 500 * MIB })
  expect(limited.GOGC).toEqual([null, 'percent', 'Off: collections begin near the memory limit only.'])
  const forced = await remarks({ ...FIGURES, gc_forced_cycles: 9, gc_cpu_fraction: '0.3' })
  expect(forced['collections that were forced']).toEqual([9, 'count', expect.stringMatching(/^Most of them/)])
  expect(forced['CPU time that the collector has taken']).toEqual([
    30,
    'percent',
    expect.stringMatching(/^Much/),
  ])
  const cheap = await remarks({ ...FIGURES, gc_cpu_fraction: '0.01' })
  expect(cheap['CPU time that the collector has taken']).toEqual([
    1,
    'percent',
    expect.stringMatching(/^Little/),
  ])
})

test('other settings of GOGC are told with the room that they leave', async () => {
  // 310 MiB are what a setting is a percentage of.
  const remark = async (percent: number) => (await remarks({ ...FIGURES, gc_percent: percent })).GOGC
  expect(await remark(35)).toEqual([
    35,
    'percent',
    '108.5 MiB can gather before the next collection; with GOGC=17 it would be 52.7 MiB, with GOGC=70 217.0 MiB.',
  ])
  expect(await remark(1)).toEqual([
    1,
    'percent',
    '3.1 MiB can gather before the next collection; with GOGC=2 it would be 6.2 MiB.',
  ])
  expect(await remark(0)).toEqual([
    0,
    'percent',
    '0.0 MiB can gather before the next collection; with GOGC=100 it would be 310.0 MiB.',
  ])
})

test('figures that are not known have no row', async () => {
  const found = await remarks({ go_version: 'go1.26.8' })
  expect(found).toEqual({ 'free pages kept': [IDLE, 'bytes', null] })
})

/** The figures of which a remark in bytes is worked out. */
const USED = [
  'gc_heap_live',
  'gc_heap_marked',
  'gc_percent_goal',
  'gc_stack_scan',
  'gc_globals_scan',
  'gc_mapped_ready',
]

test.each(USED)('without %s no remark has a number that comes from it', async (missing) => {
  const known = Object.entries(FIGURES).filter(([key]) => key !== missing)
  for (const limit of ['off', 1000 * MIB]) {
    const found = await remarks(Object.fromEntries([...known, ['gc_memory_limit', limit]]))
    for (const name of ['GOGC', 'GOMEMLIMIT']) {
      expect(found[name]).toBeDefined()
      expect(String((found[name] as unknown[])[2])).not.toMatch(/\b0\.0 MiB/)
    }
  }
})

test('without any of them nothing is remarked, and a collector that is off is not said to have a limit', async () => {
  const none = await remarks({ gc_percent: 100, gc_memory_limit: 300 * MIB })
  expect(none).toMatchObject({ GOGC: [100, 'percent', null], GOMEMLIMIT: [300 * MIB, 'bytes', null] })
  expect((await remarks({ gc_percent: -1 })).GOGC).toEqual([null, 'percent', null])
})
