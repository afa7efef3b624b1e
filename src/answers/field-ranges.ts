import type { RootGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { loadTypes, type PointerTest } from '../schema/stored-graph.ts'

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
  readonly #db: HeapDb
  readonly #field: { typeId: number; position: number }
  readonly #types: Map<number, TypeParts>
  readonly #ranges = new Map<number, Range[]>()

  constructor(db: HeapDb, field: { typeId: number; position: number }) {
    this.#db = db
    this.#field = field
    this.#types = readTypes(db)
  }

  /** Tells pointers of objects that lie in the field. */
  ofObjects(objectCount: number): PointerTest {
    const types = loadTypes(this.#db, objectCount)
    return (source, offset) => types[source] !== NONE && this.#holds(types[source] + 1, offset)
  }

  /** Adds the rows of pointers of roots that lie in the field. */
  collectRoots({ objectCount, rootEdges: { first, offset } }: RootGraph, rows: number[]): void {
    const roots = `SELECT id - 1 - ${objectCount}, type_id FROM roots WHERE type_id IS NOT NULL`
    for (const [root, type] of this.#db.numbers(roots)) {
      for (let row = first[root]; row < first[root + 1]; row++) {
        if (this.#holds(type, offset[row])) rows.push(row)
      }
    }
  }

  /** Is a place in a value of a type, or in one of several behind each other, in the field? */
  #holds(type: number, offset: number): boolean {
    const ranges = this.#rangesOf(type)
    if (ranges.length === 0) return false
    const within = offset % this.#sizeOf(type)
    return ranges.some(([start, end]) => within >= start && within < end)
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
