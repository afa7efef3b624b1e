import { readable } from '../extract/file/readable.ts'
import type { GoProcess } from '../extract/go/process.ts'
import { interruptedThread } from '../extract/heap/interrupted.ts'
import { type Machine, readMachines } from '../extract/heap/machines.ts'
import { StackMemory } from '../extract/heap/stack-memory.ts'
import { unwindStack } from '../extract/heap/unwind.ts'

/**
 * Functions that change spans or slots and write that into memstats.heapStats a moment before or after.
 * runtime/mheap.go, mcache.go, mgcsweep.go
 */
const BOOKS =
  /^runtime\.\((\*mheap\)\.(allocSpan|freeSpanLocked)|\*mcache\)\.(refill|releaseAll|allocLarge)|\*sweepLocked\)\.sweep)$/

/** Threads of the core that are between the heap and its books, each by the innermost such function. */
export function bookingThreads(process: GoProcess): string[] {
  const machines = [...readMachines(process).values()]
  return machines.flatMap((machine) => functionsOf(process, machine).find((name) => BOOKS.test(name)) ?? [])
}

/** Of the stack that a thread of the core stands on: its scheduler's or its goroutine's. */
function functionsOf(process: GoProcess, machine: Machine): string[] {
  const { core, memory, pclntab, layouts } = process
  if (machine.thread === undefined) return []
  const { arch, system } = core
  const at = interruptedThread({ arch, system, memory, pclntab }, machine, machine.thread)
  if (at === undefined) return []
  const g = layouts.struct('runtime.g')
  for (const owner of [machine.schedulerG, machine.current]) {
    const [low, high] = ['stack.lo', 'stack.hi'].map(
      (field) => readable(() => memory.readWord(owner + g.offset(field))) ?? 0,
    )
    if (at.sp < low || at.sp >= high) continue
    const stack = new StackMemory(memory, low, high, at.sp)
    const { frames } = unwindStack(arch, pclntab, stack, { ...at, kind: 'interrupted' })
    return Array.from(frames, ({ fn }) => fn.name)
  }
  return []
}
