import type { GoFunction } from '../go/pclntab.ts'

/** A physical frame. runtime/stkframe.go, stkframe. */
export interface StackFrame {
  fn: GoFunction
  /** Return address into fn; for an interrupted frame the instruction itself. */
  pc: number
  /** pc that says what lives in the frame: pc, or where a panicking frame goes on; 0 when it never runs again. */
  continuation: number
  /** The frame is [sp, fp). */
  sp: number
  fp: number
  /** End of the local variables. */
  localsEnd: number
  /** Start of the arguments. */
  arguments: number
  /** pc is an instruction that has not been executed, not a return address. runtime/traceback.go, unwindTrap. */
  isTrap: boolean
}

const WIDTH = 7
const FIRST_FRAMES = 16

/**
 * The frames of one stack, innermost first. Packed: endless recursion leaves tens of millions of them, 32 bytes of stack
 * each. What `at` gives is made anew each time.
 */
export class StackFrames implements Iterable<StackFrame> {
  readonly #functions: GoFunction[] = []
  #words = new Float64Array(WIDTH * FIRST_FRAMES)

  get length(): number {
    return this.#functions.length
  }

  push(frame: StackFrame): void {
    const at = this.#functions.push(frame.fn) * WIDTH - WIDTH
    if (at === this.#words.length) this.#grow()
    const words = this.#words
    words[at] = frame.pc
    words[at + 1] = frame.continuation
    words[at + 2] = frame.sp
    words[at + 3] = frame.fp
    words[at + 4] = frame.localsEnd
    words[at + 5] = frame.arguments
    words[at + 6] = frame.isTrap ? 1 : 0
  }

  /** `frame` is below `length`. */
  at(frame: number): StackFrame {
    const words = this.#words
    const at = frame * WIDTH
    return {
      fn: this.#functions[frame],
      pc: words[at],
      continuation: words[at + 1],
      sp: words[at + 2],
      fp: words[at + 3],
      localsEnd: words[at + 4],
      arguments: words[at + 5],
      isTrap: words[at + 6] === 1,
    }
  }

  *[Symbol.iterator](): Generator<StackFrame> {
    for (let frame = 0; frame < this.length; frame++) yield this.at(frame)
  }

  #grow(): void {
    const grown = new Float64Array(this.#words.length * 2)
    grown.set(this.#words)
    this.#words = grown
  }
}
