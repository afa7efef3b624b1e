import Database from 'better-sqlite3'
import { DELTA_APPLICATION_ID } from './format.ts'
import { describeFileError, OutputFile } from './output-file.ts'

/** What differs in one thing between heaps; a row of `deltas`, where its figures are explained. */
export interface Delta {
  /** path, type, package, module, root, goroutine */
  aspect: string
  name: string
  /** unknown: it may be in a heap whose smallest paths were left out. */
  state: 'new' | 'gone' | 'changed' | 'unknown'
  old_count: number | null
  new_count: number | null
  count_delta: number | null
  old_size: number | null
  new_size: number | null
  size_delta: number | null
  old_retained: number | null
  new_retained: number | null
  retained_delta: number | null
  /** A node of the last heap, the one that retains most; null where none is known. */
  example_id: number | null
  /** In each heap, in the order given. */
  series: { count: number | null; size: number | null; retained: number | null }[]
}

/** What became of objects of a type between two moments of one process; a row of `object_deltas`. */
export interface ObjectDelta {
  type: string
  kept: number
  kept_size: number
  gone: number
  gone_size: number
  new: number
  new_size: number
  /** At an address that held an object of another type or size before. */
  reused: number
  reused_size: number
}

export interface Comparison {
  /** Databases compared, in order. */
  paths: readonly string[]
  deltas: readonly Delta[]
  /** undefined: not of one process. */
  objects: readonly ObjectDelta[] | undefined
}

const SCHEMA = `
CREATE TABLE databases (
  -- Heaps that were compared, in order.
  id INTEGER PRIMARY KEY, -- 1..
  path TEXT NOT NULL      -- file
) STRICT;
CREATE TABLE deltas (
  -- What differs from the first heap to the last; of more than two, what grows in every one.
  id INTEGER PRIMARY KEY,  -- 1.., by aspect, the largest growth first
  aspect TEXT NOT NULL,    -- path (of types in the dominator tree), type, package, module, root, goroutine
  name TEXT NOT NULL,      -- what is compared
  state TEXT NOT NULL,     -- new, gone, changed; unknown: small paths of a heap were left out, and this may be one
  old_count INTEGER,       -- reachable objects (path: nodes, root: variables, goroutine: goroutines); NULL when not known
  new_count INTEGER,       -- likewise
  count_delta INTEGER,     -- new_count - old_count
  old_size INTEGER,        -- their own bytes: slots of objects, of maps with their groups and tables (root: what the variable lies in, goroutine: stacks); NULL for packages and modules, and when not known
  new_size INTEGER,        -- likewise
  size_delta INTEGER,      -- new_size - old_size
  old_retained INTEGER,    -- slot bytes that they keep alive (type: at least, package, module: that belong to them); NULL when not known
  new_retained INTEGER,    -- likewise
  retained_delta INTEGER,  -- new_retained - old_retained
  example_id INTEGER,      -- node of the last heap, the one that retains most; NULL when it has none, and for types, packages, modules
  UNIQUE (aspect, name)
) STRICT;
CREATE TABLE series (
  -- The figures of each delta in each heap.
  delta_id INTEGER NOT NULL REFERENCES deltas (id),       -- what
  database_id INTEGER NOT NULL REFERENCES databases (id), -- where
  count INTEGER,    -- as in deltas
  size INTEGER,     -- as in deltas
  retained INTEGER, -- as in deltas
  PRIMARY KEY (delta_id, database_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE object_deltas (
  -- Two moments of one process: objects by address, garbage included. No rows when the heaps are of different processes.
  type TEXT NOT NULL PRIMARY KEY, -- Go type, or (unknown)
  kept INTEGER NOT NULL,          -- objects at an address that held the same type and size before
  kept_size INTEGER NOT NULL,     -- their bytes
  gone INTEGER NOT NULL,          -- objects that are not there any more
  gone_size INTEGER NOT NULL,     -- their bytes
  new INTEGER NOT NULL,           -- objects at an address that held none
  new_size INTEGER NOT NULL,      -- their bytes
  reused INTEGER NOT NULL,        -- objects in a slot that held another type or size
  reused_size INTEGER NOT NULL    -- their bytes
) STRICT, WITHOUT ROWID;
`

/**
 * Writes a comparison as a database of its own, complete or not at all.
 *
 * @throws GoheapError 'exists', 'usage' (`path` is one of those compared), 'file'
 */
export function writeComparison(path: string, comparison: Comparison, { force }: { force: boolean }): void {
  const output = new OutputFile(path, { force, inputs: comparison.paths })
  try {
    const database = new Database(output.temporary)
    try {
      database.pragma('journal_mode = OFF')
      database.pragma(`application_id = ${DELTA_APPLICATION_ID}`)
      database.exec(SCHEMA)
      database.transaction(fillTables)(database, comparison)
    } finally {
      database.close()
    }
    output.publish()
  } catch (error) {
    output.discard()
    throw describeFileError(path, error)
  }
}

function fillTables(database: Database.Database, { paths, deltas, objects }: Comparison): void {
  const databases = database.prepare('INSERT INTO databases (id, path) VALUES (?, ?)')
  for (const [place, path] of paths.entries()) databases.run(place + 1, path)
  const delta =
    database.prepare(`INSERT INTO deltas VALUES (:id, :aspect, :name, :state, :old_count, :new_count,
    :count_delta, :old_size, :new_size, :size_delta, :old_retained, :new_retained, :retained_delta, :example_id)`)
  const series = database.prepare('INSERT INTO series VALUES (?, ?, ?, ?, ?)')
  for (const [place, { series: figures, ...row }] of deltas.entries()) {
    delta.run({ id: place + 1, ...row })
    for (const [at, { count, size, retained }] of figures.entries()) {
      series.run(place + 1, at + 1, count, size, retained)
    }
  }
  const object = database.prepare(`INSERT INTO object_deltas VALUES
    (:type, :kept, :kept_size, :gone, :gone_size, :new, :new_size, :reused, :reused_size)`)
  for (const row of objects ?? []) object.run(row)
}
