import Database from 'better-sqlite3'
import type { AnalysedHeap } from '../model/heap-graph.ts'
import { Progress } from '../progress.ts'
import { VERSION } from '../version.ts'
import { migrate } from './migrate.ts'
import { describeFileError, OutputFile } from './output-file.ts'
import { collectMetadata, mappingTable, metadataTable, moduleTable, problemTable } from './rows/facts.ts'
import { edgeTable, objectTable, spanTable, typeTotalTable } from './rows/objects.ts'
import { rootTables } from './rows/roots.ts'
import { stackTables } from './rows/stacks.ts'
import { stringTable } from './rows/strings.ts'
import { typeTables } from './rows/types.ts'
import { writeStatistics } from './statistics.ts'
import { sumTypes } from './totals.ts'
import { type TableRows, writeTable } from './write-table.ts'

export interface WriteOptions {
  /** Replace an existing file. */
  force?: boolean
  /** Files that must not be written over. */
  inputs?: readonly string[]
  progress?: Progress
}

/** Larger than SQLite's 4 KiB, for shallower trees. */
const PAGE_BYTES = 16384
/** Enough for the sorters of the largest indexes to work in memory at some ten million rows. */
const CACHE_KIB = 1_000_000

/**
 * Writes heap.db, complete or not at all: beside `path` first, then renamed over it.
 *
 * @throws GoheapError 'exists', 'usage' (`path` is an input), 'file' (unwritable, disk full), 'cancelled'
 */
export async function writeDatabase(
  analysed: AnalysedHeap,
  path: string,
  { force = false, inputs = [], progress = new Progress() }: WriteOptions = {},
): Promise<void> {
  progress.checkCancelled()
  const output = new OutputFile(path, { force, inputs })
  try {
    const database = new Database(output.temporary)
    try {
      await fill(database, analysed, progress)
    } finally {
      database.close()
    }
    progress.checkCancelled()
    output.publish()
  } catch (error) {
    output.discard()
    throw describeFileError(path, error)
  }
}

async function fill(database: Database.Database, analysed: AnalysedHeap, progress: Progress): Promise<void> {
  // No journal and no waiting for the disk: a failed file is thrown away, a complete one synced before it is renamed.
  // journal_mode = OFF is refused without unsafeMode.
  database.unsafeMode()
  database.pragma(`page_size = ${PAGE_BYTES}`)
  database.pragma('journal_mode = OFF')
  database.pragma('synchronous = OFF')
  database.pragma('locking_mode = EXCLUSIVE')
  database.pragma('temp_store = MEMORY')
  database.pragma(`cache_size = -${CACHE_KIB}`)
  database.pragma('threads = 2')
  database.pragma('foreign_keys = OFF')
  await migrate(database)
  const indexes = dropIndexes(database)
  database.exec('BEGIN')
  await writeRows(database, listTables(analysed), progress)
  createIndexes(database, indexes, progress)
  writeStatistics(database, analysed)
  database.exec('COMMIT')
}

/** Every table with its rows, referenced tables before those that refer to them where that is possible. */
function listTables(analysed: AnalysedHeap): TableRows[] {
  const { heap } = analysed
  const totals = sumTypes(analysed)
  const problems = [...heap.problems]
  const metadata = collectMetadata(analysed, totals, { version: VERSION, indexedAt: new Date() })
  return [
    metadataTable(metadata),
    moduleTable(heap.modules),
    mappingTable(heap.mappings),
    ...typeTables(heap.types.rows, problems),
    ...stackTables(heap.allocationStacks),
    spanTable(heap.spans),
    objectTable(analysed),
    typeTotalTable(totals),
    edgeTable(analysed),
    ...rootTables(analysed),
    stringTable(heap.strings),
    problemTable(problems),
  ]
}

async function writeRows(
  database: Database.Database,
  tables: TableRows[],
  progress: Progress,
): Promise<void> {
  const total = tables.reduce((rows, table) => rows + table.rowCount, 0)
  let done = 0
  for (const table of tables) {
    await writeTable(database, table, (rows) => progress.update('write', done + rows, total))
    done += table.rowCount
  }
}

/** Takes the indexes that the migrations made off the empty tables: sorting once is faster than inserting in any order. */
function dropIndexes(database: Database.Database): { name: string; sql: string }[] {
  const indexes = database
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid`,
    )
    .all()
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
  return indexes
}

function createIndexes(
  database: Database.Database,
  indexes: { name: string; sql: string }[],
  progress: Progress,
): void {
  indexes.forEach(({ sql }, done) => {
    progress.update('indexes', done, indexes.length)
    database.exec(sql)
  })
  progress.update('indexes', indexes.length, indexes.length)
}
