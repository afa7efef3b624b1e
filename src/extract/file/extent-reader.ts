import { InputFile } from './input-file.ts'
import type { MemoryPlan } from './memory.ts'

/** Reads the bytes of a MemoryPlan from its files, without a cache. */
export class ExtentReader {
  readonly #files: InputFile[] = []
  readonly #starts: Float64Array
  readonly #ends: Float64Array
  readonly #fileOffsets: Float64Array
  readonly #fileIndexes: Uint32Array
  #last = 0

  constructor(plan: MemoryPlan) {
    const extents = plan.extents
    this.#starts = Float64Array.from(extents, (extent) => extent.address)
    this.#ends = Float64Array.from(extents, (extent) => extent.address + extent.size)
    this.#fileOffsets = Float64Array.from(extents, (extent) => extent.fileOffset)
    this.#fileIndexes = Uint32Array.from(extents, (extent) => extent.file)
    try {
      for (const path of plan.files) this.#files.push(new InputFile(path))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Start of the bytes without a gap around `address`, but not below `floor`; -1 when `address` is not there. */
  readableStart(address: number, floor: number): number {
    let index = this.#find(address)
    if (index < 0) return -1
    while (index > 0 && this.#starts[index] > floor && this.#ends[index - 1] === this.#starts[index]) index--
    return Math.max(this.#starts[index], floor)
  }

  /** End of the bytes without a gap from `address` on, but not above `ceiling`; -1 when it is not there. */
  readableEnd(address: number, ceiling: number): number {
    let index = this.#find(address)
    if (index < 0) return -1
    const last = this.#starts.length - 1
    while (index < last && this.#ends[index] < ceiling && this.#starts[index + 1] === this.#ends[index])
      index++
    return Math.min(this.#ends[index], ceiling)
  }

  /** Fills `target` from `address` on; stops at the first byte that is not there and returns how many were read. */
  readInto(address: number, target: Uint8Array): number {
    let done = 0
    while (done < target.length) {
      const at = address + done
      const index = this.#find(at)
      if (index < 0) break
      const wanted = Math.min(this.#ends[index] - at, target.length - done)
      const file = this.#files[this.#fileIndexes[index]]
      const part = wanted === target.length ? target : target.subarray(done, done + wanted)
      const got = file.readInto(part, this.#fileOffsets[index] + (at - this.#starts[index]))
      done += got
      if (got < wanted) break
    }
    return done
  }

  close(): void {
    for (const file of this.#files) file.close()
  }

  /** The extent that holds `address`; -1 when none does. */
  #find(address: number): number {
    const last = this.#last
    if (address >= this.#starts[last] && address < this.#ends[last]) return last
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#starts[middle] <= address) low = middle + 1
      else high = middle
    }
    if (low === 0 || !(address < this.#ends[low - 1])) return -1
    this.#last = low - 1
    return low - 1
  }
}
