import { type ObjectTable, TYPE_SOURCES } from '../../../model/tables.ts'
import { type GoType, NONE, type ObjectIndex, type TypeIndex } from '../../../model/types.ts'

/** How sure a candidate is of being the whole object, weakest first. */
export const LEVEL = {
  none: 0,
  /** A generic function's view of a nameless struct, by a pointer: what it captures has no other type in the program. */
  view: 1,
  /** A header that names a generic function's view of a type: go.shape types have the layout, but are not the type. */
  shape: 2,
  /** An array whose ends are not both known: a piece of it is. */
  loose: 3,
  /** A pointer says what lies at the object's start, and its size is one that goes into such a slot. */
  fit: 4,
  /** Allocated by the runtime as just that: a boxed interface value, a part of a map or channel, a closure. */
  exact: 5,
  /** The allocator's own word: malloc header or mspan.largeType. */
  header: 6,
} as const
export type Level = (typeof LEVEL)[keyof typeof LEVEL]

export type TypeSource = (typeof TYPE_SOURCES)[number]
/** Index into TYPE_SOURCES by name. */
export const SOURCE = Object.fromEntries(TYPE_SOURCES.map((name, i) => [name, i])) as Record<
  TypeSource,
  number
>

/**
 * The best candidate of each object so far, in two layers: what is known at the start of a round, and what the round has
 * found. Candidates are in a total order (level, bytes covered, source, name, length) and the best wins, so that neither
 * the order of the seeds nor that of the objects matters.
 */
export class TypeState {
  readonly #rows: readonly GoType[]
  readonly #objects: ObjectTable
  readonly #level: Uint8Array
  readonly #newType: Int32Array
  readonly #newLength: Float64Array
  readonly #newSource: Uint8Array
  readonly #newLevel: Uint8Array
  /** Objects that the round has improved, each once. */
  readonly #changed: Int32Array
  #changedCount = 0

  constructor(rows: readonly GoType[], objects: ObjectTable) {
    this.#rows = rows
    this.#objects = objects
    this.#level = new Uint8Array(objects.count)
    this.#newType = new Int32Array(objects.count)
    this.#newLength = new Float64Array(objects.count)
    this.#newSource = new Uint8Array(objects.count)
    this.#newLevel = new Uint8Array(objects.count)
    this.#changed = new Int32Array(objects.count)
  }

  levelOf(object: ObjectIndex): number {
    return this.#level[object]
  }

  /** The best so far, this round's finds included; NONE when there is none. */
  typeOf(object: ObjectIndex): TypeIndex {
    return this.#newLevel[object] === LEVEL.none ? this.#objects.type[object] : this.#newType[object]
  }

  /** True when the candidate would win over all that is known of the object. */
  wouldWin(object: ObjectIndex, type: TypeIndex, length: number, source: number, level: Level): boolean {
    const { type: types, length: lengths, typeSource } = this.#objects
    const current = this.#level[object]
    if (current > level) return false
    if (
      current === level &&
      !this.#isBetter(type, length, source, types[object], lengths[object], typeSource[object])
    ) {
      return false
    }
    const found = this.#newLevel[object]
    if (found !== level) return found < level
    return this.#isBetter(
      type,
      length,
      source,
      this.#newType[object],
      this.#newLength[object],
      this.#newSource[object],
    )
  }

  /** Notes a candidate for which wouldWin holds. */
  take(object: ObjectIndex, type: TypeIndex, length: number, source: number, level: Level): void {
    if (this.#newLevel[object] === LEVEL.none) this.#changed[this.#changedCount++] = object
    this.#newType[object] = type
    this.#newLength[object] = length
    this.#newSource[object] = source
    this.#newLevel[object] = level
  }

  /** Makes the round's finds known and gives the objects they concern, ascending. The array is good until the next call. */
  commit(): Int32Array {
    const { type, length, typeSource } = this.#objects
    const changed = this.#sortedChanges()
    for (const object of changed) {
      type[object] = this.#newType[object]
      length[object] = this.#newLength[object]
      typeSource[object] = this.#newSource[object]
      this.#level[object] = this.#newLevel[object]
      this.#newLevel[object] = LEVEL.none
      this.#newLength[object] = 0
    }
    this.#changedCount = 0
    return changed
  }

  /** Makes an object unknown again, between two rounds: what was taken for it does not hold. */
  withdraw(object: ObjectIndex): void {
    const { type, length, typeSource } = this.#objects
    type[object] = NONE
    length[object] = 0
    typeSource[object] = 0
    this.#level[object] = LEVEL.none
  }

  /** In address order, so that their memory is read from front to back. */
  #sortedChanges(): Int32Array {
    const changed = this.#changed.slice(0, this.#changedCount)
    if (changed.length < this.#newLevel.length / 32) return changed.sort()
    for (let object = 0, next = 0; object < this.#newLevel.length; object++) {
      if (this.#newLevel[object] !== LEVEL.none) changed[next++] = object
    }
    return changed
  }

  /** Notes that the array in an object with a header reaches that far: see refineLengths. */
  noteLength(object: ObjectIndex, length: number): void {
    // Such an object takes no candidates after the first round: the column is free.
    if (length > this.#newLength[object]) this.#newLength[object] = length
  }

  /**
   * A header says the element's type but not how many; the slot holds `length` at most. Where slices show how far the array
   * reaches, and that is far enough for the slot, it is they that say how many.
   */
  refineLengths(): void {
    const { length } = this.#objects
    for (let i = 0; i < length.length; i++) {
      if (this.#level[i] === LEVEL.header && this.#newLength[i] > 0) length[i] = this.#newLength[i]
    }
  }

  #isBetter(
    type: TypeIndex,
    length: number,
    source: number,
    oldType: TypeIndex,
    oldLength: number,
    oldSource: number,
  ): boolean {
    if (oldType === NONE) return true
    const covered = length * this.#rows[type].size
    const oldCovered = oldLength * this.#rows[oldType].size
    if (covered !== oldCovered) return covered > oldCovered
    if (source !== oldSource) return source < oldSource
    if (type === oldType) return false
    return this.#rows[type].name < this.#rows[oldType].name
  }
}
