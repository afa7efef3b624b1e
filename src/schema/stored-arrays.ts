import { GoheapError } from '../errors.ts'
import type { ArrayName } from './graph-arrays.ts'
import type { HeapDb } from './heap-db.ts'

/**
 * The table graph_arrays of a database: its arrays as bytes and numbers.
 *
 * @throws GoheapError 'not-goheap' when the database has none, 'corrupt' when one cannot be what it should
 */
export class StoredArrays {
  readonly #db: HeapDb

  constructor(db: HeapDb) {
    this.#db = db
    for (const [count] of db.numbers(`SELECT COUNT(*) FROM sqlite_schema WHERE name = 'graph_arrays'`)) {
      if (count === 0) throw new GoheapError('not-goheap', `${db.path} was written by an older goheap`)
    }
  }

  read(name: ArrayName): ArrayBuffer {
    const length = 'SELECT COALESCE(SUM(LENGTH(data)), 0) FROM graph_arrays WHERE name = ?'
    let bytes = new Uint8Array(0)
    for (const [count] of this.#db.query(length, [name]).rows) bytes = new Uint8Array(Number(count))
    let at = 0
    for (const part of this.parts(name)) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes.buffer
  }

  *parts(name: ArrayName): Generator<Uint8Array> {
    const sql = 'SELECT data FROM graph_arrays WHERE name = ? ORDER BY part'
    for (const [part] of this.#db.query(sql, [name]).rows) {
      if (!(part instanceof Uint8Array)) throw this.damaged(name)
      yield part
    }
  }

  /** Numbers that all are below `limit`; `count` of them, or any number of them. */
  readNumbers<A extends Uint16Array | Uint32Array>(
    name: ArrayName,
    Numbers: { new (buffer: ArrayBuffer): A; BYTES_PER_ELEMENT: number },
    { limit, count }: { limit: number; count?: number },
  ): A {
    const bytes = this.read(name)
    if (bytes.byteLength % Numbers.BYTES_PER_ELEMENT !== 0) throw this.damaged(name)
    const numbers = new Numbers(bytes)
    let most = -1
    for (let i = 0; i < numbers.length; i++) if (numbers[i] > most) most = numbers[i]
    if (most >= limit || numbers.length !== (count ?? numbers.length)) throw this.damaged(name)
    return numbers
  }

  damaged(name: ArrayName): GoheapError {
    return new GoheapError('corrupt', `${this.#db.path}: the array ${name} does not fit the tables`)
  }
}
