import type { SearchGraph } from '../model/heap-graph.ts'
import { NONE } from '../model/types.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { loadOffsets, loadTypes } from '../schema/stored-graph.ts'

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

  /** Adds the rows of all pointers that lie in the field. */
  collect(graph: SearchGraph, edges: number[], rootEdges: number[]): void {
    const { objectCount } = graph
    const pointers = { first: graph.edges.first, offset: loadOffsets(this.#db) }
    const types = loadTypes(this.#db, objectCount)
    for (let object = 0; object < objectCount; object++) {
      if (types[object] === NONE) continue
      const ranges = this.#rangesOf(types[object] + 1)
      if (ranges.length > 0) collectRows(pointers, object, ranges, this.#sizeOf(types[object] + 1), edges)
    }
    const roots = `SELECT id - 1 - ${objectCount}, type_id FROM roots WHERE type_id IS NOT NULL`
    for (const [root, type] of this.#db.numbers(roots)) {
      const ranges = this.#rangesOf(type)
      if (ranges.length > 0) collectRows(graph.rootEdges, root, ranges, this.#sizeOf(type), rootEdges)
    }
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

function collectRows(
  table: { readonly first: Uint32Array; readonly offset: ArrayLike<number> },
  source: number,
  ranges: readonly Range[],
  size: number,
  rows: number[],
): void {
  for (let row = table.first[source]; row < table.first[source + 1]; row++) {
    const offset = table.offset[row] % size
    if (ranges.some(([start, end]) => offset >= start && offset < end)) rows.push(row)
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
