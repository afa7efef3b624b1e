import { FaultError } from '../../errors.ts'
import type { Memory } from '../file/memory.ts'

/** Largest stack that is read. runtime/proc.go sets maxstacksize to 1 GB and the hard ceiling to twice that. */
const MAX_STACK_BYTES = 2 ** 31

/**
 * The words of one stack, read once: [low, high). Words that are not there throw FaultError, as Memory does;
 * `readableHigh` is where the readable part ends.
 */
export class StackMemory {
  readonly low: number
  readonly high: number
  readonly readableHigh: number
  readonly #base: number
  readonly #view: DataView

  /** Reads [from, high); the part below `from` is not used. */
  constructor(memory: Pick<Memory, 'readInto'>, low: number, high: number, from: number) {
    this.low = low
    this.high = high
    this.#base = Math.max(low, from)
    const bytes = new Uint8Array(Math.max(0, Math.min(high - this.#base, MAX_STACK_BYTES)))
    const read = memory.readInto(this.#base, bytes)
    this.readableHigh = this.#base + read
    this.#view = new DataView(bytes.buffer, 0, read)
  }

  contains(address: number): boolean {
    return address >= this.low && address < this.high
  }

  word(address: number): number {
    const at = address - this.#base
    if (at < 0 || at + 8 > this.#view.byteLength) throw new FaultError(address, 'stack')
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32
  }
}
