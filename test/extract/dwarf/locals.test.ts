import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FrameVariable } from '../../../src/extract/dwarf/dwarf.ts'
import type { JoinedDwarf } from '../../../src/extract/dwarf/join.ts'
import { openCore } from '../../../src/extract/file/core.ts'
import type { GoProcess } from '../../../src/extract/go/process.ts'
import { openProcess } from '../../../src/extract/go/process.ts'
import { goroutineReader, readAllGs } from '../../../src/extract/heap/goroutine-reader.ts'
import { Problems } from '../../../src/model/problem.ts'
import { because, buildProgram, crashProgram, GO_VERSIONS, missingGo } from '../../oracle/toolchain.ts'

// What fixtures/programs/locals passes and computes.
const NUMBER = 0x1122334455
const TRIPLED = NUMBER * 3

const CASES = GO_VERSIONS.flatMap((version) => [
  { version, flags: [] },
  // Without optimisation everything has one place in the frame.
  { version, flags: ['-gcflags=-N -l'] },
])

describe.each(CASES)('Go $version $flags', ({ version, flags }) => {
  const isOptimised = flags.length === 0
  const reason = missingGo(version)
  describe.skipIf(reason)(`a goroutine parked in a frame of known variables${because(reason)}`, () => {
    let process: GoProcess
    let dwarf: JoinedDwarf
    let frame: { pc: number; cfa: number }
    let variables: readonly FrameVariable[]
    beforeAll(() => {
      const run = crashProgram(buildProgram('locals', version, { flags }))
      const problems = new Problems()
      process = openProcess(openCore(run.core, run.binary, problems), problems)
      if (process.dwarf === undefined) throw new Error('no DWARF')
      dwarf = process.dwarf
      frame = findFrame(process, dwarf, 'main.frame')
      // During the call some are in registers still, as DWARF has it; where it returns to, all that lives on is kept.
      variables = dwarf.variablesAt(frame.pc)
    })
    afterAll(() => process?.core.close())

    const named = (name: string): FrameVariable => {
      const found = variables.filter((variable) => variable.name === name)
      expect(found.map(({ name }) => name)).toEqual([name])
      return found[0]
    }

    /** Words of a variable that are in the frame; undefined for the others. */
    const wordsOf = (name: string, count: number): (number | undefined)[] => {
      const words: (number | undefined)[] = []
      for (const piece of named(name).pieces) {
        for (let at = 0; at < (piece.size ?? count * 8); at += 8) {
          words.push(
            piece.kind === 'frame' ? process.memory.readWord(frame.cfa + piece.offset + at) : undefined,
          )
        }
      }
      return words
    }

    it('has arguments, results and locals, of the block that is run', () => {
      const roles = new Map(variables.map(({ name, role }) => [name, role]))
      const expected = ['number', 'text', 'list', 'both', 'small'].map((name) => [name, 'argument'])
      const locals = ['&escaped', '&result', 'array', 'inner'].map((name) => [name, 'local'])
      expected.push(...locals, ['err', 'result'])
      expect(expected.map(([name]) => [name, roles.get(name)])).toEqual(expected)
      expect(roles.has('never')).toBe(false)
    })

    it('has arguments where DWARF says', () => {
      const { memory } = process
      expect(wordsOf('number', 1)).toEqual([NUMBER])
      const [text, length] = wordsOf('text', 2)
      expect(length).toBe(15)
      expect(Buffer.from(memory.readBytes(text ?? 0, 15)).toString()).toBe('text in a frame')
      const [list, ...lengths] = wordsOf('list', 3)
      expect([0, 4, 8].map((offset) => memory.readU32((list ?? 0) + offset))).toEqual([7, 8, 9])
      expect(lengths).toEqual(isOptimised ? [3, undefined] : [3, 3])
      const small = named('small').pieces[0]
      expect(small.kind === 'frame' && memory.readU8(frame.cfa + small.offset)).toBe(77)
      // -5 is above 2^53 as an unsigned word: its low half is exact.
      const [first] = named('both').pieces
      expect(first.kind === 'frame' && memory.readI32(frame.cfa + first.offset)).toBe(-5)
      expect(wordsOf('both', 2)[1]).toBe(2 ** 40)
    })

    it('has locals where DWARF says', () => {
      const array = wordsOf('array', 3)
      const inner = wordsOf('inner', 1)
      if (!isOptimised) {
        expect(array).toHaveLength(3)
        expect(inner).toHaveLength(1)
        expect(wordsOf('tripled', 1)).toEqual([TRIPLED])
      }
      if (array.length > 0) expect(array).toEqual([NUMBER + 1, NUMBER + 2, NUMBER + 3])
      if (inner.length > 0) expect(inner).toEqual([TRIPLED + 3])
    })

    it('has the addresses of variables that escaped to the heap', () => {
      for (const [name, type, value] of [
        ['&escaped', '*int64', NUMBER + 100],
        ['&result', '*main.pair', NUMBER + 200],
      ] as const) {
        expect(named(name).isIndirect).toBe(true)
        expect(dwarf.types[named(name).type].name).toBe(type)
        expect(process.memory.readWord(wordsOf(name, 1)[0] ?? 0)).toBe(value)
      }
    })

    it('has the captured variables of a closure', () => {
      const { memory, layouts, core } = process
      const hook = layouts.variable('main.hook')
      const closure = memory.readWord(hook ?? 0)
      const captured = dwarf.capturedBy(memory.readWord(closure) - core.bias)
      if (version < '1.23') {
        expect(captured).toEqual([])
        return
      }
      const types = captured.map(({ name, offset, type }) => [name, offset, dwarf.types[type].name])
      // The optimiser leaves those without an entry that the body reads straight from the closure.
      const expected = [
        ['&counter', 8, '*int64'],
        ['first', 16, 'int64'],
        ['second', 24, 'string'],
        ['third', 40, 'main.pair'],
      ].filter(([name]) => !isOptimised || (name !== 'first' && name !== 'third'))
      expect(types).toEqual(expected)
      // The places of all four, held against what the process has there.
      expect(memory.readWord(memory.readWord(closure + 8))).toBe(32)
      const words = [16, 32, 40, 48].map((offset) => memory.readWord(closure + offset))
      expect(words).toEqual([21, 'second'.length, 22, 23])
    })
  })
})

/**
 * The frame of a function on a parked goroutine, by the chain of saved frame pointers: [bp] is the caller's bp, and the
 * return address lies above it, just below the canonical frame address.
 */
function findFrame(process: GoProcess, dwarf: JoinedDwarf, name: string): { pc: number; cfa: number } {
  const { memory, layouts, core } = process
  const readGoroutine = goroutineReader(process)
  const g = layouts.struct('runtime.g')
  for (const address of readAllGs(process)) {
    const { stackLow, stackHigh } = readGoroutine(address)
    let bp = memory.readWord(address + g.offset('sched.bp'))
    while (bp >= stackLow && bp + 16 <= stackHigh) {
      const pc = memory.readWord(bp + 8) - core.bias
      const callerBp = memory.readWord(bp)
      if (dwarf.functionAt(pc)?.name === name) return { pc, cfa: callerBp + 16 }
      if (callerBp <= bp) break
      bp = callerBp
    }
  }
  throw new Error(`no goroutine is in ${name}`)
}
