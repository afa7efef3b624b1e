import type { ObjectTable, SpanTable } from '../../model/tables.ts'
import { NONE, type ObjectIndex } from '../../model/types.ts'
import { TINY_BYTES } from '../go/size-classes.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { type CapacityPlan, STATE, UNKNOWN } from './capacity-plan.ts'
import { WHOLE } from './shown.ts'

interface ShownSources {
  catalog: TypeCatalog
  spans: SpanTable
  objects: ObjectTable
}

/** Which bytes of arrays, and of slots that small values share, the program sees: what is said of them is put together. */
export class ShownParts {
  readonly #plan: CapacityPlan
  readonly #sources: ShownSources
  /** First byte that a pointer shows; -1: none does. */
  readonly #from: Int32Array | Float64Array
  /** Where the last slice ends, also one that shows nothing; -1: no pointer has said anything. */
  readonly #end: Int32Array | Float64Array
  /** Of slots that small values share: a bit a byte that is shown. */
  readonly #bytes: Uint16Array

  constructor(plan: CapacityPlan, sources: ShownSources) {
    const { count } = sources.objects
    this.#plan = plan
    this.#sources = sources
    const make = plan.unused instanceof Int32Array ? Int32Array : Float64Array
    this.#from = new make(count).fill(UNKNOWN)
    this.#end = new make(count).fill(UNKNOWN)
    this.#bytes = new Uint16Array(count)
  }

  isOfInterest(object: ObjectIndex): boolean {
    return (this.#plan.state[object] & (STATE.array | STATE.single | STATE.tiny | STATE.loose)) !== 0
  }

  /** A pointer to `offset` shows so many bytes from there on: WHOLE, or UNKNOWN. */
  hear(object: ObjectIndex, offset: number, shown: number): void {
    const { state } = this.#plan
    const bytes = state[object] & (STATE.tiny | STATE.loose) ? this.#roomOf(object) : this.bytesOf(object)
    const start = shown === WHOLE ? 0 : offset
    const end = shown === WHOLE ? bytes : offset + shown
    if (shown === UNKNOWN || end > bytes) {
      state[object] |= STATE.vague
      return
    }
    if (end > this.#end[object]) this.#end[object] = end
    if (start === end) return
    if (this.#from[object] === UNKNOWN || start < this.#from[object]) this.#from[object] = start
    if (state[object] & STATE.tiny) this.#bytes[object] |= (1 << end) - (1 << start)
  }

  /** Bytes of the values that are known to be in an object. */
  bytesOf(object: ObjectIndex): number {
    const { objects, catalog } = this.#sources
    const type = objects.type[object]
    return type === NONE ? 0 : objects.length[object] * catalog.table.rows[type].size
  }

  /** Bytes of the slot behind its malloc header. */
  #roomOf(object: ObjectIndex): number {
    const { objects, spans } = this.#sources
    const s = objects.span[object]
    return spans.slotSize[s] - spans.headerSize[s]
  }

  /** Ends the hearing. Gives the bytes that each object leaves unused; -1 where it is not known. */
  settle(): Int32Array | Float64Array {
    const { state, unused } = this.#plan
    for (let object = 0; object < state.length; object++) {
      const bits = state[object]
      if ((bits & (STATE.array | STATE.shrunk)) === 0) continue
      unused[object] = UNKNOWN
      if (this.#end[object] === UNKNOWN) continue
      const rest = this.bytesOf(object) - this.#end[object]
      if (rest === 0) unused[object] = 0
      else if (rest > 0 && (bits & STATE.vague) === 0 && (bits & STATE.counted) !== 0) unused[object] = rest
    }
    return unused
  }

  /**
   * Whether it is known which bytes of an array pointers show: those from `fromOf` to `toOf`, from the first to the last.
   * False where they show none, and for a ring.
   */
  hasPart(object: ObjectIndex): boolean {
    const bits = this.#plan.state[object]
    if ((bits & (STATE.array | STATE.loose)) === 0 || (bits & (STATE.vague | STATE.ring | STATE.tiny)) !== 0)
      return false
    return this.#from[object] !== UNKNOWN
  }

  fromOf(object: ObjectIndex): number {
    return this.#from[object]
  }

  toOf(object: ObjectIndex): number {
    return this.#end[object]
  }

  isLoose(object: ObjectIndex): boolean {
    return (this.#plan.state[object] & STATE.loose) !== 0
  }

  isRing(object: ObjectIndex): boolean {
    return (this.#plan.state[object] & STATE.ring) !== 0
  }

  /** Bytes of a slot that small values share which no pointer shows; -1 when that is not known. */
  unseenOfTiny(object: ObjectIndex): number {
    if (this.#end[object] === UNKNOWN || this.#plan.state[object] & STATE.vague) return UNKNOWN
    let seen = 0
    for (let bits = this.#bytes[object]; bits > 0; bits &= bits - 1) seen++
    return TINY_BYTES - seen
  }
}
