import type { Thread } from '../file/core.ts'
import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'

/** runtime.m: a thread as the scheduler sees it. */
export interface Machine {
  address: number
  /** m.procid: the kernel's thread id in the program's own pid namespace; 0 when not started. */
  threadId: number
  /** The goroutine it runs; 0 for none. */
  current: number
  /** g0: the scheduler's stack, the thread's own. */
  schedulerG: number
  /** Stack of its signal handlers. Both 0 when it has none. */
  signalStackLow: number
  signalStackHigh: number
  /** Where Go code called into the vDSO, while it does; 0 otherwise. */
  vdsoSp: number
  vdsoPc: number
  /** undefined when no thread of the core is its. */
  thread: Thread | undefined
}

/** More threads than a kernel allows; ends a list that runs in circles. */
const MAX_MACHINES = 2 ** 22

/** By address of the m. runtime/proc.go: allm, linked by m.alllink. */
export function readMachines(process: GoProcess): Map<number, Machine> {
  const { layouts, memory, problems } = process
  const machines = new Map<number, Machine>()
  const m = layouts.struct('runtime.m')
  const g = layouts.struct('runtime.g')
  const threadsByG = new Map<number, Thread>()
  const threadsById = new Map<number, Thread>()
  for (const thread of process.core.threads) {
    threadsById.set(thread.id, thread)
    const current = currentG(process, thread)
    if (current !== 0) threadsByG.set(current, thread)
  }
  const readMachine = (address: number): { machine: Machine; next: number } => {
    const word = (field: string) => memory.readWord(address + m.offset(field))
    const procid = word('procid')
    const threadId = procid < 2 ** 32 ? procid : 0
    const signalG = word('gsignal')
    const current = word('curg')
    const schedulerG = word('g0')
    const machine = {
      address,
      threadId,
      current,
      schedulerG,
      signalStackLow: signalG === 0 ? 0 : memory.readWord(signalG + g.offset('stack.lo')),
      signalStackHigh: signalG === 0 ? 0 : memory.readWord(signalG + g.offset('stack.hi')),
      vdsoSp: word('vdsoSP'),
      vdsoPc: word('vdsoPC'),
      // The thread's own idea of its g comes first: thread ids are of another namespace when the core was
      // taken from outside of a container.
      thread:
        threadsByG.get(schedulerG) ??
        threadsByG.get(signalG) ??
        threadsByG.get(current) ??
        (threadId === 0 ? undefined : threadsById.get(threadId)),
    }
    return { machine, next: word('alllink') }
  }
  const head = layouts.variable('runtime.allm')
  let address = head === undefined ? 0 : (readable(() => memory.readWord(head)) ?? 0)
  while (address !== 0 && !machines.has(address) && machines.size < MAX_MACHINES) {
    const at = address
    const read = readable(() => readMachine(at))
    if (read === undefined) {
      problems.add('roots', 'threads-unreadable', 'error', 'the runtime’s list of threads breaks off', {
        address,
      })
      break
    }
    machines.set(address, read.machine)
    address = read.next
  }
  return machines
}

/** fs_base and the register of ABIInternal that holds g, in Thread.registers. */
const AMD64_FS_BASE = 21
const ARM64_G = 28

/**
 * The g that a thread says it runs; 0 when it does not. amd64 keeps it below the thread pointer (which other code's
 * thread variables can push further down: the caller compares it with what the runtime knows), arm64 in a register.
 */
function currentG(process: GoProcess, thread: Thread): number {
  if (thread.g !== undefined) return thread.g
  if (process.core.arch === 'arm64') return thread.registers[ARM64_G]
  const threadPointer = thread.registers[AMD64_FS_BASE]
  return threadPointer === 0 ? 0 : (readable(() => process.memory.readWord(threadPointer - 8)) ?? 0)
}
