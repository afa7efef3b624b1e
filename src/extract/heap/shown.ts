import { NONE, type TypeIndex } from '../../model/types.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { UNKNOWN } from './capacity-plan.ts'
import { dynamicType } from './type-parts.ts'
import type { SlotProgram } from './typing/slot-program.ts'
import { SLOT } from './typing/slots.ts'

/** The pointer shows all of what it leads to. */
export const WHOLE = Number.POSITIVE_INFINITY

/** The word `skip` bytes from a pointer word: length and capacity follow it, a type goes before. undefined: it has no place. */
export type ReadBeside = (skip: number) => number | undefined

/** How much of their targets pointers of known types let the program see. */
export class Shown {
  /** Bytes up to the end of the capacity of the last slice asked about. */
  capacity = 0
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  /** Bytes that an interface shows, by its first word. */
  readonly #boxed = new Map<number, number>()

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
  }

  /** Bytes that a pointer shows, counted from where it points: WHOLE, or UNKNOWN. */
  by(program: SlotProgram, entry: number, beside: ReadBeside): number {
    const type = program.target[entry]
    switch (program.kind[entry]) {
      case SLOT.pointer:
        return this.#sizeOf(type)
      case SLOT.slice:
        return this.#bySlice(this.#sizeOf(type), beside(8), beside(16))
      case SLOT.string:
        return beside(8) ?? UNKNOWN
      case SLOT.emptyInterface:
        return this.#inInterface(beside(-8), true)
      case SLOT.interface:
        return this.#inInterface(beside(-8), false)
      case SLOT.opaque:
        return UNKNOWN
      default:
        // Functions, and what the runtime keeps of maps, channels and pools: pointers to whole allocations.
        return WHOLE
    }
  }

  #bySlice(size: number, length: number | undefined, capacity: number | undefined): number {
    if (size === UNKNOWN || length === undefined || capacity === undefined || length > capacity)
      return UNKNOWN
    this.capacity = capacity * size
    return length * size
  }

  #inInterface(first: number | undefined, isEmpty: boolean): number {
    if (first === undefined || first === 0) return UNKNOWN
    let size = this.#boxed.get(first)
    if (size === undefined) {
      size = this.#boxedSize(dynamicType(this.#process, this.#catalog, first, isEmpty))
      this.#boxed.set(first, size)
    }
    return size
  }

  #boxedSize(type: TypeIndex): number {
    if (type === NONE) return UNKNOWN
    const { kind, size, element } = this.#catalog.table.rows[type]
    if (!this.#catalog.isDirect(type)) return size
    // Another value that lies in the interface itself is a pointer of another kind: what it shows is another question.
    return kind === 'ptr' ? this.#sizeOf(element) : UNKNOWN
  }

  #sizeOf(type: TypeIndex): number {
    return type === NONE ? UNKNOWN : this.#catalog.table.rows[type].size
  }
}
