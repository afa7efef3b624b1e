import { existsSync } from 'node:fs'
import { GoheapError } from '../errors.ts'
import { openCore } from '../extract/file/core.ts'
import { Problems } from '../model/problem.ts'
import type { Cell, HeapDb } from '../schema/heap-db.ts'
import { readQuery } from '../schema/query-file.ts'
import { type ReadLimits, ValueReader, type ValueRow } from './values/value-reader.ts'

export interface InspectOptions extends ReadLimits {
  /** The files that the database was made of; undefined: those of its metadata, when they are still there. */
  core?: string | undefined
  binary?: string | undefined
  /** Holders and held objects to list. */
  limit: number
}

type Row = Record<string, Cell>

/** All that is known of one object. */
export interface Inspection {
  /** Row of objects_named. */
  object: Row
  /** Parts of its value; null: its type is not known, or the core is not at hand. */
  values: ValueRow[] | null
  /** Why there are no values; null when there are. */
  values_missing: string | null
  /** Rows of the query refs-in. */
  holders: Row[]
  /** Objects that it alone keeps alive, heaviest first: id, label, size, retained_size. */
  dominated: Row[]
  /** Rows of the query path-to-root. */
  path: Row[]
}

/** @throws GoheapError 'usage', 'file', 'wrong-binary', ... for files that are given and do not fit */
export function inspectObject(db: HeapDb, id: number, options: InspectOptions): Inspection {
  const [object] = readRows(db.query('SELECT * FROM objects_named WHERE id = ?', [id]))
  if (object === undefined) throw new GoheapError('usage', `no object has the id ${id}`)
  const { values, missing } = readValues(db, object, options)
  const dominated = db.query(
    `SELECT n.id, n.label, n.size, n.retained_size FROM (
       SELECT id FROM objects WHERE idom_id = :id ORDER BY retained_size DESC, id LIMIT :limit
     ) d JOIN nodes n ON n.id = d.id ORDER BY n.retained_size DESC, n.id`,
    { id, limit: BigInt(options.limit) },
  )
  return {
    object,
    values,
    values_missing: missing,
    holders: readRows(db.runQuery(readQuery('refs-in'), { id, limit: options.limit })),
    dominated: readRows(dominated),
    path: readRows(db.runQuery(readQuery('path-to-root'), { id })),
  }
}

function readRows({ columns, rows }: { columns: readonly string[]; rows: Iterable<Cell[]> }): Row[] {
  return Array.from(rows, (cells) => Object.fromEntries(columns.map((name, place) => [name, cells[place]])))
}

/**
 * Parts of an object's value, or why there are none.
 *
 * @throws GoheapError as inspectObject
 */
export function readObjectValues(
  db: HeapDb,
  id: number,
  options: Omit<InspectOptions, 'limit'>,
): { values: ValueRow[] | null; missing: string | null } {
  const [object] = readRows(db.query('SELECT * FROM objects_named WHERE id = ?', [id]))
  if (object === undefined) throw new GoheapError('usage', `no object has the id ${id}`)
  return readValues(db, object, options)
}

function readValues(
  db: HeapDb,
  object: Row,
  options: Omit<InspectOptions, 'limit'>,
): { values: ValueRow[] | null; missing: string | null } {
  if (object.type === null) return { values: null, missing: 'the type is not known' }
  const metadata = db.metadata()
  const core = options.core ?? metadata.get('core_file')
  const binary = options.binary ?? metadata.get('binary_file')
  if (typeof core !== 'string' || typeof binary !== 'string') {
    return { values: null, missing: 'the database does not say which core it was made of' }
  }
  const isGiven = options.core !== undefined || options.binary !== undefined
  const absent = [core, binary].find((path) => !existsSync(path))
  if (absent !== undefined && !isGiven) {
    return { values: null, missing: `${absent} is not there any more: give --core and --binary` }
  }
  const opened = openCore(core, binary, new Problems())
  try {
    const size = metadata.get('core_size')
    if (size !== undefined && size !== opened.coreSize) {
      throw new GoheapError(
        'wrong-binary',
        `${core} has ${opened.coreSize} bytes, the core of ${db.path} had ${size}`,
      )
    }
    const reader = new ValueReader(db, opened.memory, options)
    const [[typeId]] = db.query('SELECT type_id FROM objects WHERE id = ?', [Number(object.id)]).rows
    const { id, address, length } = object
    const place = { id: Number(id), address: Number(address), length: Number(length), typeId: Number(typeId) }
    return { values: reader.readObject(place), missing: null }
  } finally {
    opened.close()
  }
}
