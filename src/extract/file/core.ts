import type { Elf } from './elf.ts'
import type { Memory } from './memory.ts'

export type GoArch = 'amd64' | 'arm64'

/** A thread at the moment of the dump. */
export interface Thread {
  /** Kernel thread id as the dump wrote it. */
  id: number
  pc: number
  sp: number
  /**
   * General purpose registers: amd64 in the order of user_regs_struct (r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx
   * rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs), arm64 x0..x30 sp pc pstate.
   * Exact below 2^53.
   */
  registers: Float64Array
}

/** An opened core with its binary. */
export interface Core {
  readonly corePath: string
  readonly coreSize: number
  readonly binaryPath: string
  readonly arch: GoArch
  readonly memory: Memory
  readonly binary: Elf
  /** The first is the one that caused the dump, in a kernel core. */
  readonly threads: readonly Thread[]
  /** Run-time address minus link-time address of the binary; 0 unless position independent. */
  readonly bias: number
  /** NT_PRPSINFO command line, as far as the kernel keeps it; undefined when absent. */
  readonly commandLine: string | undefined
  readonly processId: number | undefined
  /** Who wrote the core, as far as it can be told. */
  readonly writer: 'kernel' | 'gcore' | 'unknown'
  close(): void
}
