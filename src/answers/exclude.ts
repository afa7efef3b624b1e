import { GoheapError } from '../errors.ts'
import type { RootGraph } from '../model/heap-graph.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { loadObjectsOfType, type PointerTest } from '../schema/stored-graph.ts'
import { FieldRanges } from './field-ranges.ts'
import { hintAt, typeNames } from './node-set.ts'

/** Soft holders by name: kinds of roots, or types whose objects hold what nobody may count on. */
const SOFT: Record<string, { kinds?: string[]; types?: string[] }> = {
  weak: { kinds: ['weak handle'] },
  finalizer: { kinds: ['finalizer', 'finalizer queue'] },
  cleanup: { kinds: ['cleanup', 'cleanup queue'] },
  // sync/pool.go: what is in a pool hangs on its poolLocals, one for each P; the last collection's hang on others.
  pool: { types: ['sync.poolLocal'] },
}
export const SOFT_HOLDERS = Object.keys(SOFT)

/** What paths go around. */
export interface Excluded {
  nodes: number[]
  /** Rows of the pointers of roots. */
  rootEdges: number[]
  /** Pointers of objects; undefined for none. */
  isLeftOut: PointerTest | undefined
}

/**
 * What paths are to go around: a soft holder (weak, finalizer, cleanup, pool), a type's name (its objects), or a field
 * as `Type.field` (the pointers in it, also where the type is part of another).
 *
 * @throws GoheapError 'usage' for what is neither
 */
export function exclude(db: HeapDb, roots: RootGraph, wanted: readonly string[]): Excluded {
  const nodes: number[] = []
  const rootEdges: number[] = []
  const tests: PointerTest[] = []
  for (const text of wanted) {
    const soft = Object.hasOwn(SOFT, text) ? SOFT[text] : undefined
    const type = soft === undefined ? typeId(db, text) : undefined
    if (soft !== undefined) {
      for (const kind of soft.kinds ?? []) pushIds(db, nodes, 'SELECT id FROM roots WHERE kind = ?', kind)
      for (const name of soft.types ?? []) pushIds(db, nodes, OBJECTS_OF, name)
    } else if (type !== undefined) {
      for (const id of loadObjectsOfType(db, type)) nodes.push(id - 1)
    } else {
      const field = new FieldRanges(db, findField(db, text))
      field.collectRoots(roots, rootEdges)
      tests.push(field.ofObjects(roots.objectCount))
    }
  }
  const isLeftOut: PointerTest = (source, offset) => tests.some((test) => test(source, offset))
  return { nodes, rootEdges, isLeftOut: tests.length === 0 ? undefined : isLeftOut }
}

const OBJECTS_OF = 'SELECT id FROM objects WHERE type_id IN (SELECT id FROM types WHERE name = ?)'

function pushIds(db: HeapDb, nodes: number[], sql: string, parameter: string | number): void {
  for (const [id] of db.query(sql, [parameter]).rows) nodes.push(Number(id) - 1)
}

function typeId(db: HeapDb, name: string): number | undefined {
  for (const [id] of db.query('SELECT id FROM types WHERE name = ?', [name]).rows) return Number(id)
  return undefined
}

/** `net/http.Server.mu`: the type's name ends before the last dot. */
function findField(db: HeapDb, text: string): { typeId: number; position: number } {
  const dot = text.lastIndexOf('.')
  const sql = `SELECT f.type_id, f.position FROM fields f JOIN types t ON t.id = f.type_id WHERE t.name = ? AND f.name = ?`
  for (const [type, position] of db.query(sql, [text.slice(0, dot), text.slice(dot + 1)]).rows) {
    return { typeId: Number(type), position: Number(position) }
  }
  const [type, field] = [text.slice(0, dot), text.slice(dot + 1)]
  const fields = [
    ...db.query('SELECT f.name FROM fields f JOIN types t ON t.id = f.type_id WHERE t.name = ?', [type]).rows,
  ]
  const hint =
    fields.length > 0 ? hintAt(field, fields.flat()) : hintAt(text, [...SOFT_HOLDERS, ...typeNames(db)])
  throw new GoheapError(
    'usage',
    `${text} is no type, no field of one (Type.field), and none of ${SOFT_HOLDERS.join(', ')}${hint}`,
  )
}
