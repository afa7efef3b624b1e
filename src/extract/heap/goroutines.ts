import type { FrameRow, GoroutineRow } from '../../model/tables.ts'
import { NONE, type RootIndex } from '../../model/types.ts'
import type { Progress } from '../../progress.ts'
import { readable } from '../file/readable.ts'
import type { Pclntab } from '../go/pclntab.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { addDeferRoots } from './defers.ts'
import { frameRoots, mainFunction } from './frame-roots.ts'
import { labelReader } from './goroutine-labels.ts'
import {
  type Goroutine,
  goroutineReader,
  goroutineStatuses,
  readAllGs,
  waitReasonReader,
} from './goroutine-reader.ts'
import { readGoroutineStack, stackContext } from './goroutine-stack.ts'
import type { RootBuilder } from './root-builder.ts'
import { conditionReader, readSemaphoreWaits } from './semaphores.ts'
import { type ChannelWait, channelWaitReader } from './waits.ts'

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
  const addGoroutine = goroutineAdder(process, types, roots)
  const readGoroutine = goroutineReader(process)
  const { idle, dead, deadextra } = goroutineStatuses(process.layouts)
  const goroutines: GoroutineRow[] = []
  const frames: FrameRow[] = []
  const all = readAllGs(process)
  all.forEach((address, i) => {
    if (i % 1024 === 0) progress.update('roots', i, all.length)
    const goroutine = readable(() => readGoroutine(address))
    if (goroutine === undefined || !Number.isSafeInteger(goroutine.goid)) {
      process.problems.add('roots', 'goroutine-unreadable', 'error', 'a goroutine cannot be read', {
        address,
      })
      return
    }
    const { status } = goroutine
    if (status === dead || status === idle || status === deadextra) return
    const added = addGoroutine(goroutine)
    goroutines.push(added.row)
    for (const frame of added.frames) frames.push(frame)
  })
  return { goroutines, frames }
}

/** Gives a function that adds one goroutine's roots, and gives its rows. */
function goroutineAdder(process: GoProcess, types: TypeCatalog, roots: RootBuilder) {
  const { layouts, pclntab } = process
  const statuses = goroutineStatuses(layouts)
  const statusNames = new Map(Object.entries(statuses).map(([name, number]) => [number, name]))
  const context = stackContext(process, statuses)
  const waitReason = waitReasonReader(process)
  const { callsOf, add: addFrames } = frameRoots(process, context.maps, types, roots)
  const channelWaits = channelWaitReader(process, types)
  const waiting = { semaphores: readSemaphoreWaits(process), conditionOf: conditionReader(process) }
  const labelsAt = labelReader(process)
  const savedContext = layouts.struct('runtime.g').offset('sched.ctxt')

  return (goroutine: Goroutine): { row: GoroutineRow; frames: FrameRow[] } => {
    const { goid } = goroutine
    const stack = readGoroutineStack(context, goroutine)
    const status = statusNames.get(goroutine.status) ?? `status ${goroutine.status}`
    const isParked = goroutine.status === statuses.waiting || goroutine.status === statuses.leaked
    const isBlocked = isParked || goroutine.status === statuses.syscall
    const reason = isParked ? waitReason(goroutine.waitReason) : undefined
    const main = mainFunction(stack.frames, callsOf, pclntab.functionAt(goroutine.startPc))
    const root = roots.add({
      kind: 'goroutine',
      parent: NONE,
      name: `goroutine ${goid} [${reason ?? status}]${main === undefined ? '' : ` ${main}`}`,
      type: NONE,
      address: stack.low,
      size: stack.size,
    })
    addContext(root, goroutine, stack.contains(goroutine.saved.context))
    addDeferRoots(process, pclntab, roots, root, stack)
    addRest(root, stack.rest)
    const waits = channelWaits(goroutine.waiting)
    const frames = addFrames(root, stack, waits)
    const { machines } = context
    const row = {
      root,
      goid,
      status,
      waitReason: reason,
      waitingSinceNs: isBlocked && goroutine.waitingSince !== 0 ? goroutine.waitingSince : undefined,
      ...creation(pclntab, goroutine),
      waitingOn: waitingOn(goroutine, waits),
      labels: labelsAt(goroutine.labels),
      stackSize: stack.size,
      threadId:
        (machines.get(goroutine.machine) ?? machines.get(goroutine.lockedMachine))?.threadId || undefined,
    }
    return { row, frames }
  }

  function waitingOn(goroutine: Goroutine, waits: readonly ChannelWait[]): GoroutineRow['waitingOn'] {
    if (waits.length > 0) {
      return waits.map(({ direction, channel }) => ({ how: direction ?? 'select', address: channel }))
    }
    const address = waiting.semaphores.get(goroutine.address) ?? waiting.conditionOf(goroutine.waiting)
    return address === undefined ? [] : [{ how: 'wait', address }]
  }

  /** The closure register of a goroutine that is parked at a function's entry. runtime/mgcmark.go, scanstack. */
  function addContext(parent: RootIndex, { address, saved }: Goroutine, isOnStack: boolean): void {
    if (isOnStack || !context.isHeap(saved.context)) return
    const root = roots.add({
      kind: 'runtime',
      parent,
      name: 'g.sched.ctxt',
      type: NONE,
      address: address + savedContext,
      size: 8,
    })
    roots.point(root, 0, saved.context)
  }

  /** One root for what is left of a stack that could not be unwound to its end. */
  function addRest(parent: RootIndex, rest: readonly { address: number; value: number }[]): void {
    if (rest.length === 0) return
    const first = rest[0].address
    const size = rest[rest.length - 1].address + 8 - first
    const root = roots.add({
      kind: 'conservative',
      parent,
      name: '[stack]',
      type: NONE,
      address: first,
      size,
    })
    for (const { address, value } of rest) roots.point(root, address - first, value)
  }
}

/** As the runtime prints it, which says of the first goroutine nothing. runtime/traceback.go, printcreatedby. */
function creation(
  pclntab: Pclntab,
  { goid, createdPc, parentGoid }: Goroutine,
): Pick<GoroutineRow, 'createdBy' | 'createdAt' | 'createdByGoid'> {
  const fn = goid === 1 || createdPc === 0 ? undefined : pclntab.functionAt(createdPc)
  return {
    createdBy: fn?.name,
    createdAt: fn && pclntab.position(fn, createdPc > fn.entry ? createdPc - 1 : createdPc),
    createdByGoid: parentGoid === 0 ? undefined : parentGoid,
  }
}
