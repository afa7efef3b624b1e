import { nearNames } from '../base/near-names.ts'
import { shortenPaths } from '../base/short-paths.ts'
import { GoheapError } from '../errors.ts'
import type { Cell, HeapDb } from '../schema/heap-db.ts'

export interface NamedType {
  id: number
  name: string
}

/**
 * The type of that name, or else the only one that Go calls so without the paths of its packages: `server.Client`, or
 * `…/server.Client` as narrow tables print it. undefined: there is none.
 *
 * @throws GoheapError 'usage' for a short name of several types
 */
export function lookUpType(db: HeapDb, text: string): NamedType | undefined {
  for (const [id, name] of db.query('SELECT id, name FROM types WHERE name = ?', [text]).rows)
    return { id: Number(id), name: String(name) }
  const wanted = shortName(text)
  const found: NamedType[] = []
  for (const [id, name] of db.query(TYPES_WITH_OBJECTS_FIRST).rows) {
    if (shortName(String(name)) === wanted) found.push({ id: Number(id), name: String(name) })
  }
  if (found.length > 1) {
    const few = found.slice(0, 5).map(({ name }) => name)
    throw new GoheapError(
      'usage',
      `${found.length} types are called ${text}: ${few.join(', ')}${found.length > few.length ? ', ...' : ''}`,
    )
  }
  return found[0]
}

const TYPES_WITH_OBJECTS_FIRST = `SELECT t.id, t.name FROM types t LEFT JOIN type_totals s ON s.type_id = t.id
  ORDER BY s.reachable_bytes DESC, t.name`

const shortName = (name: string) => shortenPaths(name).replaceAll('…/', '')

/** @throws GoheapError 'usage' when there is none of that name */
export function findType(db: HeapDb, text: string): NamedType {
  const type = lookUpType(db, text)
  if (type === undefined) throw new GoheapError('usage', `no type is called ${text}${hintAtType(db, text)}`)
  return type
}

/** Types that may have been meant, by their whole names or else by their short ones; '' for none. */
export function hintAtType(db: HeapDb, text: string, others: readonly string[] = []): string {
  const names = [...others, ...typeNames(db)]
  const near = nearNames(text, names)
  if (near.length > 0) return hint(near)
  const byShortName = new Map(names.map((name) => [shortName(name), name]))
  return hint(nearNames(shortName(text), byShortName.keys()).map((name) => byShortName.get(name) ?? name))
}

/** Types that have objects, those with most bytes first. */
function typeNames(db: HeapDb): string[] {
  const { rows } = db.query(
    'SELECT type FROM histogram WHERE type_id IS NOT NULL ORDER BY reachable_bytes DESC, type',
  )
  return Array.from(rows, ([name]) => String(name))
}

/** Names that may have been meant, for a message; '' for none. */
export function hintAt(text: string, names: readonly Cell[]): string {
  return hint(nearNames(text, names.map(String)))
}

const hint = (near: readonly string[]) => (near.length > 0 ? ` (there is ${near.join(', ')})` : '')
