import Database from 'better-sqlite3'
import type { Progress, Stage } from '../progress.ts'
import { migrate } from './migrate.ts'
import { listTrees, type Tree, writeTrees } from './pages/write-pages.ts'
import { type Statistic, writeStatistics } from './statistics.ts'
import { type TableRows, writeTable } from './write-table.ts'

/** pages: tables that can be large are written as pages of the file, the others by SQL. */
export type FillMethod = 'pages' | 'sql'

export interface DatabaseContents {
  tables: readonly TableRows[]
  statistics: readonly Statistic[]
  method: FillMethod
}

/** Tables of millions of rows, in the order of their keys. */
const LARGE_TABLES = ['objects', 'edges', 'strings', 'array_copies']
/** Larger than SQLite's 4 KiB, for shallower trees. */
const PAGE_BYTES = 16384
const CACHE_KIB = 256 * 1024

/** Makes the schema in an empty file and puts everything into it. */
export async function fillDatabase(
  path: string,
  { tables, statistics, method }: DatabaseContents,
  progress: Progress,
): Promise<void> {
  const large = new Set(
    tables
      .filter((table) => method === 'pages' && LARGE_TABLES.includes(table.name) && hasOnlyNumbers(table))
      .map(({ name }) => name),
  )
  const reportTable = shareProgress('write', tables, progress)
  const database = openEmpty(path)
  let trees: Tree[]
  try {
    await migrate(database)
    const indexes = dropIndexes(database, (index) => !large.has(index.table))
    trees = tables.filter(({ name }) => large.has(name)).flatMap((table) => listTrees(database, table))
    database.exec('BEGIN')
    for (const table of tables.filter(({ name }) => !large.has(name))) {
      await writeTable(database, table, reportTable(table))
    }
    for (const { sql } of indexes) {
      progress.checkCancelled()
      database.exec(sql)
    }
    writeStatistics(database, statistics)
    database.exec('COMMIT')
  } finally {
    database.close()
  }
  const indexTrees = trees.filter(({ kind }) => kind === 'index')
  const tableTrees = trees.filter(({ kind }) => kind !== 'index')
  const reportIndex = shareProgress(
    'indexes',
    indexTrees.map(({ table }) => table),
    progress,
  )
  await writeTrees(path, tableTrees, ({ table }) => reportTable(table))
  await writeTrees(path, indexTrees, ({ table }) => reportIndex(table))
}

/** Text, as `strings` can have, is written by SQL. */
function hasOnlyNumbers({ columns }: TableRows): boolean {
  return columns.every((column) => 'numbers' in column || 'wide' in column)
}

/** Without a journal and without waiting for the disk: a failed file is thrown away, a complete one synced before it is renamed. */
function openEmpty(path: string): Database.Database {
  const database = new Database(path)
  // journal_mode = OFF is refused without it.
  database.unsafeMode()
  database.pragma(`page_size = ${PAGE_BYTES}`)
  database.pragma('journal_mode = OFF')
  database.pragma('synchronous = OFF')
  database.pragma('locking_mode = EXCLUSIVE')
  database.pragma('temp_store = MEMORY')
  database.pragma(`cache_size = -${CACHE_KIB}`)
  database.pragma('foreign_keys = OFF')
  return database
}

/** Gives each table, in whatever order, its part of a stage's progress. */
function shareProgress(stage: Stage, tables: readonly TableRows[], progress: Progress) {
  const total = tables.reduce((rows, table) => rows + table.rowCount, 0)
  let next = 0
  return (table: TableRows) => {
    const start = next
    next += table.rowCount
    return (rows: number) => progress.update(stage, start + rows, total)
  }
}

interface Index {
  name: string
  table: string
  sql: string
}

/** Takes indexes that the migrations made off the empty tables: sorting once is faster than inserting in any order. */
function dropIndexes(database: Database.Database, isDropped: (index: Index) => boolean): Index[] {
  const indexes = database
    .prepare<[], Index>(
      `SELECT name, tbl_name AS "table", sql FROM sqlite_schema
       WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid`,
    )
    .all()
    .filter(isDropped)
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
  return indexes
}
