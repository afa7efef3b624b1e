import { GrowableColumn } from '../../base/columns.ts'
import type { Problems } from '../../model/problem.ts'
import type { ObjectTable, RootEdgeTable, RootKind, RootTable, SpanTable } from '../../model/tables.ts'
import { ROOT_KINDS } from '../../model/tables.ts'
import { NONE, type RootIndex, type TypeIndex } from '../../model/types.ts'
import type { ObjectFinder } from './object-finder.ts'
import { IN_USE } from './spans.ts'

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

  /**
   * Resolves the pointers against the objects, in (root, offset) order. A precise root that points into a span but at
   * no object is a problem; a conservative one is just a word that looked like a pointer.
   */
  finish(
    spans: SpanTable,
    objects: ObjectTable,
    finder: ObjectFinder,
    problems: Problems,
  ): { roots: RootTable; rootEdges: RootEdgeTable } {
    const kind = this.#kind.finish()
    const roots: RootTable = {
      count: kind.length,
      kind,
      parent: this.#parent.finish(),
      name: this.#names,
      type: this.#type.finish(),
      address: this.#address.finish(),
      size: this.#size.finish(),
    }
    return { roots, rootEdges: this.#resolve(kind, spans, objects, finder, problems) }
  }

  #resolve(
    kind: Uint8Array,
    spans: SpanTable,
    objects: ObjectTable,
    finder: ObjectFinder,
    problems: Problems,
  ): RootEdgeTable {
    const order = this.#sortedPointers()
    const first = new Uint32Array(kind.length + 1)
    const offset = new GrowableColumn(Float64Array)
    const target = new GrowableColumn(Uint32Array)
    const targetOffset = new GrowableColumn(Float64Array)
    for (const pointer of order) {
      const root = this.#pointerRoot.get(pointer)
      const value = this.#pointerValue.get(pointer)
      const object = finder.objectAt(value)
      const isConservative = CONSERVATIVE.has(kind[root])
      if (object === NONE) {
        if (!isConservative) this.#noteStray(root, value, spans, finder, problems)
        continue
      }
      // The collector has found it dead already: a word that merely looks like its address does not revive it.
      if (isConservative && objects.unswept[object] === 1) continue
      if (value < objects.address[object]) continue
      first[root + 1]++
      offset.push(this.#pointerOffset.get(pointer))
      target.push(object)
      targetOffset.push(value - objects.address[object])
    }
    for (let root = 0; root < kind.length; root++) first[root + 1] += first[root]
    return {
      count: target.length,
      first,
      offset: offset.finish(),
      target: target.finish(),
      targetOffset: targetOffset.finish(),
    }
  }

  #sortedPointers(): Uint32Array {
    const order = Uint32Array.from({ length: this.#pointerRoot.length }, (_, i) => i)
    return order.sort(
      (a, b) =>
        this.#pointerRoot.get(a) - this.#pointerRoot.get(b) ||
        this.#pointerOffset.get(a) - this.#pointerOffset.get(b) ||
        a - b,
    )
  }

  #noteStray(
    root: RootIndex,
    value: number,
    spans: SpanTable,
    finder: ObjectFinder,
    problems: Problems,
  ): void {
    const span = finder.spanAt(value)
    // Outside the heap: data, stacks, memory of C. Nothing is wrong with that.
    if (span === NONE || spans.state[span] !== IN_USE) return
    problems.add(
      'roots',
      'root-into-free-slot',
      'warning',
      `variables point into free slots, first ${this.#names[root]} at 0x${value.toString(16)}`,
      { address: value },
    )
  }
}

/** Kinds whose words merely look like pointers. */
const CONSERVATIVE = new Set([ROOT_KINDS.indexOf('conservative'), ROOT_KINDS.indexOf('register')])
