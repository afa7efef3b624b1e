import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { goroutineReader, goroutineStatuses } from '../../../src/extract/heap/goroutine-reader.ts'
import { readMachines } from '../../../src/extract/heap/machines.ts'
import type { StackFrame } from '../../../src/extract/heap/stack-frames.ts'
import { MissingMap, openStackMaps } from '../../../src/extract/heap/stack-maps.ts'
import { StackMemory } from '../../../src/extract/heap/stack-memory.ts'
import { standingOf } from '../../../src/extract/heap/stack-start.ts'
import { unwindStack } from '../../../src/extract/heap/unwind.ts'
import { missingEmulator } from '../../oracle/emulator.ts'
import { movesOn, readHeapDump } from '../../oracle/heap-dump.ts'
import { ARM64_VERSIONS, because, GO_VERSIONS, missingGo } from '../../oracle/toolchain.ts'
import { parseTraceback, printedName } from '../../oracle/traceback.ts'
import { packedStackRun, type StackRun, stackRunOn } from './stack-run.ts'

const native = GO_VERSIONS.map((version) => ({ version, name: version, arch: undefined }))
const emulated = ARM64_VERSIONS.map((version) => ({
  version,
  name: `${version} on arm64`,
  arch: 'arm64' as const,
}))

for (const { name, version, arch } of [...native, ...emulated]) {
  const reason = missingGo(version) ?? (arch && missingEmulator(arch))
  const stackRun = (...args: string[]) => stackRunOn(arch, version, ...args)
  describe.skipIf(reason)(`stacks of Go ${name}${because(reason)}`, () => {
    test('goroutines, their states and frames are those that the crash printed', () => {
      expect(compareTraceback(stackRun())).toBeGreaterThan(350)
    })

    test('goroutines preempted at any instruction are unwound, and scanned conservatively there', () => {
      const run = stackRun('spin')
      compareTraceback(run)
      const preempted = run.frames.filter((frame) => frame.function === 'main.spinning')
      expect(preempted.length).toBeGreaterThanOrEqual(4)
      const guesses = run.pointers.filter((pointer) => run.roots[pointer.root].kind === 'conservative')
      const owners = new Set(guesses.map((pointer) => run.roots[run.roots[pointer.root].parent].name))
      expect([...owners].sort()).toEqual(['main.spinning', 'runtime.asyncPreempt'])
    })

    test('goroutines that run on other threads stand where the kernel stopped them', () => {
      const run = stackRun('spin', 'abort')
      const spinning = run.goroutines.filter(
        (row) => row.status === 'running' && run.roots[row.root].name.endsWith(' main.spinning'),
      )
      expect(spinning.length).toBeGreaterThanOrEqual(1)
      for (const { root, threadId } of spinning) {
        expect(run.process.core.threads.map(({ id }) => id)).toContain(threadId)
        const frames = run.frames.filter(({ goroutineRoot }) => goroutineRoot === root)
        // The scheduler may just be asking it to make way for another.
        const names = frames
          .map((frame) => frame.function)
          .filter((name) => !/^(sync\/atomic\.|runtime\.asyncPreempt)/.test(name))
        expect(names[0]).toBe('main.spinning')
        expect(names.at(-1)).toBe('runtime.goexit')
      }
      const aborting = run.frames.filter(({ goroutineRoot }) => goroutineRoot === run.goroutines[0].root)
      expect(aborting.map((frame) => frame.function)).toEqual(
        expect.arrayContaining(['syscall.RawSyscall', 'main.abort', 'main.main', 'runtime.main']),
      )
      expect(run.problems.rows).toEqual([])
    })

    test('an object is held by a stack exactly when the collector left it alive', () => {
      for (const args of [[], ['spin'], ['spin', 'abort']]) {
        compareMarks(stackRun(...args))
      }
    })

    test('deferred calls made in a loop hold what their closures captured', () => {
      const run = stackRun()
      const { memory, layouts } = run.process
      const fn = layouts.struct('runtime._defer').offset('fn')
      const captured = run.pointers
        .filter(({ root }) => run.roots[root].name.startsWith('defer main.deferringInLoop'))
        .map(({ value }) => memory.readWord(memory.readWord(value + fn) + 8))
      const marks = run.text('kept').trim().split('\n').map(parseMark)
      const wanted = marks.filter((mark) => mark.name.startsWith('deferred in loop'))
      expect(captured.sort()).toEqual(wanted.map((mark) => mark.address).sort())
    })

    test('frames and their live words are those of runtime/debug.WriteHeapDump', () => {
      expect(compareHeapDump(stackRun())).toBeGreaterThan(2000)
    })

    test('nothing of it is a problem', () => {
      expect(stackRun().problems.rows).toEqual([])
      expect(stackRun('spin').problems.rows).toEqual([])
    })

    test('pointers carry the names of their variables', () => {
      const run = stackRun()
      expect(variablesOf(run, 'main.liveStackObject')).toEqual(['local h+8', 'local h+40'])
      expect(variablesOf(run, 'main.chainedStackObjects')).toEqual(['local first+8', 'local second+8'])
      expect(variablesOf(run, 'main.liveLocal')).toEqual(['local alive+0'])
      expect(variablesOf(run, 'main.parkWith')).toEqual([])
      expect(variablesOf(run, 'main.deadStackObject')).toEqual([])
      expect(new Set(variablesOf(run, 'main.deepRecursion'))).toEqual(new Set(['argument m+0']))
      const types = run.roots
        .filter(({ name }) => name === 'h' || name === 'tail')
        .map(({ name, type, size }) => [name, run.types.rows[type]?.name, size])
      expect(types).toContainEqual(['h', 'main.Holder', 56])
      expect(types).toContainEqual(['tail', '[3]*main.Marked', 24])
    })
  })
}

describe('stacks of the packed arm64 core, which needs neither Go nor an emulator', () => {
  const stackRun = () => packedStackRun('stacks-arm64')

  test('are those that the crash printed', () => {
    expect(stackRun().process.core.arch).toBe('arm64')
    expect(compareTraceback(stackRun())).toBeGreaterThan(350)
  })

  test('have the frames and live words of runtime/debug.WriteHeapDump', () => {
    expect(compareHeapDump(stackRun())).toBeGreaterThan(2000)
  })

  test('hold what the collector left alive', () => {
    compareMarks(stackRun())
    expect(stackRun().problems.rows).toEqual([])
  })
})

/** Compares goroutines with the printed ones; gives the number of frames that were printed. */
function compareTraceback(run: StackRun): number {
  const printed = parseTraceback(run.text('traceback'))
  expect(run.goroutines.map((row) => row.goid).sort()).toEqual(printed.map((row) => row.goid).sort())
  let count = 0
  for (const goroutine of printed) {
    const row = run.goroutines.find(({ goid }) => goid === goroutine.goid)
    if (row === undefined) throw new Error(`goroutine ${goroutine.goid}`)
    // One that runs on another thread as the crash prints: its stack is not there for it.
    if (goroutine.frames.length === 0) continue
    expect(row.waitReason ?? row.status).toBe(goroutine.state)
    expect(row.createdBy === undefined ? undefined : printedName(row.createdBy)).toBe(goroutine.createdBy)
    expect(row.createdAt).toEqual(goroutine.createdAt)
    expect(row.createdByGoid).toBe(goroutine.createdByGoid)
    let frames = run.frames.filter(({ goroutineRoot }) => goroutineRoot === row.root)
    expect(frames.map(({ depth }) => depth)).toEqual(frames.map((_, depth) => depth))
    // The crashing goroutine goes on after it has printed.
    const [first] = goroutine.frames
    frames = frames.slice(frames.findIndex((frame) => printedName(frame.function) === first.function))
    if (goroutine.elided) {
      const { after, count: left } = goroutine.elided
      frames = [...frames.slice(0, after), ...frames.slice(after + left)]
    }
    const mine = frames.map((frame, i) => {
      const { address, size } = run.roots[frame.root]
      const next = frames.at(i + 1)
      // An inlined call is at the place of the frame that it is in, which follows.
      const isInlined = next?.pc === frame.pc && run.roots[next.root].address === address
      return {
        function: printedName(frame.function),
        file: frame.file,
        line: frame.line,
        place: isInlined ? undefined : { fp: address + size, sp: address, pc: frame.pc },
      }
    })
    expect(mine, `goroutine ${goroutine.goid} [${goroutine.state}]`).toEqual(goroutine.frames)
    count += frames.length
  }
  return count
}

/** Compares what stacks hold with what the collector left alive. */
function compareMarks(run: StackRun): void {
  const held = new Set(run.pointers.map((pointer) => pointer.value))
  const marks = run.text('kept').trim().split('\n').map(parseMark)
  expect(marks.filter((mark) => mark.isAlive).length).toBeGreaterThan(20)
  expect(marks.filter((mark) => !mark.isAlive).length).toBeGreaterThanOrEqual(3)
  for (const mark of marks) {
    if (mark.name.startsWith('deferred in loop')) continue
    expect(held.has(mark.address), `${mark.name}: held`).toBe(mark.isAlive)
  }
}

/** Compares physical frames and live pointer words; gives the number of words that were compared. */
function compareHeapDump(run: StackRun): number {
  const { process } = run
  const { memory, pclntab } = process
  const maps = openStackMaps(memory, pclntab)
  const readGoroutine = goroutineReader(process)
  const context = {
    arch: process.core.arch,
    system: process.core.system,
    memory,
    pclntab,
    statuses: goroutineStatuses(process.layouts),
    machines: readMachines(process),
  }
  let words = 0
  const dump = readHeapDump(join(run.run.folder, 'heap.dump'))
  for (const dumped of dump.goroutines) {
    // The goroutine that wrote the dump went on to crash.
    if (dumped.goid === 1 || movesOn(dump, dumped)) continue
    const goroutine = readGoroutine(dumped.g)
    const at = standingOf(context, goroutine)
    if (at === undefined) throw new Error(`goroutine ${dumped.goid} stands nowhere`)
    const stack = new StackMemory(memory, goroutine.stackLow, goroutine.stackHigh, at.start.sp)
    const unwound = unwindStack(context.arch, pclntab, stack, at.start)
    const frames = [...unwound.frames]
    expect(unwound.stoppedAt).toBeUndefined()
    expect(
      frames.map(({ sp, fp, pc, continuation, fn }) => [sp, fp - sp, fn.entry, pc, continuation, fn.name]),
    ).toEqual(
      dumped.frames.map((frame) => [
        frame.address,
        frame.bytes.length,
        frame.entry,
        frame.pc,
        frame.continuePc,
        frame.function,
      ]),
    )
    dumped.frames.forEach((frame, f) => {
      // The dump takes a panicking frame's map at pc, the collector where it continues.
      if (frame.pc !== frame.continuePc) return
      const callee = f === 0 ? undefined : liveWords(frames[f - 1])
      const own = liveWords(frames[f])
      if (own === undefined || (f > 0 && callee === undefined)) return
      const passed = callee?.arguments ?? []
      const mine = [...passed, ...own.locals].map((address) => address - frame.address)
      expect(mine, `live words of ${frame.function}`).toEqual(frame.pointers)
      words += mine.length
    })
  }
  return words

  /** undefined for the assembly of reflect and others that the dump, having no map, takes for all pointers. */
  function liveWords(frame: StackFrame): { arguments: number[]; locals: number[] } | undefined {
    const live = maps.liveAt(frame.fn, frame.pc, frame.localsEnd > frame.sp)
    if (live instanceof MissingMap) return undefined
    return {
      arguments: [...live.arguments].map((offset) => frame.arguments + offset),
      locals: [...live.locals].map((offset) => frame.localsEnd + offset),
    }
  }
}

/** `kind name+offset` of the pointers in the frames of a function. */
function variablesOf(run: StackRun, name: string): string[] {
  const roots = new Set(run.frames.filter((frame) => frame.function === name).map((frame) => frame.root))
  expect(roots.size).toBeGreaterThan(0)
  return run.pointers
    .filter(({ root }) => roots.has(run.roots[root].parent))
    .map(({ root, offset }) => `${run.roots[root].kind} ${run.roots[root].name}+${offset}`)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

function parseMark(line: string): { isAlive: boolean; address: number; name: string } {
  const [state, address, ...name] = line.split(' ')
  return { isAlive: state === 'alive', address: Number.parseInt(address, 16), name: name.join(' ') }
}
