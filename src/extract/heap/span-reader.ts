import type { SpanTable } from '../../model/tables.ts'
import type { Memory } from '../file/memory.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import { IN_USE } from './spans.ts'

const WINDOW_BYTES = 4 * 2 ** 20
/** What a core holds or lacks is a matter of the system's pages. */
const SYSTEM_PAGE_BYTES = 4096

/**
 * Reads words of spans in ascending order through one reused window, several adjacent spans at a time.
 * Words that the core does not hold read as nil and are counted.
 */
export class SpanReader {
  /** The current word's halves. */
  lo = 0
  hi = 0
  absentBytes = 0
  firstAbsent: number | undefined
  readonly #memory: Memory
  readonly #spans: SpanTable
  readonly #bytes = new Uint8Array(WINDOW_BYTES)
  readonly #words = new Uint32Array(this.#bytes.buffer)
  #start = 0
  #end = 0

  constructor(memory: Memory, spans: SpanTable) {
    this.#memory = memory
    this.#spans = spans
  }

  /** Sets lo and hi to word `word` of span `s`. */
  moveTo(s: number, word: number): void {
    const address = this.#spans.address[s] + word * 8
    if (address < this.#start || address + 8 > this.#end) this.#fill(s, address)
    const index = (address - this.#start) >> 2
    this.lo = this.#words[index]
    this.hi = this.#words[index + 1]
  }

  noteAbsent(address: number, size: number): void {
    this.absentBytes += size
    this.firstAbsent ??= address
  }

  #fill(s: number, address: number): void {
    const { address: base, pages, state, noscan, count } = this.#spans
    // On through the spans that follow without a gap, as long as they hold pointers.
    let end = base[s] + pages[s] * PAGE_BYTES
    for (let t = s + 1; t < count && base[t] === end && end - address < WINDOW_BYTES; t++) {
      if (state[t] !== IN_USE || noscan[t] === 1) break
      end += pages[t] * PAGE_BYTES
    }
    this.#start = address
    this.#end = Math.min(end, address + WINDOW_BYTES)
    const size = this.#end - this.#start
    let done = this.#memory.readInto(address, this.#bytes.subarray(0, size))
    while (done < size) {
      // Blank to the end of the missing page, then try again behind it.
      const missing = address + done
      const next = Math.min(missing - (missing % SYSTEM_PAGE_BYTES) + SYSTEM_PAGE_BYTES, this.#end)
      this.#bytes.fill(0, done, next - address)
      this.noteAbsent(missing, next - missing)
      done = next - address
      done += this.#memory.readInto(next, this.#bytes.subarray(done, size))
    }
  }
}
