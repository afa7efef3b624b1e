import type { ObjectIndex, TypeIndex } from '../../../model/types.ts'
import type { Level } from './type-state.ts'

/** What takes in all that pointers say of the objects they lead to. `source` is an index into TYPE_SOURCES. */
export interface Evidence {
  /** Something points at one `type`, `offset` bytes into the object. */
  offerOne(object: ObjectIndex, offset: number, type: TypeIndex, source: number, level?: Level): void
  /** Something points at `count` consecutive elements, `offset` bytes into the object. */
  offerArray(
    object: ObjectIndex,
    offset: number,
    type: TypeIndex,
    count: number,
    source: number,
    level?: Level,
  ): void
  /** The whole object consists of elements of `type`. */
  offerElements(object: ObjectIndex, type: TypeIndex, source: number): void
  /** The object is what a func value points to. DWARF may tell only some of what it captures, or nothing. */
  offerClosure(object: ObjectIndex, offset: number, type: TypeIndex, source: number): void
  /** The object is a channel; one of elements without pointers is allocated as if it had none itself. */
  offerChannel(object: ObjectIndex, offset: number, type: TypeIndex): void
}
