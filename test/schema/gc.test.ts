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

async function remarks(figures: Record<string, string | number>): Promise<Record<string, unknown>> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analyseSketch({ metadata: figures }), path)
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
  // 350 MiB without the 100 MiB that are new since the last collection.
  expect(await limit(300 * MIB)).toEqual([
    300 * MIB,
    'bytes',
    expect.stringMatching(/takes 50.0 MiB more than/),
  ])
  expect(await limit(360 * MIB)).toEqual([
    360 * MIB,
    'bytes',
    expect.stringMatching(/^Only 10.0 MiB are left/),
  ])
  expect(await limit(1000 * MIB)).toEqual([1000 * MIB, 'bytes', '650.0 MiB are left for garbage.'])
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

test('figures that are not known have no row', async () => {
  expect(await remarks({ go_version: 'go1.26.8' })).toEqual({})
})
