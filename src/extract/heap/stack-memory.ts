import { FaultError } from '../../errors.ts'
import type { Memory } from '../file/memory.ts'

/** Largest stack that is read. runtime/proc.go sets maxstacksize to 1 GB and the hard ceiling to twice that. */
const MAX_STACK_BYTES = 2 ** 31

/**
 * The words of one stack, read once: [low, high), both 0 when the bounds are none. Words that are not there throw
 * FaultError, as Memory does; `readableHigh` is where the readable part ends.
 */
export class StackMemory {
  readonly low: number
  readonly high: number
  readonly readableHigh: number
  readonly #base: number
  readonly #view: DataView

  /** Reads [from, high); the part below `from` is not used. */
  constructor(memory: Pick<Memory, 'readInto'>, low: number, high: number, from: number) {
    const isStack = low < high && Number.isSafeInteger(high)
    this.low = isStack ? low : 0
    this.high = isStack ? high : 0
    this.#base = Math.min(Math.max(this.low, from), this.high)
    const bytes = readUpTo(memory, this.#base, Math.min(this.high - this.#base, MAX_STACK_BYTES))
    this.readableHigh = this.#base + bytes.length
    this.#view = new DataView(bytes.buffer, 0, bytes.length)
  }

  contains(address: number): boolean {
    return address >= this.low && address < this.high
  }

  /** True when the word at an address was read. */
  holds(address: number): boolean {
    return address >= this.#base && address + 8 <= this.readableHigh
  }

  word(address: number): number {
    if (!this.holds(address)) throw new FaultError(address, 'stack')
    const at = address - this.#base
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32
  }
}

/** First piece that is read of a stack; most are smaller. */
const FIRST_BYTES = 2 ** 20

/** What is there of [address, address + size). In growing pieces: a size can be nonsense. */
function readUpTo(memory: Pick<Memory, 'readInto'>, address: number, size: number): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(Math.min(size, FIRST_BYTES))
  let read = memory.readInto(address, bytes)
  while (read === bytes.length && read < size) {
    const grown = new Uint8Array(Math.min(size, read * 2))
    grown.set(bytes)
    bytes = grown
    read += memory.readInto(address + read, bytes.subarray(read))
  }
  return bytes.subarray(0, read)
}
