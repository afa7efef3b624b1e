import type { HeapDb } from '../schema/heap-db.ts'
import { type TypeRow, TypeRows } from './values/type-rows.ts'

/** Kinds whose first word points. */
const POINTERS = new Set(['ptr', 'map', 'chan', 'func', 'unsafe.Pointer', 'string', 'slice'])
/** A type does not contain itself; damaged rows may say so. */
const MAX_DEPTH = 100

/** Names of pointers by their places in values: as in the view `pointers`, but for `[…]` in place of places in arrays. */
export class FieldNames {
  readonly #types: TypeRows

  constructor(db: HeapDb) {
    this.#types = new TypeRows(db)
  }

  /**
   * '' when the value is itself the pointer; undefined when the type, or what lies at the offset, is not known.
   * `isSeveral`: in one of several values behind each other.
   */
  find(typeId: number, offset: number, isSeveral = false): string | undefined {
    let type = this.#types.get(typeId)
    if (type === undefined || type.size === 0 || (offset >= type.size && !isSeveral)) return undefined
    let rest = offset % type.size
    let path = isSeveral ? '[…]' : ''
    for (let depth = 0; type !== undefined && depth < MAX_DEPTH; depth++) {
      const field = fieldAt(type, rest)
      if (field !== undefined) {
        path += `.${field.name}`
        rest -= field.offset
        type = this.#types.get(field.type)
        continue
      }
      const element = type.kind === 'array' ? this.#types.get(type.element) : undefined
      if (element === undefined || element.size === 0) break
      path += '[…]'
      rest %= element.size
      type = element
    }
    if (type === undefined) return undefined
    if (POINTERS.has(type.kind)) return rest === 0 ? path : undefined
    return type.kind === 'interface' && (rest === 0 || rest === 8) ? path : undefined
  }
}

/** The last field that begins at an offset or before it. */
function fieldAt({ fields }: TypeRow, offset: number): TypeRow['fields'][number] | undefined {
  let found: TypeRow['fields'][number] | undefined
  for (const field of fields)
    if (field.offset <= offset && (found === undefined || field.offset >= found.offset)) found = field
  return found
}
