import { LebReader } from './leb-reader.ts'

/** A span of slots. */
export type SpanSlots = readonly [address: number, slotBytes: number, slots: number]

/**
 * Goes through objects in the order of addresses, without making arrays of them: by the slots that hold one, a bit each
 * over all spans, and by runs of shapes (see the table graph_arrays).
 */
export class ObjectWalk {
  /** Of the object at hand; Infinity behind the last one, which is after all addresses. */
  address = 0
  shape = 0
  readonly #spans: readonly SpanSlots[]
  readonly #bits: Uint8Array
  readonly #runs: LebReader
  readonly #fail: () => Error
  /** Of the span at hand. */
  #slots = 0
  #slotBytes = 0
  #slot = 0
  /** Address of that slot. */
  #next = 0
  #span = 0
  #bit = 0
  #left = 0

  /** Stands at the first object. `fail` makes the error for arrays that do not fit each other. */
  constructor(spans: readonly SpanSlots[], bits: Uint8Array, runs: Uint8Array, fail: () => Error) {
    this.#spans = spans
    this.#bits = bits
    this.#runs = new LebReader(runs)
    this.#fail = fail
    this.next()
  }

  next(): void {
    for (;;) {
      while (this.#slot < this.#slots) {
        const address = this.#next
        const bit = this.#bit++
        this.#slot++
        this.#next += this.#slotBytes
        if ((this.#bits[bit >>> 3] & (1 << (bit & 7))) === 0) continue
        this.address = address
        if (this.#left === 0) this.#nextRun()
        this.#left--
        return
      }
      if (this.#span === this.#spans.length) break
      const [first, bytes, slots] = this.#spans[this.#span++]
      this.#next = first
      this.#slotBytes = bytes
      this.#slots = slots
      this.#slot = 0
    }
    if (this.#left > 0 || this.#runs.hasMore) throw this.#fail()
    this.address = Number.POSITIVE_INFINITY
  }

  #nextRun(): void {
    this.shape = this.#runs.next()
    this.#left = this.#runs.next()
    if (this.#left === 0) throw this.#fail()
  }
}
