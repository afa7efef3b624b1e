import { identify } from '../../base/file-identity.ts'
import { HeapDb } from '../../index.ts'
import type { Answer } from './answer.ts'
import { answerDuplicateStrings } from './answers/strings.ts'
import { answerValues } from './answers/values.ts'
import { Comparison } from './compare/comparison.ts'
import { SqlConsole } from './console.ts'
import { Exports } from './export/exports.ts'
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
  exports: Exports
  /** Why nothing can be answered any more; undefined as long as the file is the one that was opened. */
  findChange(): string | undefined
  saved: SavedQueries
  close(): void
}

/** @throws GoheapError as HeapDb.open */
export function openHeap(
  path: string,
  { compare, core, binary, sqlSeconds = 20, savedQueries }: HeapOptions,
): OpenedHeap {
  const files = compare === undefined ? [path] : [path, compare]
  const identities = files.map(identify)
  const db = HeapDb.open(path)
  let old: HeapDb | undefined
  try {
    old = compare === undefined ? undefined : HeapDb.open(compare)
  } catch (error) {
    db.close()
    throw error
  }
  const sql = new SqlConsole(path, sqlSeconds)
  const exports = new Exports({ path, compare, core, binary })
  const routes = new Map(buildRoutes(old))
  const saved = new SavedQueries(savedQueries)
  const comparison = compare === undefined ? undefined : new Comparison(compare, path)
  if (comparison !== undefined) routes.set('compare', comparison.answer)
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
    exports,
    findChange: () => {
      const changed = files.find((file, i) => identify(file) !== identities[i])
      if (changed === undefined) return undefined
      return `${changed} is not the file any more that this viewer was started with: start goheap again`
    },
    saved,
    close: () => {
      sql.close()
      exports.close()
      comparison?.close()
      db.close()
      old?.close()
    },
  }
}
