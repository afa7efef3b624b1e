import type { HeapDb } from '../../schema/heap-db.ts'

export interface TypeField {
  name: string
  offset: number
  type: number
}

/** A row of `types` with its fields. Ids as in the database; undefined for NULL. */
export interface TypeRow {
  id: number
  name: string
  kind: string
  size: number
  element: number | undefined
  length: number | undefined
  /** By offset. */
  fields: TypeField[]
}

/** All types of a database, by id and by address of the runtime's descriptor. */
export class TypeRows {
  readonly #byId = new Map<number, TypeRow>()
  readonly #byAddress = new Map<number, TypeRow>()

  constructor(db: HeapDb) {
    const sql = 'SELECT id, name, kind, size, element_id, length, runtime_address FROM types'
    for (const [id, name, kind, size, element, length, address] of db.query(sql).rows) {
      const row: TypeRow = {
        ...{ id: Number(id), name: String(name), kind: String(kind), size: Number(size) },
        ...{ element: toNumber(element), length: toNumber(length), fields: [] },
      }
      this.#byId.set(row.id, row)
      if (address !== null) this.#byAddress.set(Number(address), row)
    }
    const fields = 'SELECT type_id, name, offset, field_type_id FROM fields ORDER BY type_id, position'
    for (const [owner, name, offset, type] of db.query(fields).rows) {
      this.#byId
        .get(Number(owner))
        ?.fields.push({ name: String(name), offset: Number(offset), type: Number(type) })
    }
  }

  get(id: number | undefined): TypeRow | undefined {
    return id === undefined ? undefined : this.#byId.get(id)
  }

  /** The type whose runtime descriptor (abi.Type) lies at an address. */
  at(address: number): TypeRow | undefined {
    return this.#byAddress.get(address)
  }
}

function toNumber(cell: unknown): number | undefined {
  return cell === null ? undefined : Number(cell)
}
