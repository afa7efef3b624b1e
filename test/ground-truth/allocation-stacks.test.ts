import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import type { StackFrameRow } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, crashProgram, GO_VERSIONS, missingGo } from '../oracle/toolchain.ts'

/** What fixtures/programs/allocstacks wrote of an object: runtime.Callers on the line of its allocation. */
interface Allocated {
  label: string
  address: number
  frames: { function: string; file: string; line: number; inlined: boolean }[]
}

/** runtime/mprof.go: maxStack until Go 1.22, then debug.profstackdepth. */
const deepest = (version: string) => (Number(version.split('.')[1]) < 23 ? 32 : 128)

/** Cases are built once more without the optimizer, where nothing is inlined. */
const builds = [
  ...GO_VERSIONS.map((version) => ({ version, flags: [] as string[] })),
  { version: '1.27.4' as const, flags: ['-gcflags=all=-N -l'] },
]

describe.each(builds)('Go $version $flags', ({ version, flags }) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`against runtime.Callers${because(reason)}`, () => {
    let truth: Allocated[]
    let extracted: Extracted
    beforeAll(async () => {
      const run = crashProgram(buildProgram('allocstacks', version, { flags }), 'truth')
      truth = JSON.parse(readFileSync(join(run.folder, 'truth'), 'utf8'))
      extracted = await extractRun(run)
    })

    const stackOf = (object: Allocated): readonly StackFrameRow[] | undefined => {
      const { stackOf: rows, stacks } = extracted.heap.allocationStacks
      const row = rows[extracted.finder.objectAt(object.address)]
      return row === NONE ? undefined : stacks[row]
    }

    it('the stack of every object is that of its allocation', () => {
      const inlined = truth.filter(({ frames }) => frames.some((frame) => frame.inlined))
      if (flags.length === 0) expect(inlined.length).toBeGreaterThan(4)
      const wrong: string[] = []
      for (const object of truth) {
        if (object.label === 'early') continue
        const stack = stackOf(object)
        if (stack === undefined) wrong.push(`${object.label}: no stack`)
        else wrong.push(...compareStacks(object, stack, deepest(version)))
      }
      expect(wrong).toEqual([])
      expect(truth.length).toBeGreaterThan(35)
    })

    it('what was allocated before the rate was set has no stack', () => {
      const early = truth.find(({ label }) => label === 'early')
      expect(early && stackOf(early)).toBeUndefined()
    })

    it('the sampling rate is a fact of the dump', () => {
      expect(extracted.heap.metadata.get('mem_profile_rate')).toBe(1)
    })

    it('every special of the profile led to a stack', () => {
      expect(extracted.heap.problems.filter(({ code }) => code.startsWith('bucket'))).toEqual([])
    })

    it('objects of two sizes made by one call share a stack', () => {
      const [small, large] = ['small', 'large'].map((size) =>
        truth.find(({ label }) => label === `sized/${size}`),
      )
      expect(small && stackOf(small)).toBeDefined()
      expect(small && stackOf(small)).toBe(large && stackOf(large))
    })

    it('in the database, objects join the calls that made them', async () => {
      const path = join(tmpdir(), `goheap-stacks-${process.pid}.db`)
      await writeDatabase(analyse(extracted.heap), path, { force: true })
      const db = HeapDb.open(path)
      try {
        const sql = `SELECT f.function, f.line FROM objects o JOIN stack_frames f ON f.stack_id = o.stack_id
                     WHERE o.address = CAST(? AS INTEGER) ORDER BY f.depth`
        for (const label of ['plain', 'recursion/shallow', 'kind/large bytes']) {
          const object = truth.find((known) => known.label === label)
          if (object === undefined) throw new Error(label)
          const rows = [...db.query(sql, [object.address]).rows]
          const first = rows.findIndex(([name]) => name === object.frames[0].function)
          expect(rows.slice(first)).toEqual(object.frames.map((frame) => [frame.function, frame.line]))
        }
      } finally {
        db.close()
        rmSync(path)
      }
    })
  })
})

/** Functions between the line of the allocation and the allocator. */
const ALLOCATORS = /^(runtime|internal\/runtime\/\w+|reflect|strings|internal\/\w+)\./

/**
 * The profile's stack begins inside the allocator, or a library that was called on that line, and is cut at a depth.
 * runtime.Callers shortens type arguments to [...]
 */
function compareStacks(object: Allocated, stack: readonly StackFrameRow[], limit: number): string[] {
  const name = (text: string) => text.replace(/\[.*\]/, '[...]')
  const { label, frames } = object
  const first = stack.findIndex((frame) => name(frame.function) === frames[0].function)
  if (first === NONE) return [`${label}: no call of ${frames[0].function}`]
  const wrong = stack
    .slice(0, first)
    .filter((frame) => !ALLOCATORS.test(frame.function))
    .map((frame) => `${label}: allocated in ${frame.function}`)
  const calls = stack.slice(first)
  if (calls.length > frames.length) wrong.push(`${label}: ${calls.length} calls, not ${frames.length}`)
  // The allocator's own calls that the runtime skips may count towards the limit.
  if (calls.length < frames.length && (stack.length > limit + 2 || stack.length < limit - 5))
    wrong.push(`${label}: cut after ${stack.length} calls`)
  calls.forEach((call, depth) => {
    const { function: fn, file, line } = frames[depth] ?? { function: 'nothing', file: '', line: 0 }
    if (name(call.function) !== fn || call.file !== file || call.line !== line)
      wrong.push(
        `${label}, call ${depth}: ${call.function} ${call.file}:${call.line}, not ${fn} ${file}:${line}`,
      )
  })
  return wrong
}
