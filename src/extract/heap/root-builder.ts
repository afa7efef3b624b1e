import { GrowableColumn } from '../../base/columns.ts'
import type { Problems } from '../../model/problem.ts'
import { ROOT_KINDS, type RootEdgeTable, type RootKind, type RootTable } from '../../model/tables.ts'
import { NONE, type RootIndex, type TypeIndex } from '../../model/types.ts'
import type { ObjectFinder } from './object-finder.ts'

export interface NewRoot {
  kind: RootKind
  /** NONE at the top. */
  parent: RootIndex
  name: string
  type: TypeIndex
  /** 0 when it has no place. */
  address: number
  /** Bytes; 0 when not known. */
  size: number
}

/**
 * Collects roots and the pointers they hold. Parents are added before their children; pointers may come in any
 * order. Pointers are raw words: which of them hit an object is decided at the end, by `finish`.
 */
export class RootBuilder {
  readonly #kind = new GrowableColumn(Uint8Array)
  readonly #parent = new GrowableColumn(Int32Array)
  readonly #type = new GrowableColumn(Int32Array)
  readonly #address = new GrowableColumn(Float64Array)
  readonly #size = new GrowableColumn(Float64Array)
  readonly #names: string[] = []
  readonly #pointerRoot = new GrowableColumn(Uint32Array)
  readonly #pointerOffset = new GrowableColumn(Float64Array)
  readonly #pointerValue = new GrowableColumn(Float64Array)

  add(root: NewRoot): RootIndex {
    this.#kind.push(ROOT_KINDS.indexOf(root.kind))
    this.#parent.push(root.parent)
    this.#type.push(root.type)
    this.#address.push(root.address)
    this.#size.push(root.size)
    return this.#names.push(root.name) - 1
  }

  /** Notes that `root` holds the word `value`, `offset` bytes from the root's address. Nil is ignored. */
  point(root: RootIndex, offset: number, value: number): void {
    if (value === 0) return
    this.#pointerRoot.push(root)
    this.#pointerOffset.push(offset)
    this.#pointerValue.push(value)
  }

  /** Resolves the pointers against the objects. A precise root that points into a free slot is a problem. */
  finish(finder: ObjectFinder, problems: Problems): { roots: RootTable; rootEdges: RootEdgeTable } {
    void finder
    void problems
    void NONE
    throw new Error('written by the heap stage')
  }
}
