import type { FrameRow, GoroutineRow } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import type { Progress } from '../../progress.ts'
import { readable } from '../file/readable.ts'
import type { Pclntab } from '../go/pclntab.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { heapArenaOf } from './arenas.ts'
import { addDeferRoots, deferSeeds, readDefers } from './defers.ts'
import { frameRoots, mainFunction } from './frame-roots.ts'
import {
  type Goroutine,
  type GoroutineStatuses,
  goroutineReader,
  goroutineStatuses,
  readAllGs,
  waitReasonReader,
} from './goroutine-reader.ts'
import { readMachines } from './machines.ts'
import type { RootBuilder } from './root-builder.ts'
import { openStackMaps, readStackObject, type StackObject } from './stack-maps.ts'
import { StackMemory } from './stack-memory.ts'
import { type ScanContext, scanStack } from './stack-scan.ts'
import { type Standing, standingOf } from './stack-start.ts'
import { FRAME_SHAPES, unwindStack } from './unwind.ts'

/**
 * Reads all goroutines that are not dead: a row and a root for each, its frames, and the pointers that the collector
 * would find on its stack. What cannot be unwound is scanned word by word, and counted in `problems`.
 */
export function readGoroutines(
  process: GoProcess,
  types: TypeCatalog,
  roots: RootBuilder,
  progress: Progress,
): { goroutines: GoroutineRow[]; frames: FrameRow[] } {
  const reader = stackReader(process, types, roots)
  const readGoroutine = goroutineReader(process)
  const { idle, dead, deadextra } = goroutineStatuses(process.layouts)
  const goroutines: GoroutineRow[] = []
  const frames: FrameRow[] = []
  const all = readAllGs(process)
  all.forEach((address, i) => {
    if (i % 1024 === 0) progress.update('roots', i, all.length)
    const goroutine = readable(() => readGoroutine(address))
    if (goroutine === undefined) {
      process.problems.add('roots', 'goroutine-unreadable', 'error', 'a goroutine cannot be read', {
        address,
      })
      return
    }
    const { status } = goroutine
    if (status === dead || status === idle || status === deadextra) return
    const read = reader(goroutine)
    goroutines.push(read.row)
    for (const frame of read.frames) frames.push(frame)
  })
  return { goroutines, frames }
}

/** Gives a function that adds one goroutine with all that is on its stack. */
function stackReader(process: GoProcess, types: TypeCatalog, roots: RootBuilder) {
  const { memory, layouts, pclntab, problems, core } = process
  const machines = readMachines(process)
  const statuses = goroutineStatuses(layouts)
  const waitReason = waitReasonReader(process)
  const frameRootsOf = frameRoots(process, pclntab, types, roots)
  const scan: ScanContext = {
    memory,
    shape: FRAME_SHAPES[core.arch],
    maps: openStackMaps(memory, pclntab),
    isHeap: heapTest(process),
    reflectObject: readReflectObject(process),
  }
  const standing = { arch: core.arch, memory, pclntab, statuses, machines }

  return (goroutine: Goroutine): { row: GoroutineRow; frames: FrameRow[] } => {
    const { stackLow: low, stackHigh: high } = goroutine
    const at = standingOf(standing, goroutine)
    const stack = new StackMemory(memory, low, high, at?.start.sp ?? low)
    if (stack.readableHigh < high) {
      problems.add('roots', 'stack-unreadable', 'error', 'part of a stack is not in the core', {
        address: stack.readableHigh,
      })
    }
    const unwound = at
      ? unwindStack(core.arch, pclntab, stack, at.start)
      : { frames: [], stoppedAt: { address: low, reason: 'nothing tells where it stands' } }
    if (unwound.stoppedAt) reportStop(goroutine, at, unwound.stoppedAt)
    const rest = unwound.stoppedAt ? wordsOf(stack, unwound.stoppedAt.address) : []
    const registers = [...(at?.registers ?? []), ...extendedRegisters(process, goroutine)]
    const defers = readDefers(process, goroutine)
    const pointers = scanStack(scan, stack, unwound.frames, {
      precise: [goroutine.saved.context, goroutine.panics, ...deferSeeds(stack, defers)],
      conservative: [...rest.map((word) => word.value), ...registers.map((register) => register.value)],
      isInterrupted: at?.start.kind === 'interrupted',
    })
    if (pointers.unmapped.length > 0) {
      const [frame] = pointers.unmapped
      problems.add(
        'roots',
        'stack-map-missing',
        'warning',
        `frames have no stack map and are read word by word, the first one of ${frame.fn.name}`,
        { address: frame.sp, count: pointers.unmapped.length },
      )
    }

    const status = statusName(statuses, goroutine.status)
    const reason =
      goroutine.status === statuses.waiting || goroutine.status === statuses.leaked
        ? waitReason(goroutine.waitReason)
        : undefined
    const isWaiting = goroutine.status === statuses.waiting || goroutine.status === statuses.syscall
    const known = mainFunction(unwound.frames, frameRootsOf.callsOf, pclntab.functionAt(goroutine.startPc))
    const root = roots.add({
      kind: 'goroutine',
      parent: NONE,
      name: `goroutine ${goroutine.goid} [${reason ?? status}]${known === undefined ? '' : ` ${known}`}`,
      type: NONE,
      address: low,
      size: high - low,
    })
    if (scan.isHeap(goroutine.saved.context) && !stack.contains(goroutine.saved.context)) {
      const context = roots.add({
        kind: 'runtime',
        parent: root,
        name: 'g.sched.ctxt',
        type: NONE,
        address: goroutine.address + layouts.struct('runtime.g').offset('sched.ctxt'),
        size: 8,
      })
      roots.point(context, 0, goroutine.saved.context)
    }
    addDeferRoots(process, pclntab, roots, root, stack, defers)
    addRest(root, rest)
    const frames = frameRootsOf.add(
      root,
      unwound.frames,
      pointers,
      registers.filter(({ value }) => scan.isHeap(value) && !stack.contains(value)),
    )
    return {
      frames,
      row: {
        root,
        goid: goroutine.goid,
        status,
        waitReason: reason,
        waitingSinceNs: isWaiting && goroutine.waitingSince !== 0 ? goroutine.waitingSince : undefined,
        createdBy: createdBy(pclntab, goroutine),
        stackSize: high - low,
        threadId: (machines.get(goroutine.machine) ?? machines.get(goroutine.lockedMachine))?.threadId,
      },
    }
  }

  /** One root for what is left of a stack that could not be unwound to its end. */
  function addRest(parent: number, rest: readonly { address: number; value: number }[]): void {
    const words = rest.filter(({ value }) => scan.isHeap(value))
    if (words.length === 0) return
    const first = words[0].address
    const size = words[words.length - 1].address + 8 - first
    const root = roots.add({
      kind: 'conservative',
      parent,
      name: '[stack]',
      type: NONE,
      address: first,
      size,
    })
    for (const { address, value } of words) roots.point(root, address - first, value)
  }

  function reportStop(
    goroutine: Goroutine,
    at: Standing | undefined,
    stop: { address: number; reason: string },
  ): void {
    problems.add(
      'roots',
      at === undefined ? 'goroutine-place-unknown' : 'stack-not-unwound',
      'warning',
      `goroutine ${goroutine.goid}: ${stop.reason}; its stack is read word by word from there`,
      { address: stop.address },
    )
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

function createdBy(pclntab: Pclntab, goroutine: Goroutine): string | undefined {
  // The runtime itself starts the first one. runtime/traceback.go, printcreatedby.
  const isFirst = goroutine.goid === 1 || goroutine.createdPc === 0
  return isFirst ? undefined : pclntab.functionAt(goroutine.createdPc)?.name
}

function statusName(statuses: GoroutineStatuses, status: number): string {
  const found = Object.entries(statuses).find(([, number]) => number === status)
  return found?.[0] ?? `status ${status}`
}
