import { readable } from '../file/readable.ts'
import { heapArenaOf } from '../go/arenas.ts'
import type { GoProcess } from '../go/process.ts'
import { type DeferRecord, deferSeeds, readDefers } from './defers.ts'
import type { Goroutine, GoroutineStatuses } from './goroutine-reader.ts'
import { readMachines } from './machines.ts'
import { StackFrames } from './stack-frames.ts'
import { openStackMaps, readStackObject, type StackObject } from './stack-maps.ts'
import { StackMemory } from './stack-memory.ts'
import { type ScanContext, type StackPointers, scanStack } from './stack-scan.ts'
import { type StandingContext, standingOf } from './stack-start.ts'
import { FRAME_SHAPES, type Unwound, unwindStack } from './unwind.ts'

/** All that a goroutine's stack holds, not yet named. */
export interface GoroutineStack {
  frames: StackFrames
  pointers: StackPointers
  /** Registers of the innermost frame that may point at the heap. */
  registers: readonly { name: string; value: number }[]
  defers: readonly DeferRecord[]
  /** Words beyond where the unwinder had to stop that may point at the heap; empty when it did not. */
  rest: readonly { address: number; value: number }[]
  /** Where it begins, and its bytes; both 0 when its bounds make no sense. */
  low: number
  size: number
  /** Whether an address is one of the stack. */
  contains(address: number): boolean
}

export interface StackContext extends StandingContext, ScanContext {
  process: GoProcess
}

export function stackContext(process: GoProcess, statuses: GoroutineStatuses): StackContext {
  const { memory, pclntab, core } = process
  return {
    process,
    arch: core.arch,
    system: core.system,
    memory,
    pclntab,
    statuses,
    machines: readMachines(process),
    shape: FRAME_SHAPES[core.arch],
    maps: openStackMaps(memory, pclntab),
    isHeap: heapTest(process),
    reflectObject: readReflectObject(process),
  }
}

/**
 * Unwinds and scans one goroutine's stack as the collector does. What cannot be unwound is scanned word by word,
 * and noted in `problems`.
 */
export function readGoroutineStack(context: StackContext, goroutine: Goroutine): GoroutineStack {
  const { process, memory, pclntab, arch, isHeap } = context
  const { stackLow: low, stackHigh: high } = goroutine
  const at = standingOf(context, goroutine)
  const stack = new StackMemory(memory, low, high, at?.start.sp ?? low)
  const unwound: Unwound = at
    ? unwindStack(arch, pclntab, stack, at.start)
    : { frames: new StackFrames(), stoppedAt: { address: low, reason: 'nothing tells where it stands' } }
  const rest = unwound.stoppedAt ? wordsOf(stack, unwound.stoppedAt.address) : []
  const registers = [...(at?.registers ?? []), ...extendedRegisters(process, goroutine)]
  const defers = readDefers(process, goroutine)
  // runtime/mgcmark.go, scanstack: what else may point into the stack.
  const pointers = scanStack(context, stack, unwound.frames, {
    precise: [goroutine.saved.context, goroutine.panics, ...deferSeeds(stack, defers)],
    conservative: [...rest, ...registers].map(({ value }) => value),
    isInterrupted: at?.start.kind === 'interrupted',
  })
  report(process, goroutine, stack, unwound, pointers)
  const mayPoint = ({ value }: { value: number }) => isHeap(value) && !stack.contains(value)
  return {
    frames: unwound.frames,
    pointers,
    registers: registers.filter(mayPoint),
    defers,
    rest: rest.filter(mayPoint),
    low: stack.low,
    size: stack.high - stack.low,
    contains: (address) => stack.contains(address),
  }
}

function report(
  { problems }: GoProcess,
  { goid, stackHigh }: Goroutine,
  stack: StackMemory,
  { frames, stoppedAt }: Unwound,
  { unmapped }: StackPointers,
): void {
  if (stack.readableHigh < stackHigh) {
    problems.add('roots', 'stack-unreadable', 'error', 'part of a stack is not in the core', {
      address: stack.readableHigh,
    })
  }
  if (stoppedAt !== undefined) {
    const code = frames.length === 0 ? 'goroutine-place-unknown' : 'stack-not-unwound'
    const message = `goroutine ${goid}: ${stoppedAt.reason}; its stack is read word by word from there`
    problems.add('roots', code, 'warning', message, { address: stoppedAt.address })
  }
  if (unmapped.length > 0) {
    const frame = frames.at(unmapped[0])
    const message = `frames have no stack map and are read word by word, the first one of ${frame.fn.name}`
    problems.add('roots', 'stack-map-missing', 'warning', message, {
      address: frame.sp,
      count: unmapped.length,
    })
  }
}

/** Words of the stack from an address on that are not nil. */
function wordsOf(stack: StackMemory, from: number): { address: number; value: number }[] {
  const words: { address: number; value: number }[] = []
  const first = Math.ceil(Math.max(from, stack.low) / 8) * 8
  for (let address = first; address + 8 <= stack.readableHigh; address += 8) {
    const value = stack.word(address)
    if (value !== 0) words.push({ address, value })
  }
  return words
}

/** True for words that lie in an arena of the heap: cheap, and never false for a pointer to an object. */
function heapTest(process: GoProcess): (value: number) => boolean {
  const mheap = process.layouts.variable('runtime.mheap_')
  if (mheap === undefined) return () => true
  const arenaOf = heapArenaOf(process, mheap)
  return (value) => value >= 4096 && value < 2 ** 48 && arenaOf(value) !== 0
}

/**
 * Vector registers of a goroutine that was preempted at any instruction. Go 1.26 keeps them off the stack, and from
 * Go 1.27 on the collector scans them. runtime/preempt_xreg.go, xRegScan.
 */
function extendedRegisters(process: GoProcess, goroutine: Goroutine): { name: string; value: number }[] {
  const { facts, layouts, memory } = process
  const { extendedRegisters: address, isAtAsyncSafePoint } = goroutine
  if (!facts.holds.scansExtendedRegisters || !isAtAsyncSafePoint || address === 0) return []
  if (!layouts.hasStruct('runtime.xRegState')) return []
  const { size } = layouts.struct('runtime.xRegState')
  return Array.from({ length: Math.floor(size / 8) }, (_, i) => ({
    name: `xRegs+0x${(i * 8).toString(16)}`,
    value: readable(() => memory.readWord(address + i * 8)) ?? 0,
  }))
}

/** runtime.methodValueCallFrameObjs: its mask is found from the module's rodata. runtime/stkframe.go, stkobjinit. */
function readReflectObject(process: GoProcess): StackObject | undefined {
  const record = process.layouts.variable('runtime.methodValueCallFrameObjs')
  if (record === undefined) return undefined
  return readable(() => readStackObject(process.memory, record, process.modules[0].rodata))
}
