import { describe, expect, test } from 'vitest'
import { openCore } from '../../src/extract/file/core.ts'
import { Problems } from '../../src/model/problem.ts'
import { readCoreHeap } from '../../src/verify/core-heap.ts'
import { checkCounters } from '../../src/verify/counter-checks.ts'
import { missingGdb, stopProgram } from '../oracle/gdb.ts'
import { because, buildProgram, crashProgram, type GoVersion, missingGo } from '../oracle/toolchain.ts'
import { makeFolder } from '../schema/small-heap.ts'
import { checkRun } from './check-run.ts'
import { placesOf, STOPS, type StopState } from './stops.ts'

/** Some; `npm run states` takes all, in more versions, and writes docs/states.md. */
const SOME: { state: string; version: GoVersion; skip: number; steps: number }[] = [
  { state: 'malloc', version: '1.27.4', skip: 1000, steps: 90 },
  { state: 'books', version: '1.27.4', skip: 57, steps: 0 },
  { state: 'map growth', version: '1.21.13', skip: 20, steps: 3000 },
]

function stateCalled(state: string): StopState {
  const stop = STOPS.find(({ name }) => name === state)
  if (stop === undefined) throw new Error(`there is no state ${state}`)
  return stop
}

describe.each(SOME)('a core taken by gdb in $state of Go $version', ({ state, version, skip, steps }) => {
  const reason = missingGo(version) ?? missingGdb()
  test.skipIf(reason)(`has all that the program holds${because(reason)}`, () => {
    const stop = stateCalled(state)
    const at = placesOf(stop, version)
    const run = stopProgram(buildProgram('states', version), ['truth', stop.mode], { at, skip, steps })
    const { wrong, recorded, keys, problems } = checkRun(run, makeFolder(), { isCounted: false })
    expect(wrong).toEqual([])
    expect(recorded).toBeGreaterThan(1000)
    expect(keys > 0).toBe(state === 'map growth')
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

const VERSION = '1.27.4'
const noGo = missingGo(VERSION)

test.skipIf(noGo)(`deep recursion has all that its calls hold, and its depth${because(noGo)}`, () => {
  const run = crashProgram(buildProgram('states', VERSION), 'truth', 'deep', '60000')
  // It counts first, and calls itself then: where its stack is copied, the runtime may start a thread.
  const { wrong, recorded, problems } = checkRun(run, makeFolder(), { isCounted: true, goesOn: true })
  expect(wrong).toEqual([])
  expect(recorded).toBeGreaterThan(2960)
  expect(problems).toMatchObject([{ severity: 'info', code: 'frames-left-out' }])
})

// The state of a span is set before the arena map leads to it. runtime/mheap.go, initSpan
const noGdb = noGo ?? missingGdb()
test.skipIf(noGdb)(`a span that is just being made is no damage${because(noGdb)}`, () => {
  const stop = { at: ['runtime.(*mheap).setSpans'], skip: 10, steps: 0 }
  const run = stopProgram(buildProgram('states', VERSION), ['truth', 'churn'], stop)
  const { wrong, problems } = checkRun(run, makeFolder(), { isCounted: false })
  expect(wrong).toEqual([])
  expect(problems).toContainEqual(expect.objectContaining({ severity: 'info', code: 'span-being-made' }))
  expect(problems.filter(({ severity }) => severity !== 'info')).toEqual([])
})

test.skipIf(noGdb)(
  `a thread that is about to book one span excuses no more than that${because(noGdb)}`,
  () => {
    const stop = { at: placesOf(stateCalled('books'), VERSION), skip: 57, steps: 0 }
    const { core, binary } = stopProgram(buildProgram('states', VERSION), ['truth', 'churn'], stop)
    const problems = new Problems()
    const read = readCoreHeap(openCore(core, binary, problems), problems)
    const verdicts = () => checkCounters(read).map(({ verdict }) => verdict)
    expect(verdicts()).toContain('skip')
    expect(verdicts()).not.toContain('fail')
    const { table, sizeClass } = read.spans
    for (let s = 0; s < table.count; s++) if (sizeClass[s] > 0) table.allocated[s]++
    expect(verdicts()[0]).toBe('fail')
  },
)
