import type { GoArch } from '../file/core.ts'
import { readable } from '../file/readable.ts'
import { FUNC_FLAG, type GoFunction, type Pclntab } from '../go/pclntab.ts'
import { type StackFrame, StackFrames } from './stack-frames.ts'
import type { StackMemory } from './stack-memory.ts'

/** Where a stack begins. */
export interface StackStart {
  pc: number
  sp: number
  /** arm64: the link register there; 0 when it is on the stack. */
  lr: number
  /**
   * saved: by the scheduler or at a call, so that the stack maps hold; syscall: saved by entersyscall;
   * interrupted: the processor stopped at any instruction.
   */
  kind: 'saved' | 'syscall' | 'interrupted'
}

export interface Unwound {
  frames: StackFrames
  /** undefined: down to the function that began the stack. Otherwise what stopped the unwinder, and where. */
  stoppedAt: { address: number; reason: string } | undefined
}

/** What the word size and the calling convention of an architecture mean to a frame. */
export interface FrameShape {
  usesLinkRegister: boolean
  /** sys.MinFrameSize: room for the link register at the bottom of each frame. */
  minFrameBytes: number
  /** Bytes that sighandler pushes for an injected call. runtime/traceback.go, next. */
  injectedBytes: number
  /** A frame has locals when it has more bytes than this below them. runtime/stkframe.go, getStackMap: minsize. */
  minLocalsBytes: number
}
export const FRAME_SHAPES: Record<GoArch, FrameShape> = {
  amd64: { usesLinkRegister: false, minFrameBytes: 0, injectedBytes: 0, minLocalsBytes: 0 },
  arm64: { usesLinkRegister: true, minFrameBytes: 8, injectedBytes: 16, minLocalsBytes: 16 },
}

/**
 * Walks a stack as the runtime's own unwinder does, from `start` to the function that began it.
 * runtime/traceback.go: unwinder.initAt, resolveInternal, next. Every step moves towards the stack's high end, so
 * bytes of any kind end the walk.
 */
export function unwindStack(arch: GoArch, pclntab: Pclntab, stack: StackMemory, start: StackStart): Unwound {
  const shape = FRAME_SHAPES[arch]
  const frames = new StackFrames()
  const stop = (address: number, reason: string): Unwound => ({ frames, stoppedAt: { address, reason } })
  let { pc, sp, lr } = start
  let isTrap = start.kind === 'interrupted'
  if (pc === 0) {
    // A call of a nil func: begin in its caller.
    const caller = readable(() => stack.word(sp))
    if (caller === undefined) return stop(sp, 'the stack pointer is outside of the stack')
    pc = caller
    lr = 0
    if (!shape.usesLinkRegister) sp += 8
    isTrap = false
  }
  let callee: GoFunction | undefined
  for (;;) {
    const fn = pclntab.functionAt(pc)
    if (fn === undefined) return stop(sp, 'the code of a frame is not Go code')
    if (fn.pcsp === 0) return { frames, stoppedAt: undefined }
    const isInnermost = callee === undefined
    const delta = pclntab.spDelta(fn, pc)
    const fp = sp + delta + (shape.usesLinkRegister ? 0 : 8)
    if (delta < 0 || fp > stack.high || sp % 8 !== 0 || sp < stack.low) {
      return stop(sp, 'the size of a frame does not fit')
    }
    frames.push(frameOf(shape, fn, pc, sp, fp, isTrap, callee))
    if ((fn.flags & FUNC_FLAG.topFrame) !== 0) return { frames, stoppedAt: undefined }
    if (writesStackPointer(fn) && !isInnermost) return stop(fp, `${fn.name} sets the stack pointer`)
    const returnsTo = returnAddress(shape, stack, sp, fp, lr, isInnermost)
    if (returnsTo === undefined) return stop(fp, 'the stack ends within a frame')
    if (returnsTo === 0) return { frames, stoppedAt: undefined }
    if (fp === sp && returnsTo === pc) return stop(sp, 'a frame returns to itself')
    // Only a leaf whose return address is still in the link register has no bytes: the innermost frame, or one that was
    // interrupted for an injected call, which moved sp.
    if (fp === sp && !isInnermost && lr === 0) return stop(sp, 'a frame has no bytes')
    isTrap = injectsCall(fn)
    callee = fn
    pc = returnsTo
    sp = fp
    lr = 0
    if (shape.usesLinkRegister && isTrap) {
      const saved = readable(() => stack.word(sp)) ?? 0
      sp += shape.injectedBytes
      const interrupted = pclntab.functionAt(pc)
      if (interrupted === undefined) pc = saved
      else if (pclntab.spDelta(interrupted, pc) === 0) lr = saved
    }
  }
}

/** Functions whose call is made by a signal handler. runtime/traceback.go, isInjectedCall. */
export function injectsCall(fn: GoFunction): boolean {
  return (
    fn.name === 'runtime.sigpanic' || fn.name === 'runtime.asyncPreempt' || fn.name === 'runtime.debugCallV2'
  )
}

/**
 * Functions whose frame holds the registers of the frame that called them, or was stopped to call them. What the
 * gcWriteBarriers of each size jump to belongs to its file alone: its name has no package. runtime/asm_amd64.s
 */
export function savesRegisters(fn: GoFunction): boolean {
  return SAVES_REGISTERS.test(fn.name)
}
const SAVES_REGISTERS = /^(runtime\.(asyncPreempt|debugCallV2|gcWriteBarrier\d*)|gcWriteBarrier)$/

/**
 * Functions that the compiler calls without a stack map, since the collector never comes in between:
 * cmd/compile/internal/liveness, hasStackMap. But a dump can.
 */
export function isCalledWithoutMap(fn: GoFunction): boolean {
  return CALLED_WITHOUT_MAP.test(fn.name)
}
const CALLED_WITHOUT_MAP = /^(runtime\.(gcWriteBarrier\d*|wbZero|wbMove|duffzero|duffcopy)|gcWriteBarrier)$/

/** cgocallback writes sp, but keeps a frame of its own on both stacks. runtime/traceback.go, resolveInternal. */
function writesStackPointer(fn: GoFunction): boolean {
  return (fn.flags & FUNC_FLAG.spWrite) !== 0 && fn.name !== 'runtime.cgocallback'
}

function frameOf(
  shape: FrameShape,
  fn: GoFunction,
  pc: number,
  sp: number,
  fp: number,
  isTrap: boolean,
  callee: GoFunction | undefined,
): StackFrame {
  let localsEnd = shape.usesLinkRegister ? fp : fp - 8
  // The caller's frame pointer lies above the locals of a frame that has any.
  if (localsEnd > sp) localsEnd -= 8
  let continuation = pc
  if (callee?.name === 'runtime.sigpanic') {
    // The frame stopped at a fault: it can only go on where its deferred calls run.
    continuation = fn.deferReturn === 0 ? 0 : fn.entry + fn.deferReturn + 1
  }
  return { fn, pc, continuation, sp, fp, localsEnd, arguments: fp + shape.minFrameBytes, isTrap }
}

/** 0: the stack begins here; undefined: the word cannot be read. */
function returnAddress(
  shape: FrameShape,
  stack: StackMemory,
  sp: number,
  fp: number,
  lr: number,
  isInnermost: boolean,
): number | undefined {
  if (!shape.usesLinkRegister) return readable(() => stack.word(fp - 8))
  return (isInnermost && sp < fp) || lr === 0 ? readable(() => stack.word(sp)) : lr
}
