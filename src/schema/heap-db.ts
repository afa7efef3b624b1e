import Database from 'better-sqlite3'
import type { Kysely } from 'kysely'
import { GoheapError } from '../errors.ts'
import { checkDatabaseHeader } from './database-header.ts'
import { hintAtMissing } from './missing-names.ts'
import { type Argument, bindArguments, type QueryFile } from './query-file.ts'
import { defineFunctions } from './sql-functions.ts'
import type { HeapTables } from './tables.ts'

/** A value in a result. Integers beyond 2^53 come as bigint, all others as number. */
export type Cell = number | bigint | string | Uint8Array | null

export interface QueryResult {
  readonly columns: readonly string[]
  /** Runs the query while it is read; to be read once. */
  readonly rows: Iterable<Cell[]>
}

/** Rows of a result by the names of its columns. */
export function readRecords({ columns, rows }: QueryResult): Record<string, Cell>[] {
  return Array.from(rows, (cells) => Object.fromEntries(columns.map((name, place) => [name, cells[place]])))
}

/**
 * A heap.db opened for reading. Nothing that is run through it can change the file. SQL has the functions of
 * FUNCTIONS (sql-functions.ts) besides SQLite's own.
 */
export class HeapDb {
  readonly path: string
  readonly #database: Database.Database
  /** Where functions look things up: a connection that runs a query can run no other one meanwhile. */
  readonly #lookups: Database.Database

  private constructor(path: string, database: Database.Database, lookups: Database.Database) {
    this.path = path
    this.#database = database
    this.#lookups = lookups
    defineFunctions(database, lookups)
  }

  /** @throws GoheapError 'file', 'not-goheap' (another file, or of another schema version), 'truncated' */
  static open(path: string): HeapDb {
    checkDatabaseHeader(path)
    const database = new Database(path, { readonly: true, fileMustExist: true })
    database.pragma('query_only = ON')
    // At once: by the time of the first look-up another file may have taken the place of this one.
    return new HeapDb(path, database, new Database(path, { readonly: true, fileMustExist: true }))
  }

  close(): void {
    this.#lookups.close()
    this.#database.close()
  }

  /** The table metadata. */
  metadata(): Map<string, string | number> {
    const sql = 'SELECT key, value FROM metadata ORDER BY key'
    const rows = this.#all<HeapTables['metadata']>(sql)
    return new Map(rows.map(({ key, value }) => [key, value]))
  }

  /** Types with their object counts and bytes, by reachable bytes, heaviest first. */
  histogram(limit = 50): HeapTables['histogram'][] {
    return this.#all('SELECT * FROM histogram ORDER BY reachable_bytes DESC, bytes DESC, type LIMIT ?', limit)
  }

  /** What could not be read or did not hold, errors first. */
  problems(): HeapTables['problems'][] {
    return this.#all(
      `SELECT * FROM problems
       ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, id`,
    )
  }

  /**
   * Runs one SELECT (or another statement that gives rows). Parameters by position, or by name as an object.
   *
   * @throws GoheapError 'query', also while rows are read; 'corrupt' when the file itself is damaged
   */
  query(sql: string, parameters: readonly Argument[] | Record<string, Argument> = []): QueryResult {
    const statement = this.#prepare(sql)
    const columns = statement.columns().map((column) => column.name)
    const start = () => statement.iterate(parameters)
    return { columns, rows: readRows(start) }
  }

  /**
   * First column of a statement, as `query` gives it, but for integers beyond 2^53, which are rounded: for sets of millions.
   *
   * @throws GoheapError 'query', also while it is read
   */
  *firstColumn(sql: string): Generator<Cell> {
    const statement = this.#prepare(sql).safeIntegers(false).pluck()
    try {
      yield* statement.iterate() as IterableIterator<Cell>
    } catch (error) {
      throw describeQueryError(error)
    }
  }

  /**
   * Runs a query of queries/ with arguments by name; those left out have the default that the file gives.
   *
   * @throws GoheapError 'usage' for an argument that the query does not know, or one missing or of the wrong type
   */
  runQuery(file: QueryFile, args: Readonly<Record<string, string | number>> = {}): QueryResult {
    return this.query(file.sql, bindArguments(file, args))
  }

  /**
   * Rows of a query of goheap's own whose cells are all numbers that a double holds exactly:
   * for tables of tens of millions of rows. Runs while it is read.
   */
  *numbers(sql: string): Generator<number[]> {
    try {
      yield* this.#database.prepare<[], number[]>(sql).raw().iterate()
    } catch (error) {
      throw describeQueryError(error)
    }
  }

  /** A query of goheap's own with one parameter, prepared: gives its first row, all numbers; undefined for none. */
  lookUp(sql: string): (key: number) => number[] | undefined {
    const statement = this.#database.prepare<[number], number[]>(sql).raw()
    return (key) => {
      try {
        return statement.get(key)
      } catch (error) {
        throw describeQueryError(error)
      }
    }
  }

  /** The same file for kysely's query builder, on a connection of its own: destroy() it when done. */
  async openKysely(): Promise<Kysely<HeapTables>> {
    const { Kysely, SqliteDialect } = await import('kysely')
    const database = new Database(this.path, { readonly: true, fileMustExist: true })
    return new Kysely<HeapTables>({ dialect: new SqliteDialect({ database }) })
  }

  #prepare(sql: string): Database.Statement<unknown[], bigint[]> {
    let statement: Database.Statement<unknown[], bigint[]>
    try {
      statement = this.#database.prepare(sql)
    } catch (error) {
      throw describeQueryError(error, this.#database)
    }
    if (!statement.reader) throw new GoheapError('query', 'only a statement that gives rows can be run')
    return statement.raw().safeIntegers()
  }

  /** A statement of goheap's own. */
  #all<Row>(sql: string, ...parameters: Argument[]): Row[] {
    try {
      return this.#database.prepare<Argument[], Row>(sql).all(...parameters)
    } catch (error) {
      throw describeQueryError(error)
    }
  }
}

function* readRows(start: () => IterableIterator<Cell[]>): Generator<Cell[]> {
  try {
    for (const row of start()) yield row.map(narrowInteger)
  } catch (error) {
    throw describeQueryError(error)
  }
}

function narrowInteger(cell: Cell): Cell {
  if (typeof cell !== 'bigint') return cell
  const number = Number(cell)
  return Number.isSafeInteger(number) ? number : cell
}

/** SQLite's own words for a query that does not run; a wrong number of parameters is better-sqlite3's RangeError. */
function describeQueryError(error: unknown, database?: Database.Database): unknown {
  if (error instanceof Database.SqliteError) {
    const isDamage = error.code.startsWith('SQLITE_CORRUPT') || error.code.startsWith('SQLITE_NOTADB')
    const hint = database === undefined ? '' : hintAtMissing(error.message, database)
    return new GoheapError(isDamage ? 'corrupt' : 'query', error.message + hint, { cause: error })
  }
  if (error instanceof RangeError) return new GoheapError('query', error.message, { cause: error })
  return error
}
