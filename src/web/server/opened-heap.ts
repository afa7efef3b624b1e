import { HeapDb } from '../../index.ts'
import type { Answer } from './answer.ts'
import { answerDuplicateStrings } from './answers/strings.ts'
import { answerValues } from './answers/values.ts'
import { SqlConsole } from './console.ts'
import { buildRoutes } from './routes.ts'
import { SavedQueries } from './saved-queries.ts'

export interface HeapOptions {
  /** Another heap.db to compare with, such as that of the last release. */
  compare?: string | undefined
  /** Files to read values from; by default those that the database names, when they are still there. */
  core?: string | undefined
  binary?: string | undefined
  /** Seconds after which a statement of the SQL console is stopped; default 20. */
  sqlSeconds?: number
  /** File of the user's own queries; default: in the folder of the user's settings. */
  savedQueries?: string
}

/** A database and all that answers questions about it. */
export interface OpenedHeap {
  db: HeapDb
  routes: ReadonlyMap<string, Answer>
  sql: SqlConsole
  saved: SavedQueries
  close(): void
}

/** @throws GoheapError as HeapDb.open */
export function openHeap(
  path: string,
  { compare, core, binary, sqlSeconds = 20, savedQueries }: HeapOptions,
): OpenedHeap {
  const db = HeapDb.open(path)
  let old: HeapDb | undefined
  try {
    old = compare === undefined ? undefined : HeapDb.open(compare)
  } catch (error) {
    db.close()
    throw error
  }
  const sql = new SqlConsole(path, sqlSeconds)
  const routes = new Map(buildRoutes(old))
  const saved = new SavedQueries(savedQueries)
  routes.set('saved', () => {
    // The page of the console begins with this.
    sql.start()
    return saved.list()
  })
  routes.set('values', answerValues({ core, binary }))
  routes.set('duplicate-strings', answerDuplicateStrings({ core, binary }))
  return {
    db,
    routes,
    sql,
    saved,
    close: () => {
      sql.close()
      db.close()
      old?.close()
    },
  }
}
