import { type GoType, NONE, type TypeIndex } from '../../../model/types.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import type { HeapParts } from './heap-parts.ts'
import { SLOT, type Slot, type SlotKind } from './slots.ts'

/** Where the pointers of a type are and what they lead to: made once a type, used for every element of every object. */
export interface SlotProgram {
  /** Bytes after which it repeats: an array's program is that of its element. 0 for types without size. */
  readonly size: number
  readonly count: number
  /** Bytes from the start of the element, ascending. */
  readonly offset: Uint32Array
  /** SlotKind */
  readonly kind: Uint8Array
  /** TypeIndex; NONE where the kind has none. */
  readonly target: Int32Array
  /** Entry by word of the element, or NONE; undefined for types so large that a search is better. */
  readonly entryOfWord: Int32Array | undefined
}

/** Pointers in one element of a type. A struct with more (an array of a million inside) is not walked. */
const MAX_ENTRIES = 1 << 21
const MAX_INDEXED_BYTES = 1 << 16
const MAX_DEPTH = 100

/** Entry at a byte offset of an element; NONE when there is no pointer. */
export function entryAt(program: SlotProgram, offset: number): number {
  if (program.entryOfWord !== undefined) {
    return offset % 8 === 0 ? program.entryOfWord[offset / 8] : NONE
  }
  let low = 0
  let high = program.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (program.offset[middle] < offset) low = middle + 1
    else high = middle
  }
  return low < program.count && program.offset[low] === offset ? low : NONE
}

/** Makes and keeps programs by type; undefined for a type whose pointers are not all known. */
export class SlotPrograms {
  readonly #catalog: TypeCatalog
  readonly #parts: HeapParts
  readonly #known: (SlotProgram | undefined | null)[] = []
  constructor(catalog: TypeCatalog, parts: HeapParts) {
    this.#catalog = catalog
    this.#parts = parts
  }

  of(type: TypeIndex): SlotProgram | undefined {
    const known = this.#known[type]
    if (known !== undefined) return known ?? undefined
    const made = this.#make(type)
    this.#known[type] = made ?? null
    return made
  }

  #make(type: TypeIndex): SlotProgram | undefined {
    const { rows } = this.#catalog.table
    let unit = type
    for (let depth = 0; rows[unit].kind === 'array' && rows[unit].element !== NONE; depth++) {
      if (depth > MAX_DEPTH) return undefined
      unit = rows[unit].element
    }
    const { size } = rows[unit]
    const entries: Entries = { offset: [], kind: [], target: [] }
    if (rows[unit].pointerBytes === undefined || !this.#flatten(unit, 0, entries, 0)) return undefined
    const count = entries.offset.length
    const order = Array.from(entries.offset.keys()).sort((a, b) => entries.offset[a] - entries.offset[b])
    const program: SlotProgram = {
      size,
      count,
      offset: Uint32Array.from(order, (i) => entries.offset[i]),
      kind: Uint8Array.from(order, (i) => entries.kind[i]),
      target: Int32Array.from(order, (i) => entries.target[i]),
      entryOfWord: size <= MAX_INDEXED_BYTES ? new Int32Array(Math.ceil(size / 8)).fill(NONE) : undefined,
    }
    if (program.entryOfWord !== undefined) {
      for (let i = 0; i < count; i++) program.entryOfWord[program.offset[i] / 8] = i
    }
    return program
  }

  /** False when a part is not known, or there are too many. */
  #flatten(type: TypeIndex, base: number, out: Entries, depth: number): boolean {
    if (type === NONE || depth > MAX_DEPTH) return false
    const { rows } = this.#catalog.table
    const row = rows[type]
    if (row.pointerBytes === 0) return true
    const push = ({ kind, target, skip = 0 }: Slot) => {
      if (base % 8 !== 0 || out.offset.length >= MAX_ENTRIES) return false
      out.offset.push(base + skip)
      out.kind.push(kind)
      out.target.push(target)
      return true
    }
    const slot = this.#slotOf(type, row)
    if (slot !== undefined) return push(slot)
    switch (row.kind) {
      case 'array': {
        const step = rows[row.element]?.size ?? 0
        for (let i = 0; i < (row.length ?? 0); i++) {
          if (!this.#flatten(row.element, base + i * step, out, depth + 1)) return false
        }
        return true
      }
      case 'struct':
      case 'map group':
      case 'closure':
      case 'backing':
        return this.#flattenStruct(type, row, base, out, depth)
      default:
        return true
    }
  }

  /** Types of which the first pointer is all there is to follow; undefined for structs, arrays and scalars. */
  #slotOf(type: TypeIndex, row: GoType): Slot | undefined {
    switch (row.kind) {
      case 'ptr':
        // All pointers have one shape: it says nothing of what they lead to. cmd/compile/internal/typecheck, Shapify
        if (row.name === 'go.shape.*uint8') return { kind: SLOT.opaque, target: NONE }
        return this.#parts.pointerSlot(row.element)
      case 'unsafe.Pointer':
        return { kind: SLOT.opaque, target: NONE }
      case 'func':
        return { kind: SLOT.func, target: NONE }
      case 'string':
        return { kind: SLOT.string, target: NONE }
      case 'slice':
        return { kind: SLOT.slice, target: row.element }
      case 'chan':
        return { kind: SLOT.channel, target: row.element }
      case 'map':
        return { kind: SLOT.map, target: type }
      case 'interface': {
        const isEmpty = this.#catalog.isEmptyInterface(type)
        return { kind: isEmpty ? SLOT.emptyInterface : SLOT.interface, target: NONE, skip: 8 }
      }
      default:
        return undefined
    }
  }

  #flattenStruct(type: TypeIndex, row: GoType, base: number, out: Entries, depth: number): boolean {
    const first = out.offset.length
    for (const field of row.fields) {
      if (!this.#flatten(field.type, base + field.offset, out, depth + 1)) return false
    }
    const known = this.#parts.slotsOf(type)
    for (let i = first; known !== undefined && i < out.offset.length; i++) {
      const slot = known.get(out.offset[i] - base)
      if (slot === undefined) continue
      out.kind[i] = slot.kind
      out.target[i] = slot.target
    }
    return true
  }
}

interface Entries {
  offset: number[]
  kind: SlotKind[]
  target: TypeIndex[]
}
