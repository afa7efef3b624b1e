import type { HeapDb } from '../schema/heap-db.ts'

/** Which words of one element of a type are pointers, by the rows of types and fields alone. */
export interface RowMask {
  /** Bytes after which the mask repeats: of an array, its element's. */
  readonly size: number
  /** Bytes of a value. */
  readonly valueSize: number
  readonly words: Int32Array
  /** Per word: second word of an interface. */
  readonly isInterface: Uint8Array
  readonly kind: string
}

interface TypeRow {
  name: string
  kind: string
  size: number
  pointerBytes: number | null
  element: number
  length: number | null
  runtimeAddress: number | null
  fields: { offset: number; type: number }[]
}

const MAX_WORDS = 1 << 20
const MAX_DEPTH = 100
const POINTER_KINDS = new Set(['ptr', 'map', 'chan', 'func', 'unsafe.Pointer', 'string', 'slice'])

/** Pointer masks made from the database's own rows. Types by row from 0. */
export class RowMasks {
  readonly rows: readonly TypeRow[]
  readonly #known = new Map<number, RowMask | undefined>()

  constructor(db: HeapDb) {
    const rows: TypeRow[] = []
    const types = db.query(
      `SELECT name, kind, size, pointer_bytes, COALESCE(element_id, 0) - 1, length, runtime_address
       FROM types ORDER BY id`,
    )
    for (const [name, kind, size, pointerBytes, element, length, runtimeAddress] of types.rows) {
      rows.push({
        name: String(name),
        kind: String(kind),
        size: Number(size),
        pointerBytes: pointerBytes === null ? null : Number(pointerBytes),
        element: Number(element),
        length: length === null ? null : Number(length),
        runtimeAddress: runtimeAddress === null ? null : Number(runtimeAddress),
        fields: [],
      })
    }
    const fields = 'SELECT type_id - 1, offset, field_type_id - 1 FROM fields ORDER BY type_id, position'
    for (const [type, offset, field] of db.numbers(fields)) rows[type].fields.push({ offset, type: field })
    this.rows = rows
  }

  /** undefined when the rows do not tell, or there are too many. */
  of(type: number): RowMask | undefined {
    if (this.#known.has(type)) return this.#known.get(type)
    const mask = this.#make(type)
    this.#known.set(type, mask)
    return mask
  }

  #make(type: number): RowMask | undefined {
    const { rows } = this
    let unit = type
    for (let depth = 0; rows[unit]?.kind === 'array' && rows[unit].element >= 0; depth++) {
      if (depth > MAX_DEPTH) return undefined
      unit = rows[unit].element
    }
    const found = new Map<number, boolean>()
    if (!this.#collect(unit, 0, found, 0)) return undefined
    const words = Int32Array.from(found.keys()).sort()
    const isInterface = Uint8Array.from(words, (word) => Number(found.get(word)))
    const { kind, size } = rows[type]
    return { size: rows[unit].size, valueSize: size, words, isInterface, kind }
  }

  #collect(type: number, base: number, found: Map<number, boolean>, depth: number): boolean {
    const row = this.rows[type]
    if (row === undefined || depth > MAX_DEPTH || row.pointerBytes === null) return false
    if (row.pointerBytes === 0) return true
    if (POINTER_KINDS.has(row.kind)) found.set(base / 8, false)
    else if (row.kind === 'interface') found.set(base / 8 + 1, true)
    else if (row.kind === 'array') {
      if (row.element < 0) return false
      const step = this.rows[row.element].size
      for (let i = 0; i < (row.length ?? 0); i++) {
        if (!this.#collect(row.element, base + i * step, found, depth + 1)) return false
      }
    } else {
      for (const field of row.fields) {
        if (!this.#collect(field.type, base + field.offset, found, depth + 1)) return false
      }
    }
    return found.size <= MAX_WORDS
  }
}
