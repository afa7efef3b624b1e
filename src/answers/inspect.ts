import { existsSync } from 'node:fs'
import { FaultError, GoheapError } from '../errors.ts'
import { type Core, openCore } from '../extract/file/core.ts'
import { fingerprintCore } from '../extract/file/fingerprint.ts'
import type { Memory } from '../extract/file/memory.ts'
import { Problems } from '../model/problem.ts'
import { type Cell, type HeapDb, readRecords } from '../schema/heap-db.ts'
import { readQuery } from '../schema/query-file.ts'
import { type ReadLimits, ValueReader, type ValueRow } from './values/value-reader.ts'

/** The files that a database was made of; undefined: those of its metadata, when they are still there. */
export interface Files {
  core?: string | undefined
  binary?: string | undefined
}

export interface InspectOptions extends ReadLimits, Files {
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

/** @throws GoheapError 'usage', 'file', 'wrong-binary', 'wrong-core', ... for files that are given and do not fit */
export function inspectObject(db: HeapDb, id: number, options: InspectOptions): Inspection {
  const [object] = readRecords(db.query('SELECT * FROM objects_named WHERE id = ?', [id]))
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
    holders: readRecords(db.runQuery(readQuery('refs-in'), { id, limit: options.limit })),
    dominated: readRecords(dominated),
    path: readRecords(db.runQuery(readQuery('path-to-root'), { id })),
  }
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
  const [object] = readRecords(db.query('SELECT * FROM objects_named WHERE id = ?', [id]))
  if (object === undefined) throw new GoheapError('usage', `no object has the id ${id}`)
  return readValues(db, object, options)
}

function readValues(
  db: HeapDb,
  object: Row,
  options: Omit<InspectOptions, 'limit'>,
): { values: ValueRow[] | null; missing: string | null } {
  if (object.type === null) return { values: null, missing: 'the type is not known' }
  const { result, missing } = withMemory(db, options, (memory) => {
    const [[typeId]] = db.query('SELECT type_id FROM objects WHERE id = ?', [Number(object.id)]).rows
    const { id, address, length } = object
    const place = { id: Number(id), address: Number(address), length: Number(length), typeId: Number(typeId) }
    return new ValueReader(db, memory, options).readObject(place)
  })
  return { values: result, missing }
}

/** Bytes of a text that are shown. */
const TEXT_BYTES = 200

/**
 * Bytes at addresses as text, up to TEXT_BYTES of each, null for what the core does not hold; or why there are none.
 *
 * @throws GoheapError as inspectObject
 */
export function readTexts(
  db: HeapDb,
  places: readonly { address: number; length: number }[],
  files: Files,
): { texts: (string | null)[] | null; missing: string | null } {
  const { result, missing } = withMemory(db, files, (memory) =>
    places.map(({ address, length }) => {
      try {
        return Buffer.from(memory.readBytes(address, Math.min(length, TEXT_BYTES))).toString('utf8')
      } catch (error) {
        if (error instanceof FaultError) return null
        throw error
      }
    }),
  )
  return { texts: result, missing }
}

/** Reads from the core that a database was made of, as long as it is at hand; `missing`: why it is not. */
function withMemory<T>(
  db: HeapDb,
  files: Files,
  read: (memory: Memory) => T,
): { result: T | null; missing: string | null } {
  const metadata = db.metadata()
  const core = files.core ?? metadata.get('core_file')
  const binary = files.binary ?? metadata.get('binary_file')
  if (typeof core !== 'string' || typeof binary !== 'string') {
    return { result: null, missing: 'the database does not say which core it was made of' }
  }
  const isGiven = files.core !== undefined || files.binary !== undefined
  const absent = [core, binary].find((path) => !existsSync(path))
  if (absent !== undefined && !isGiven) {
    return { result: null, missing: `${absent} is not there any more: give --core and --binary` }
  }
  try {
    return { result: readCore(db, { core, binary }, read), missing: null }
  } catch (error) {
    // What nobody asked for need not fit: it may be another file by now, or compressed.
    if (isGiven || !(error instanceof GoheapError)) throw error
    return { result: null, missing: error.message }
  }
}

/** @throws GoheapError as openCore, and 'wrong-core' */
function readCore<T>(
  db: HeapDb,
  { core, binary }: { core: string; binary: string },
  read: (memory: Memory) => T,
): T {
  const opened = openCore(core, binary, new Problems())
  try {
    const difference = findDifference(db, opened)
    if (difference !== undefined) throw new GoheapError('wrong-core', difference)
    return read(opened.memory)
  } finally {
    opened.close()
  }
}

/**
 * Why a core is not the one that the database was made of; undefined when it is. Of a database without a fingerprint, which
 * older builds wrote, nothing but the size is compared.
 */
function findDifference(db: HeapDb, core: Core): string | undefined {
  const metadata = db.metadata()
  const size = metadata.get('core_size')
  if (size !== undefined && size !== core.coreSize) {
    return `${core.corePath} has ${core.coreSize} bytes, the core of ${db.path} had ${size}`
  }
  const fingerprint = metadata.get('core_fingerprint')
  if (fingerprint === undefined || fingerprint === fingerprintCore(core)) return undefined
  return `${core.corePath} is not the core of ${db.path}, but of another moment or process`
}
