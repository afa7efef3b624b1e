import type { ObjectTable } from '../../../model/tables.ts'
import { type GoType, NONE, type ObjectIndex, type TypeIndex } from '../../../model/types.ts'
import type { Container, TypeContainers } from '../../go/type-containers.ts'
import type { Evidence } from './evidence.ts'
import type { MaskCheck } from './mask-check.ts'
import type { SlotFit } from './slot-fit.ts'
import type { SlotPrograms } from './slot-program.ts'
import { LEVEL, SOURCE, type TypeState } from './type-state.ts'

/**
 * Types objects by what they contain: those that only pointers into their middle hold, or pointers to a first field that
 * is too small to be the whole. Of all types of the program those remain that have, at these places, all that the
 * pointers lead to, and whose size and pointers are the object's. When one remains, the object is that.
 */
export class ContainerSearch implements Evidence {
  readonly #rows: readonly GoType[]
  readonly #objects: ObjectTable
  readonly #containers: TypeContainers
  readonly #fit: SlotFit
  readonly #programs: SlotPrograms
  readonly #check: MaskCheck
  readonly #state: TypeState
  /** What each object without a type can be; none when what it contains is not known to DWARF. */
  readonly #remaining = new Map<ObjectIndex, readonly Container[]>()

  constructor(parts: {
    rows: readonly GoType[]
    objects: ObjectTable
    containers: TypeContainers
    fit: SlotFit
    programs: SlotPrograms
    check: MaskCheck
    state: TypeState
  }) {
    this.#rows = parts.rows
    this.#objects = parts.objects
    this.#containers = parts.containers
    this.#fit = parts.fit
    this.#programs = parts.programs
    this.#check = parts.check
    this.#state = parts.state
  }

  offerOne(object: ObjectIndex, offset: number, type: TypeIndex): void {
    this.#note(object, offset, type, undefined)
  }

  offerArray(object: ObjectIndex, offset: number, type: TypeIndex, count: number, source: number): void {
    // The bytes of a string are no field of anything.
    if (count > 0 && source !== SOURCE.string) this.#note(object, offset, type, count)
  }

  offerElements(): void {}
  offerClosure(): void {}
  offerChannel(): void {}

  /** Offers to the state what has turned out to be the one possibility. */
  settle(): void {
    for (const [object, remaining] of this.#remaining) {
      if (this.#objects.type[object] !== NONE) {
        this.#remaining.delete(object)
        continue
      }
      const fitting = withoutShapes(this.#rows, remaining)
        .map((container) => ({ ...container, length: this.#lengthAs(object, container) }))
        .filter(({ length }) => length > 0)
      if (fitting.length !== 1 || isShape(this.#rows[fitting[0].type].name)) continue
      const { type, length } = fitting[0]
      if (this.#state.wouldWin(object, type, length, SOURCE.container, LEVEL.container))
        this.#state.take(object, type, length, SOURCE.container, LEVEL.container)
    }
  }

  #note(object: ObjectIndex, offset: number, type: TypeIndex, count: number | undefined): void {
    if (type === NONE || this.#objects.type[object] !== NONE) return
    const s = this.#objects.span[object]
    if (this.#fit.isTiny[s] === 1 || isShape(this.#rows[type].name)) return
    const known = this.#remaining.get(object)
    if (known?.length === 0) return
    const found = this.#containers.find({ type, offset, count }, this.#fit.least[s], this.#fit.room[s]) ?? []
    const remaining =
      known === undefined
        ? found
        : known.filter((a) => found.some((b) => a.type === b.type && a.isArray === b.isArray))
    this.#remaining.set(object, remaining)
  }

  /** How many of the type the object is; 0 when its size or its pointers contradict. */
  #lengthAs(object: ObjectIndex, { type, isArray }: Container): number {
    const program = this.#programs.of(type)
    if (program === undefined) return 0
    const { size } = this.#rows[type]
    const length = this.#check.elementsIn(object, program, size, isArray ? undefined : 1)
    if (!isArray) return length
    return length > 1 && length * size >= this.#fit.least[this.#objects.span[object]] ? length : 0
  }
}

const isShape = (name: string) => name.includes('go.shape.')

/** Without generic code's views of types of which the program's own name is among them. */
function withoutShapes(rows: readonly GoType[], containers: readonly Container[]): readonly Container[] {
  const generic = (type: TypeIndex) => rows[type].name.split('[', 1)[0]
  const named = new Set(
    containers.filter(({ type }) => !isShape(rows[type].name)).map(({ type }) => generic(type)),
  )
  return containers.filter(({ type }) => !isShape(rows[type].name) || !named.has(generic(type)))
}
