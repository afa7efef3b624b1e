import { GoheapError } from '../errors.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { findNode } from './node-set.ts'

/** A pointer word: node that holds it, and bytes from the node's address. */
export interface PointerChoice {
  sourceId: number
  offset: number
}

/**
 * The pointer that SOURCE.OFFSET or SOURCE.PATH names: an id, an address or a variable, then bytes (8, 0x10) or a field
 * (`.conns[3].buf` as in the view `pointers`); without these the pointer that is the whole value.
 *
 * @throws GoheapError 'usage' when there is no such pointer
 */
export function findPointer(db: HeapDb, text: string): PointerChoice {
  const { source, place } = splitPointer(db, text)
  const sourceId = findNode(db, source)
  const isOffset = /^(\d+|0x[0-9a-f]+)$/i.test(place)
  // An array can have millions of pointers, and to name each takes time.
  if (isOffset && hasPointer(db, sourceId, Number(place))) return { sourceId, offset: Number(place) }
  const pointers = [
    ...db.query(
      `SELECT offset, path FROM pointers WHERE source_id = :id
       UNION ALL SELECT offset, path FROM root_pointers WHERE root_id = :id ORDER BY offset`,
      { id: sourceId },
    ).rows,
  ]
  const path = place === '' || place.startsWith('[') ? place : `.${place}`
  const found = isOffset ? [] : pointers.filter(([, field]) => field === path)
  if (found.length === 0)
    throw new GoheapError(
      'usage',
      `${source} has no pointer ${place === '' ? 'that is all of it' : `at ${place}`}${listPlaces(pointers)}`,
    )
  return { sourceId, offset: Number(found[0][0]) }
}

/** The name of a variable may have dots, too: the longest beginning of the text that is one counts. */
function splitPointer(db: HeapDb, text: string): { source: string; place: string } {
  const splitAt = (end: number) => ({ source: text.slice(0, end), place: text.slice(end).replace(/^\./, '') })
  const [number] = text.match(/^(0x[0-9a-f]+|\d+)(?=[.[]|$)/i) ?? []
  if (number !== undefined) return splitAt(number.length)
  const ends = [text.length, ...Array.from(text.matchAll(/[.[]/g), ({ index }) => index).toReversed()]
  const isVariable = (name: string) =>
    [...db.query('SELECT 1 FROM roots WHERE name = ?', [name]).rows].length > 0
  const end = ends.find((at) => isVariable(text.slice(0, at))) ?? text.lastIndexOf('.')
  if (end <= 0) throw new GoheapError('usage', `${text} is not of the form SOURCE.OFFSET or SOURCE.FIELD`)
  return splitAt(end)
}

function hasPointer(db: HeapDb, id: number, offset: number): boolean {
  const sql = `SELECT 1 FROM edges WHERE source_id = :id AND "offset" = :offset
    UNION ALL SELECT 1 FROM root_edges WHERE root_id = :id AND "offset" = :offset`
  return [...db.query(sql, { id, offset }).rows].length > 0
}

function listPlaces(pointers: readonly unknown[][]): string {
  if (pointers.length === 0) return ' (it has none)'
  const places = pointers.slice(0, 5).map(([offset, path]) => (path ? `${offset} ${path}` : `${offset}`))
  return ` (it has: ${places.join(', ')}${pointers.length > 5 ? ', ...' : ''})`
}
