import type { GoArch, OperatingSystem, Thread } from '../file/core.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { Pclntab } from '../go/pclntab.ts'
import type { Machine } from './machines.ts'
import { StackMemory } from './stack-memory.ts'
import { unwindStack } from './unwind.ts'

/** Where a thread's own code stood, signal handlers taken off. */
export interface Interrupted {
  pc: number
  sp: number
  /** Link register; 0 on amd64. */
  lr: number
  /** General purpose registers with their names. */
  registers: readonly { name: string; value: number }[]
}

/** Names in the order of user_regs_struct: the ones that can hold a pointer of the program. */
const AMD64_THREAD = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8'],
  ...['rax', 'rcx', 'rdx', 'rsi', 'rdi'],
]
/** And in the order of a ucontext's gregs, 40 bytes into it. */
const AMD64_CONTEXT = [
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
  ...['rdi', 'rsi', 'rbp', 'rbx', 'rdx', 'rax', 'rcx', 'rsp', 'rip'],
]
const ARM64_NAMES = Array.from({ length: 31 }, (_, i) => `x${i}`)
const ARM64 = { lr: 30, sp: 31, pc: 32 }

/** Signals can arrive within signal handlers, but not often. */
const MAX_SIGNALS = 16

export interface ThreadContext {
  arch: GoArch
  system: OperatingSystem
  memory: Memory
  pclntab: Pclntab
}

/**
 * Takes a thread out of the signal handlers it is in: while it stands on its signal stack, unwinds that to the
 * kernel's frame, and goes on with the registers saved there. undefined when that frame is not found, or is of a
 * kernel other than Linux.
 */
export function interruptedThread(
  { arch, system, memory, pclntab }: ThreadContext,
  machine: Machine,
  thread: Thread,
): Interrupted | undefined {
  let at: Interrupted | undefined = threadRegisters(arch, thread)
  const { signalStackLow: low, signalStackHigh: high } = machine
  for (let depth = 0; at !== undefined && depth < MAX_SIGNALS; depth++) {
    if (at.sp < low || at.sp >= high) return at
    if (system !== 'linux') return undefined
    at = signalContext(arch, memory, pclntab, new StackMemory(memory, low, high, at.sp), at)
  }
  return undefined
}

function threadRegisters(arch: GoArch, thread: Thread): Interrupted {
  const values = thread.registers
  const names = arch === 'amd64' ? AMD64_THREAD : ARM64_NAMES
  return {
    pc: thread.pc,
    sp: thread.sp,
    lr: arch === 'amd64' ? 0 : values[ARM64.lr],
    registers: names.map((name, i) => ({ name, value: values[i] })),
  }
}

/**
 * The registers that the kernel saved when it called the signal handler that `from` is in. The handler's outermost
 * frame is runtime.sigtramp (or cgoSigtramp), and above it lies the kernel's rt_sigframe: amd64 {return address,
 * ucontext, siginfo}, arm64 {siginfo, ucontext}.
 */
function signalContext(
  arch: GoArch,
  memory: Memory,
  pclntab: Pclntab,
  stack: StackMemory,
  from: Interrupted,
): Interrupted | undefined {
  const { frames } = unwindStack(arch, pclntab, stack, { ...from, kind: 'interrupted' })
  for (const { fn, fp } of frames) {
    if (fn.name !== 'runtime.sigtramp' && fn.name !== 'runtime.cgoSigtramp') continue
    return readable(() => (arch === 'amd64' ? amd64Context : arm64Context)(memory, fp))
  }
  return undefined
}

function amd64Context(memory: Memory, ucontext: number): Interrupted {
  const registers = AMD64_CONTEXT.map((name, i) => ({ name, value: memory.readWord(ucontext + 40 + i * 8) }))
  const sp = registers[AMD64_CONTEXT.indexOf('rsp')].value
  const pc = registers[AMD64_CONTEXT.indexOf('rip')].value
  return { pc, sp, lr: 0, registers: registers.slice(0, -2) }
}

/** struct sigcontext lies 176 bytes into the ucontext, after the 128 of siginfo: fault address, x0 to x30, sp, pc. */
function arm64Context(memory: Memory, siginfo: number): Interrupted {
  const first = siginfo + 128 + 176 + 8
  const word = (index: number) => memory.readWord(first + index * 8)
  return {
    pc: word(ARM64.pc),
    sp: word(ARM64.sp),
    lr: word(ARM64.lr),
    registers: ARM64_NAMES.map((name, i) => ({ name, value: word(i) })),
  }
}
