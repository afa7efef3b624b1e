import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GoArch } from '../../../src/extract/file/core.ts'
import type { GoFunction, Pclntab } from '../../../src/extract/go/pclntab.ts'
import { StackMemory } from '../../../src/extract/heap/stack-memory.ts'
import { unwindStack } from '../../../src/extract/heap/unwind.ts'

const LOW = 0x10000

/** A stack whose words are given from its low end on. */
function stackOf(words: readonly number[]): StackMemory {
  const bytes = new Uint8Array(words.length * 8)
  const view = new DataView(bytes.buffer)
  words.forEach((word, i) => {
    view.setBigUint64(i * 8, BigInt(word), true)
  })
  const memory = {
    readInto: (address: number, target: Uint8Array) => {
      const found = bytes.subarray(address - LOW, address - LOW + target.length)
      target.set(found)
      return found.length
    },
  }
  return new StackMemory(memory, LOW, LOW + bytes.length, LOW)
}

interface FakeFunction {
  name: string
  /** Bytes of its frame, the return address not counted. */
  frame: number
  flags?: number
  deferReturn?: number
}

/** Functions of 0x100 bytes each, the first at 0x1000. */
function pclntabOf(functions: readonly FakeFunction[]): Pclntab {
  const made = functions.map(({ name, flags = 0, deferReturn = 0 }, i): GoFunction => {
    const entry = 0x1000 + i * 0x100
    return {
      module: undefined as never,
      ...{ name, entry, end: entry + 0x100, flags, deferReturn },
      ...{ argsSize: 0, id: 0, startLine: 1, pcsp: 1, pcfile: 1, pcln: 1, cuOffset: 0 },
      pcdata: new Uint32Array(0),
      funcdata: new Float64Array(0),
    }
  })
  const at = (pc: number) => Math.floor((pc - 0x1000) / 0x100)
  return {
    functionAt: (pc) => made[at(pc)],
    spDelta: (_, pc) => functions[at(pc)].frame,
    pcdata: () => -1,
    position: () => undefined,
    wrapperId: 99,
    functions: () => made.values(),
  }
}

const TOP_FRAME = 1
const SP_WRITE = 2

function unwind(arch: GoArch, functions: readonly FakeFunction[], words: readonly number[], lr = 0) {
  const start = { pc: 0x1010, sp: LOW, lr, kind: 'saved' as const }
  const unwound = unwindStack(arch, pclntabOf(functions), stackOf(words), start)
  const frames = [...unwound.frames]
  return { stoppedAt: unwound.stoppedAt, frames, names: frames.map(({ fn }) => fn.name) }
}

describe('unwinding', () => {
  const chain = [
    { name: 'leaf', frame: 16 },
    { name: 'middle', frame: 8 },
    { name: 'runtime.goexit', frame: 0, flags: TOP_FRAME },
  ]

  test('amd64: return addresses lie above the frames, saved frame pointers above the locals', () => {
    // leaf: local, frame pointer, return | middle: frame pointer, return | goexit
    const { frames, names, stoppedAt } = unwind('amd64', chain, [1, 2, 0x1110, 3, 0x1201, 0])
    expect(stoppedAt).toBeUndefined()
    expect(names).toEqual(['leaf', 'middle', 'runtime.goexit'])
    expect(frames.map(({ sp, fp }) => [sp - LOW, fp - LOW])).toEqual([
      [0, 24],
      [24, 40],
      [40, 48],
    ])
    expect(frames[0].localsEnd - LOW).toBe(8)
    expect(frames[0].arguments).toBe(frames[0].fp)
  })

  test('arm64: return addresses lie at the bottom of the frames, and a leaf has its in the register', () => {
    const leafWithoutFrame = [{ name: 'leaf', frame: 0 }, { name: 'middle', frame: 16 }, chain[2]]
    const { frames, names, stoppedAt } = unwind('arm64', leafWithoutFrame, [0x1201, 7, 0, 0], 0x1110)
    expect(stoppedAt).toBeUndefined()
    expect(names).toEqual(['leaf', 'middle', 'runtime.goexit'])
    expect(frames.map(({ sp, fp }) => [sp - LOW, fp - LOW])).toEqual([
      [0, 0],
      [0, 16],
      [16, 16],
    ])
    expect(frames[1].arguments - frames[1].fp).toBe(8)
  })

  test('arm64: a leaf that faulted returns to where the signal handler put its link register', () => {
    const faulting = [
      { name: 'runtime.sigpanic', frame: 16 },
      { name: 'faulting leaf', frame: 0 },
      { name: 'caller', frame: 16 },
      chain[2],
    ]
    // sigpanic's frame | the leaf's link register, 8 more that sighandler pushed | caller's frame
    const words = [0x1110, 7, 0x1210, 0, 0x1301, 9, 0]
    const { frames, names, stoppedAt } = unwind('arm64', faulting, words)
    expect(stoppedAt).toBeUndefined()
    expect(names).toEqual(['runtime.sigpanic', 'faulting leaf', 'caller', 'runtime.goexit'])
    expect(frames.map(({ sp, fp }) => [sp - LOW, fp - LOW])).toEqual([
      [0, 16],
      [32, 32],
      [32, 48],
      [48, 48],
    ])
  })

  test('a frame below a fault goes on where its deferred calls run, or never', () => {
    const faulting = (deferReturn: number) => [
      { name: 'runtime.sigpanic', frame: 0 },
      { name: 'faulting', frame: 0, deferReturn },
      chain[2],
    ]
    const words = [0x1110, 0x1201, 0]
    const [, dead] = unwind('amd64', faulting(0), words).frames
    expect([dead.pc, dead.continuation, dead.isTrap]).toEqual([0x1110, 0, true])
    const [, deferring, outer] = unwind('amd64', faulting(0x40), words).frames
    expect([deferring.continuation, deferring.isTrap]).toEqual([0x1141, true])
    expect([outer.continuation, outer.isTrap]).toEqual([0x1201, false])
  })

  test('a function that sets the stack pointer ends the walk, unless it is innermost', () => {
    const switching = [chain[0], { name: 'runtime.gogo', frame: 0, flags: SP_WRITE }, chain[2]]
    const stopped = unwind('amd64', switching, [1, 2, 0x1110, 0x1201, 0])
    expect(stopped.names).toEqual(['leaf', 'runtime.gogo'])
    expect(stopped.stoppedAt?.reason).toContain('runtime.gogo')
    const innermost = [switching[1], chain[2]]
    expect(unwind('amd64', innermost, [0x1101, 0]).stoppedAt).toBeUndefined()
    const callback = [chain[0], { name: 'runtime.cgocallback', frame: 0, flags: SP_WRITE }, chain[2]]
    expect(unwind('amd64', callback, [1, 2, 0x1110, 0x1201, 0]).stoppedAt).toBeUndefined()
  })

  test('a return address outside of Go code ends the walk at that frame', () => {
    const { names, stoppedAt } = unwind('amd64', chain, [1, 2, 0x999999, 0])
    expect(names).toEqual(['leaf'])
    expect(stoppedAt?.address).toBe(LOW + 24)
  })

  test('a call of a nil function begins in its caller', () => {
    const start = { pc: 0, sp: LOW, lr: 0, kind: 'interrupted' as const }
    const { frames } = unwindStack('amd64', pclntabOf(chain), stackOf([0x1110, 3, 0x1201, 0]), start)
    expect([...frames].map(({ fn, isTrap }) => [fn.name, isTrap])).toEqual([
      ['middle', false],
      ['runtime.goexit', false],
    ])
  })

  test.each(['amd64', 'arm64'] as const)('%s: bytes of any kind end the walk', (arch) => {
    const word = fc.oneof(fc.integer({ min: 0x1000, max: 0x1800 }), fc.nat(), fc.constant(0))
    const frame = fc.oneof(
      fc.constant(0),
      fc.integer({ min: -2, max: 6 }).map((words) => words * 8),
      fc.nat(64),
    )
    const name = fc.constantFrom('f', 'runtime.sigpanic', 'runtime.asyncPreempt', 'runtime.cgocallback')
    const fn = fc.record({ name, frame, flags: fc.constantFrom(0, 0, 0, SP_WRITE), deferReturn: fc.nat(64) })
    fc.assert(
      fc.property(
        fc.array(fn, { minLength: 1, maxLength: 8 }),
        fc.array(word, { maxLength: 64 }),
        fc.nat(2048),
        fc.integer({ min: -8, max: 600 }),
        (functions, words, pc, sp) => {
          const start = { pc: 0x1000 + pc, sp: LOW + sp, lr: 0x1010, kind: 'interrupted' as const }
          const { frames } = unwindStack(arch, pclntabOf(functions), stackOf(words), start)
          expect(frames.length).toBeLessThanOrEqual(words.length + 2)
          for (const { sp, fp } of frames) expect(fp).toBeGreaterThanOrEqual(sp)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
