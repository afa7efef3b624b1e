import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GoheapError } from '../../errors.ts'
import { settingsFolder } from '../../settings-folder.ts'

export interface SavedQuery {
  name: string
  sql: string
}

const MOST_SAVED = 500

/**
 * Queries that the user keeps, for all databases: a file in the folder of the user's settings, since a viewer has another
 * port, and so another storage in the browser, each time.
 */
export class SavedQueries {
  readonly #path: string

  constructor(path = join(settingsFolder(), 'queries.json')) {
    this.#path = path
  }

  /** By name. Throws 'file' when the file is there and cannot be read. */
  list(): SavedQuery[] {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw new GoheapError('file', `cannot read ${this.#path}: ${error}`, { cause: error })
    }
    return parseQueries(text, this.#path)
  }

  /** Keeps a query, in place of the one of that name; without `sql` it is forgotten. */
  save(name: string, sql: string | null): SavedQuery[] {
    const others = this.list().filter((query) => query.name !== name)
    if (sql !== null && others.length >= MOST_SAVED) {
      throw new GoheapError('usage', `${MOST_SAVED} queries are saved already: remove some`)
    }
    const queries = sql === null ? others : [...others, { name, sql }]
    queries.sort((a, b) => (a.name < b.name ? -1 : 1))
    const temporary = `${this.#path}.tmp-${process.pid}`
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      writeFileSync(temporary, `${JSON.stringify(queries, null, 2)}\n`, { mode: 0o600 })
      renameSync(temporary, this.#path)
    } catch (error) {
      throw new GoheapError('file', `cannot write ${this.#path}: ${error}`, { cause: error })
    }
    return queries
  }
}

/** What the page sends to save a query; `sql` null forgets it. Throws 'usage'. */
export function parseSave(text: string): { name: string; sql: string | null } {
  const given = parseJson(text)
  if (!isObject(given) || typeof given.name !== 'string' || given.name.trim() === '') {
    throw new GoheapError('usage', 'a query is saved under a name')
  }
  if (typeof given.sql !== 'string' && given.sql !== null)
    throw new GoheapError('usage', 'sql has to be text')
  return { name: given.name.trim().slice(0, 200), sql: given.sql }
}

function parseQueries(text: string, path: string): SavedQuery[] {
  const list = parseJson(text)
  if (!Array.isArray(list)) throw new GoheapError('file', `${path} is not a list of queries`)
  return list.flatMap((item) =>
    isObject(item) && typeof item.name === 'string' && typeof item.sql === 'string'
      ? [{ name: item.name, sql: item.sql }]
      : [],
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
