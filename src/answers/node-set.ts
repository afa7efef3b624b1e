import { shellWord } from '../base/shell-word.ts'
import { GoheapError } from '../errors.ts'
import type { Cell, HeapDb } from '../schema/heap-db.ts'
import { readQuery } from '../schema/query-file.ts'
import { findType, hintAt, lookUpType } from './named-types.ts'

/** Objects and roots by their ids, or the objects of a type; and what they were chosen by. */
export type NodeSet = { name: string; ids: readonly number[] } | { name: string; typeId: number }

/** Ways to choose nodes; all that are given count. */
export interface NodeChoice {
  /** Each an id, an address as 0x... within an object or a variable, or the name of a variable, which can be that of many locals. */
  nodes?: readonly string[]
  /** Names of types: all their objects, garbage included. */
  types?: readonly string[]
  /** SELECT statements whose first column is an id. */
  sql?: readonly string[]
}

/** @throws GoheapError 'usage' for what names nothing, 'query' for SQL that does not run or gives no ids */
export function chooseNodes(db: HeapDb, { nodes = [], types = [], sql = [] }: NodeChoice): NodeSet[] {
  return [
    ...nodes.map((text) => ({ name: text, ids: findNodes(db, text) })),
    ...types.map((text) => {
      const { id, name } = findType(db, text)
      return { name: `type ${name}`, typeId: id }
    }),
    ...sql.map((text) => ({ name: text, ids: readIds(db, text) })),
  ]
}

/** The one node that an id or address names. */
export function findNode(db: HeapDb, text: string): number {
  const ids = findNodes(db, text)
  if (ids.length > 1) {
    const few = ids.slice(0, 5).join(', ')
    throw new GoheapError(
      'usage',
      `${ids.length} variables are ${/^0x/i.test(text) ? 'at' : 'called'} ${text}: ids ${few}${ids.length > 5 ? ', ...' : ''}`,
    )
  }
  return ids[0]
}

/** The object that an id or address names; a root is none. */
export function requireObject(db: HeapDb, text: string): number {
  const id = findNode(db, text)
  if (idColumn(db, 'SELECT id FROM objects WHERE id = ?', id).length > 0) return id
  const [[label, goid]] = db.query(ROOT, [id]).rows
  const file = shellWord(db.path)
  const command = goid === null ? `goheap tree ${file} ${id}` : `goheap goroutines ${file} ${goid}`
  throw new GoheapError('usage', `${text} is ${label}, no object: \`${command}\` shows what it holds`)
}

const ROOT = 'SELECT n.label, g.goid FROM nodes n LEFT JOIN goroutines g ON g.id = n.id WHERE n.id = ?'

function findNodes(db: HeapDb, text: string): number[] {
  if (/^\d+$/.test(text)) {
    const id = Number(text)
    if (idColumn(db, 'SELECT id FROM nodes WHERE id = ?', id).length > 0) return [id]
    throw new GoheapError('usage', `no object and no root has the id ${text}`)
  }
  if (/^0x[0-9a-f]+$/i.test(text)) {
    for (const [id] of db.runQuery(readQuery('object-at'), { address: text }).rows) return [Number(id)]
    const ids = idColumn(db, VARIABLES_AT, Number(text))
    if (ids.length > 0) return ids
    throw new GoheapError('usage', `no object and no variable is at ${text}`)
  }
  const ids = idColumn(db, 'SELECT id FROM roots WHERE name = ? ORDER BY id', text)
  if (ids.length > 0) return ids
  const [ofType] = idColumn(
    db,
    'SELECT id FROM objects WHERE type_id = ? LIMIT 1',
    lookUpType(db, text)?.id ?? 0,
  )
  if (ofType !== undefined)
    throw new GoheapError('usage', `${text} is a type; one of its objects is ${ofType}`)
  const names = column(
    db,
    `SELECT DISTINCT name FROM roots WHERE kind IN (${NAMED}) ORDER BY retained_size DESC, id`,
  )
  throw new GoheapError('usage', `no variable is called ${text}${hintAt(text, names)}`)
}

/** Kinds of roots with names of their own. */
const NAMED = "'global', 'data', 'local', 'argument'"

const VARIABLES_AT = `SELECT r.id FROM (SELECT ? AS place) JOIN roots r ON place >= r.address AND place < r.address + r.size
  WHERE r.kind IN (${NAMED})`

function readIds(db: HeapDb, sql: string): number[] {
  const [last] = idColumn(
    db,
    'SELECT MAX(id) FROM (SELECT MAX(id) AS id FROM objects UNION ALL SELECT MAX(id) FROM roots)',
  )
  const ids: number[] = []
  for (const id of db.firstColumn(sql)) {
    if (!isId(id, last ?? 0))
      throw new GoheapError('query', `${id} in the first column is no id of an object or root`)
    ids.push(id)
  }
  return ids
}

function isId(cell: Cell, last: number): cell is number {
  return typeof cell === 'number' && Number.isInteger(cell) && cell >= 1 && cell <= last
}

/** First column of a query of goheap's own. */
function column(db: HeapDb, sql: string, parameter?: number | string): Cell[] {
  const { rows } = db.query(sql, parameter === undefined ? [] : [parameter])
  return Array.from(rows, ([cell]) => cell)
}

const idColumn = (db: HeapDb, sql: string, parameter?: number | string) =>
  column(db, sql, parameter).map(Number)
