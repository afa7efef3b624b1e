import type { ObjectTable, SpanTable } from '../../../model/tables.ts'
import { type GoType, NONE, type ObjectIndex, type TypeIndex } from '../../../model/types.ts'
import { TINY_BYTES } from '../../go/size-classes.ts'
import type { TypeContainers } from '../../go/type-containers.ts'
import type { MaskCheck } from './mask-check.ts'
import type { SlotFit } from './slot-fit.ts'
import type { SlotPrograms } from './slot-program.ts'
import type { TinyClaims } from './tiny-claims.ts'
import { LEVEL, type Level, SOURCE, type TypeState } from './type-state.ts'

/**
 * Takes evidence of what objects are, and passes on what holds: a candidate must fit the slot, be of a size that the
 * allocator puts there, and agree with the heap's pointer mask. A pointer says what lies where it leads, and not that it
 * is all: when some type of the program has that as a part, and would fit the object as well, nothing is passed on.
 */
export class Candidates {
  readonly #rows: readonly GoType[]
  readonly #spans: SpanTable
  readonly #objects: ObjectTable
  readonly #containers: TypeContainers
  readonly #fit: SlotFit
  readonly #programs: SlotPrograms
  readonly #check: MaskCheck
  readonly #state: TypeState
  readonly #tinyClaims: TinyClaims
  /** Row of a slot that small values without pointers share. */
  readonly #tinyBlock: TypeIndex
  /** By type: is it a generic function's view of a type? */
  readonly #shapes: boolean[] = []

  constructor(parts: {
    rows: readonly GoType[]
    spans: SpanTable
    objects: ObjectTable
    containers: TypeContainers
    fit: SlotFit
    programs: SlotPrograms
    check: MaskCheck
    state: TypeState
    tinyClaims: TinyClaims
    tinyBlock: TypeIndex
  }) {
    this.#rows = parts.rows
    this.#spans = parts.spans
    this.#objects = parts.objects
    this.#containers = parts.containers
    this.#fit = parts.fit
    this.#programs = parts.programs
    this.#check = parts.check
    this.#state = parts.state
    this.#tinyClaims = parts.tinyClaims
    this.#tinyBlock = parts.tinyBlock
  }

  /** The malloc header of the object, or its span's largeType, names `type`. */
  offerHeader(object: ObjectIndex, type: TypeIndex): void {
    const { size } = this.#rows[type]
    const length = size === 0 ? 0 : Math.floor(this.#fit.room[this.#objects.span[object]] / size)
    const level = this.#isShape(type) ? LEVEL.shape : LEVEL.header
    if (length > 0) this.#take(object, type, length, SOURCE.header, level)
  }

  /** Something points at one `type`, `offset` bytes into the object. */
  offerOne(
    object: ObjectIndex,
    offset: number,
    type: TypeIndex,
    source: number,
    sureness: Level = LEVEL.fit,
  ): void {
    if (type === NONE || this.#state.levelOf(object) === LEVEL.header) return
    const { size } = this.#rows[type]
    const s = this.#objects.span[object]
    const isView = this.#isShape(type)
    if (size === 0 || this.#contradictsHeader(object, size)) return
    if (isView && !this.#rows[type].name.startsWith('struct {')) return
    const level = isView ? LEVEL.view : sureness
    if (this.#fit.isTiny[s] === 1 && size < TINY_BYTES) {
      if (isView) return
      this.#offerSmall(object, offset, type, 1, source, level)
      return
    }
    if (offset !== 0 || size > this.#fit.room[s] || size < this.#fit.least[s]) return
    if (!this.#state.wouldWin(object, type, 1, source, level)) return
    const program = this.#programs.of(type)
    if (program === undefined || this.#check.elementsIn(object, program, size, 1) === 0) return
    if (level < LEVEL.exact && this.#mayBeginMore(object, type)) return
    this.#take(object, type, 1, source, level)
  }

  /** Something points at `count` consecutive elements, `offset` bytes into the object. */
  offerArray(
    object: ObjectIndex,
    offset: number,
    type: TypeIndex,
    count: number,
    source: number,
    level: Level = LEVEL.fit,
  ): void {
    if (type === NONE) return
    const { size } = this.#rows[type]
    const s = this.#objects.span[object]
    const end = offset + count * size
    if (size === 0 || end === 0 || offset % size !== 0 || end > this.#fit.room[s]) return
    if (this.#isShape(type) || this.#contradictsHeader(object, size)) return
    const reaches = end >= this.#fit.least[s]
    if (this.#state.levelOf(object) === LEVEL.header) {
      if (reaches && this.#objects.type[object] === type) this.#state.noteLength(object, end / size)
      return
    }
    if (this.#fit.isTiny[s] === 1 && count * size < TINY_BYTES) {
      this.#offerSmall(object, offset, type, count, source, level)
      return
    }
    const endsWithValue = this.#rows[type].pointerBytes !== 0 && this.#check.endsWithValue(object)
    // A piece from the middle of something, of which neither end is known.
    if (!reaches && !endsWithValue && offset > 0 && size > 1) return
    const length = reaches ? end / size : Math.floor(this.#fit.room[s] / size)
    const sureness = offset === 0 && (reaches || endsWithValue) ? level : LEVEL.loose
    if (level < LEVEL.exact && source !== SOURCE.string && this.#mayBeWithin(object, offset, end, type))
      return
    this.#offerElements(object, type, endsWithValue ? undefined : length, source, sureness, end / size)
  }

  /** The whole object consists of elements of `type`. */
  offerElements(object: ObjectIndex, type: TypeIndex, source: number): void {
    if (type === NONE || this.#rows[type].size === 0) return
    if (this.#state.levelOf(object) === LEVEL.header) return
    this.#offerElements(object, type, undefined, source, LEVEL.exact, 1)
  }

  /** The object is what a func value points to. DWARF may tell only some of what it captures, or nothing. */
  offerClosure(object: ObjectIndex, offset: number, type: TypeIndex, source: number): void {
    if (type === NONE || offset !== 0 || this.#state.levelOf(object) === LEVEL.header) return
    if (this.#rows[type].size > this.#fit.room[this.#objects.span[object]]) return
    const program = this.#programs.of(type)
    if (program !== undefined && !this.#check.hasPointersOf(object, program)) return
    this.#take(object, type, 1, source, LEVEL.exact)
  }

  /** The object is a channel; one of elements without pointers is allocated as if it had none itself. */
  offerChannel(object: ObjectIndex, offset: number, type: TypeIndex): void {
    this.offerWhole(object, offset, type, SOURCE.channel)
  }

  /** The runtime allocates the object as one `type`; where it has no pointers that it shows to the collector, as noscan. */
  offerWhole(object: ObjectIndex, offset: number, type: TypeIndex, source: number): void {
    const s = this.#objects.span[object]
    if (this.#spans.noscan[s] === 0) {
      this.offerOne(object, offset, type, source, LEVEL.exact)
      return
    }
    if (type === NONE || offset !== 0) return
    const { size } = this.#rows[type]
    if (size > this.#fit.room[s] || size < this.#fit.least[s]) return
    this.#take(object, type, 1, source, LEVEL.exact)
  }

  /**
   * Less than 16 bytes without pointers in a slot of 16. The allocator puts several such values into one slot, but values of
   * 16 bytes have slots of that size too, and a pointer does not tell whether it leads to one of several values or into one.
   */
  #offerSmall(
    object: ObjectIndex,
    offset: number,
    type: TypeIndex,
    count: number,
    source: number,
    level: Level,
  ): void {
    if (level >= LEVEL.exact) {
      this.#take(object, this.#tinyBlock, 1, source, LEVEL.exact)
      return
    }
    const { size } = this.#rows[type]
    const end = offset + count * size
    const isAll =
      (size === 1 || offset === 0) &&
      // No field lends its bytes to a string, and only fields that are arrays lend theirs to a slice.
      (source === SOURCE.string ||
        ((source === SOURCE.slice || !this.#mayBeginMore(object, type)) &&
          !this.#mayBeWithin(object, offset, end, type)))
    if (isAll && this.#state.wouldWin(object, type, end / size, source, LEVEL.loose)) {
      const loser = this.#state.typeOf(object)
      if (loser !== type) this.#tinyClaims.note(object, 0, loser)
      this.#state.take(object, type, end / size, source, LEVEL.loose)
    } else if (this.#state.typeOf(object) !== type) this.#tinyClaims.note(object, offset, type)
  }

  /** True when a larger type that begins with a value of `type` fits the object too. */
  #mayBeginMore(object: ObjectIndex, type: TypeIndex): boolean {
    const s = this.#objects.span[object]
    const { room, leastValue } = this.#fit
    if (this.#rows[type].size === room[s]) return false
    return this.#containers
      .beginningWith(type, leastValue[s], room[s])
      .some((whole) => this.#fits(object, whole, false))
  }

  /** True when a type with an array of `type` inside, which the bytes from `start` to `end` are part of, fits as well. */
  #mayBeWithin(object: ObjectIndex, start: number, end: number, type: TypeIndex): boolean {
    const s = this.#objects.span[object]
    const { room, leastValue } = this.#fit
    return this.#containers
      .withArray(type, start, end, leastValue[s], room[s])
      .some((whole) => this.#fits(object, whole.type, whole.isRepeated))
  }

  #fits(object: ObjectIndex, type: TypeIndex, isRepeated: boolean): boolean {
    const program = this.#programs.of(type)
    if (program === undefined) return true
    const { size } = this.#rows[type]
    return this.#check.elementsIn(object, program, size, isRepeated ? undefined : 1) > 0
  }

  #offerElements(
    object: ObjectIndex,
    type: TypeIndex,
    count: number | undefined,
    source: number,
    level: Level,
    atLeast: number,
  ): void {
    const { size } = this.#rows[type]
    const s = this.#objects.span[object]
    const most = count ?? Math.floor(this.#fit.room[s] / size)
    if (most === 0 || !this.#state.wouldWin(object, type, most, source, level)) return
    const program = this.#programs.of(type)
    const found = program === undefined ? 0 : this.#check.elementsIn(object, program, size, count)
    if (found === 0 || found < atLeast || found * size < this.#fit.least[s]) return
    this.#take(object, type, found, source, level)
  }

  #take(object: ObjectIndex, type: TypeIndex, length: number, source: number, level: Level): void {
    if (type === NONE || !this.#state.wouldWin(object, type, length, source, level)) return
    this.#state.take(object, type, length, source, level)
  }

  /** A header's go.shape type has the size of the type it stands for. */
  #contradictsHeader(object: ObjectIndex, size: number): boolean {
    return this.#state.levelOf(object) === LEVEL.shape && this.#rows[this.#objects.type[object]].size !== size
  }

  #isShape(type: TypeIndex): boolean {
    const { kind, name } = this.#rows[type]
    // Closures are named by their code, and are allocated as what they are.
    this.#shapes[type] ??= kind !== 'closure' && name.includes('go.shape.')
    return this.#shapes[type]
  }
}
