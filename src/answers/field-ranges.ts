import { NONE } from '../model/types.ts'
import { WORD_BYTES } from '../schema/graph-arrays.ts'
import type { HeapDb } from '../schema/heap-db.ts'

interface TypeParts {
  size: number
  fields: { type: number; offset: number; position: number }[]
  /** Of an array. */
  element: number
  length: number
}

/** Bytes [start, end) of a value. */
type Range = [start: number, end: number]

/** Where, in values of any type, a field of one type lies: in that type itself, and in structs and arrays that contain it. */
export class FieldRanges {
  readonly #field: { typeId: number; position: number }
  readonly #types: Map<number, TypeParts>
  readonly #ranges = new Map<number, Range[]>()

  constructor(db: HeapDb, field: { typeId: number; position: number }) {
    this.#field = field
    this.#types = readTypes(db)
  }

  /** For each word of a value of a type, by its id, 1 when it lies in the field; undefined when none does. */
  markWords(type: number): Uint8Array | undefined {
    const ranges = this.#rangesOf(type)
    if (ranges.length === 0) return undefined
    const marks = new Uint8Array(Math.ceil(this.#sizeOf(type) / WORD_BYTES))
    for (const [start, end] of ranges)
      marks.fill(1, Math.ceil(start / WORD_BYTES), Math.ceil(end / WORD_BYTES))
    return marks
  }

  #sizeOf(type: number): number {
    return this.#types.get(type)?.size ?? 0
  }

  #rangesOf(type: number): Range[] {
    const known = this.#ranges.get(type)
    if (known !== undefined) return known
    const ranges: Range[] = []
    // A type does not contain itself; damaged rows may say so.
    this.#ranges.set(type, ranges)
    const parts = this.#types.get(type)
    for (const { type: part, offset, position } of parts?.fields ?? []) {
      if (type === this.#field.typeId && position === this.#field.position) {
        ranges.push([offset, offset + this.#sizeOf(part)])
      } else {
        for (const [start, end] of this.#rangesOf(part)) ranges.push([offset + start, offset + end])
      }
    }
    if (parts !== undefined && parts.element !== NONE) {
      const size = this.#sizeOf(parts.element)
      const inner = this.#rangesOf(parts.element)
      for (let i = 0; i < parts.length && inner.length > 0; i++) {
        for (const [start, end] of inner) ranges.push([i * size + start, i * size + end])
      }
    }
    return ranges
  }
}

function readTypes(db: HeapDb): Map<number, TypeParts> {
  const types = new Map<number, TypeParts>()
  const sql = `SELECT id, size, CASE kind WHEN 'array' THEN COALESCE(element_id, ${NONE}) ELSE ${NONE} END, COALESCE(length, 0)
    FROM types`
  for (const [id, size, element, length] of db.numbers(sql))
    types.set(id, { size, fields: [], element, length })
  for (const [id, type, offset, position] of db.numbers(
    'SELECT type_id, field_type_id, offset, position FROM fields ORDER BY type_id, position',
  )) {
    types.get(id)?.fields.push({ type, offset, position })
  }
  return types
}
