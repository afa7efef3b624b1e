import type { GoArch, OperatingSystem } from '../file/core.ts'
import type { Memory } from '../file/memory.ts'
import type { Pclntab } from '../go/pclntab.ts'
import type { Goroutine, GoroutineStatuses } from './goroutine-reader.ts'
import { type Interrupted, interruptedThread } from './interrupted.ts'
import type { Machine } from './machines.ts'
import type { StackStart } from './unwind.ts'

/** Where a goroutine's own stack begins, and the registers that belong to its innermost frame. */
export interface Standing {
  start: StackStart
  /** Empty unless the start is interrupted. */
  registers: Interrupted['registers']
}

export interface StandingContext {
  arch: GoArch
  system: OperatingSystem
  memory: Memory
  pclntab: Pclntab
  statuses: GoroutineStatuses
  machines: ReadonlyMap<number, Machine>
}

/**
 * Finds where a goroutine stands; undefined when nothing in the core says. A parked one is where the scheduler put
 * it, one in a system call where entersyscall noted it (runtime/traceback.go, initAt). One that runs is where its
 * thread is, or where it left its own stack for the thread's: the signal handler's, the scheduler's, the vDSO's.
 */
export function standingOf(context: StandingContext, goroutine: Goroutine): Standing | undefined {
  const { statuses } = context
  const { saved, status } = goroutine
  if (status === statuses.running) return runningStanding(context, goroutine)
  if (goroutine.syscallSp !== 0) return syscallStanding(goroutine)
  return isOnStack(goroutine, saved.sp) ? savedStanding(goroutine) : runningStanding(context, goroutine)
}

function runningStanding(context: StandingContext, goroutine: Goroutine): Standing | undefined {
  const machine = context.machines.get(goroutine.machine)
  const thread = machine?.current === goroutine.address ? machine.thread : undefined
  if (machine !== undefined && thread !== undefined) {
    const at = interruptedThread(context, machine, thread)
    if (at !== undefined && isOnStack(goroutine, at.sp)) {
      return {
        start: { pc: at.pc, sp: at.sp, lr: at.lr, kind: 'interrupted' },
        registers: at.registers,
      }
    }
    if (isOnStack(goroutine, machine.vdsoSp)) {
      return { start: { pc: machine.vdsoPc, sp: machine.vdsoSp, lr: 0, kind: 'saved' }, registers: [] }
    }
  }
  // Leaving a system call: it runs again, but has not yet forgotten where it made the call.
  if (isOnStack(goroutine, goroutine.syscallSp)) return syscallStanding(goroutine)
  // systemstack, mcall and morestack note where they left; going back clears the note. runtime/asm_amd64.s, gogo.
  return isOnStack(goroutine, goroutine.saved.sp) ? savedStanding(goroutine) : undefined
}

function savedStanding({ saved }: Goroutine): Standing {
  return { start: { pc: saved.pc, sp: saved.sp, lr: saved.lr, kind: 'saved' }, registers: [] }
}

function syscallStanding({ syscallPc, syscallSp }: Goroutine): Standing {
  return { start: { pc: syscallPc, sp: syscallSp, lr: 0, kind: 'syscall' }, registers: [] }
}

function isOnStack(goroutine: Goroutine, sp: number): boolean {
  return sp >= goroutine.stackLow && sp < goroutine.stackHigh
}
