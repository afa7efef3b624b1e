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

/**
 * Types of a database, by id and by address of the runtime's descriptor. Each is read when it is asked for: a program has tens of
 * thousands, and a value few.
 */
export class TypeRows {
  readonly #db: HeapDb
  readonly #byId = new Map<number, TypeRow | undefined>()
  #byAddress: ReadonlyMap<number, number> | undefined

  constructor(db: HeapDb) {
    this.#db = db
  }

  get(id: number | undefined): TypeRow | undefined {
    if (id === undefined) return undefined
    if (!this.#byId.has(id)) this.#byId.set(id, this.#read(id))
    return this.#byId.get(id)
  }

  /** The type whose runtime descriptor (abi.Type) lies at an address. */
  at(address: number): TypeRow | undefined {
    this.#byAddress ??= this.#readAddresses()
    return this.get(this.#byAddress.get(address))
  }

  #read(id: number): TypeRow | undefined {
    const sql = 'SELECT name, kind, size, element_id, length FROM types WHERE id = ?'
    const [found] = this.#db.query(sql, [BigInt(id)]).rows
    if (found === undefined) return undefined
    const [name, kind, size, element, length] = found
    const fields = 'SELECT name, offset, field_type_id FROM fields WHERE type_id = ? ORDER BY position'
    return {
      ...{ id, name: String(name), kind: String(kind), size: Number(size) },
      ...{ element: toNumber(element), length: toNumber(length) },
      fields: Array.from(this.#db.query(fields, [BigInt(id)]).rows, ([name, offset, type]) => ({
        name: String(name),
        offset: Number(offset),
        type: Number(type),
      })),
    }
  }

  #readAddresses(): ReadonlyMap<number, number> {
    const sql = 'SELECT runtime_address, id FROM types WHERE runtime_address IS NOT NULL'
    return new Map(Array.from(this.#db.query(sql).rows, ([address, id]) => [Number(address), Number(id)]))
  }
}

function toNumber(cell: unknown): number | undefined {
  return cell === null ? undefined : Number(cell)
}
