import { GrowableColumn } from '../../../base/columns.ts'
import { type GoType, NONE, type ObjectIndex, type TypeIndex } from '../../../model/types.ts'
import { LEVEL, type TypeState } from './type-state.ts'

const MAX_DEPTH = 100

/**
 * What was said of parts of slots that small values without pointers may share, and is not what the slot was taken for.
 * A type that does not contain all of it is not that of the slot: there are several values in it, or a larger one.
 *
 * Objects without pointers name no others, so that it is enough to look once all else is known. Claims come from what
 * has a type, whatever the order: each is either noted or of the type that the slot has in the end.
 */
export class TinyClaims {
  readonly #rows: readonly GoType[]
  readonly #object = new GrowableColumn(Uint32Array)
  readonly #type = new GrowableColumn(Int32Array)
  readonly #offset = new GrowableColumn(Uint8Array)

  constructor(rows: readonly GoType[]) {
    this.#rows = rows
  }

  /** A `type` lies `offset` bytes into the object. NONE says nothing. */
  note(object: ObjectIndex, offset: number, type: TypeIndex): void {
    if (type === NONE) return
    this.#object.push(object)
    this.#type.push(type)
    this.#offset.push(offset)
  }

  /** Makes unknown what the claims contradict. Of what the runtime allocates as such there is no doubt. */
  withdrawContradicted(state: TypeState): void {
    for (let i = 0; i < this.#object.length; i++) {
      const object = this.#object.get(i)
      if (state.levelOf(object) !== LEVEL.loose) continue
      if (!this.#contains(state.typeOf(object), this.#offset.get(i), this.#type.get(i)))
        state.withdraw(object)
    }
  }

  /** True when a `part` lies `offset` bytes into a `whole`, or into one of several consecutive ones. */
  #contains(whole: TypeIndex, offset: number, part: TypeIndex): boolean {
    let at = whole
    let rest = offset
    for (let depth = 0; depth < MAX_DEPTH && at !== NONE; depth++) {
      const { size, kind, element, fields } = this.#rows[at]
      if (size === 0) return false
      rest %= size
      if (at === part && rest === 0) return true
      if (kind === 'array') at = element
      else {
        // Fields of no size come before the one at the same place.
        const field = fields.findLast((one) => one.offset <= rest && this.#sizeOf(one.type) > 0)
        if (field === undefined) return false
        at = field.type
        rest -= field.offset
      }
    }
    return false
  }

  #sizeOf(type: TypeIndex): number {
    return type === NONE ? 0 : this.#rows[type].size
  }
}
