import { BitSet } from '../base/bitset.ts'
import { GoheapError } from '../errors.ts'
import { type MarkedCut, markCut } from '../graph/cut.ts'
import { WORD_BYTES } from '../schema/graph-arrays.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import type { StoredGraph, WordMarks } from '../schema/stored-graph.ts'
import { FieldRanges } from './field-ranges.ts'
import { hintAt, hintAtType, lookUpType } from './named-types.ts'

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
  readonly cut: MarkedCut
  /** Pointers of objects; undefined: none. */
  readonly pointers: WordMarks | undefined
  /** Is this pointer of an object or root, by its id, gone around? */
  isExcluded(id: number, offset: number): boolean
}

/**
 * What paths are to go around: a soft holder (weak, finalizer, cleanup, pool), a type's name (its objects), or a field
 * as `Type.field` (the pointers in it, also where the type is part of another).
 *
 * @throws GoheapError 'usage' for what is neither
 */
export function exclude(db: HeapDb, graph: StoredGraph, wanted: readonly string[]): Excluded {
  const nodes = new BitSet(graph.objectCount + graph.rootCount)
  const fields: FieldRanges[] = []
  for (const text of wanted) {
    const soft = Object.hasOwn(SOFT, text) ? SOFT[text] : undefined
    const type = soft === undefined ? lookUpType(db, text) : undefined
    if (soft !== undefined) {
      for (const kind of soft.kinds ?? [])
        for (const [id] of db.query('SELECT id FROM roots WHERE kind = ?', [kind]).rows)
          nodes.add(Number(id) - 1)
      for (const name of soft.types ?? [])
        for (const [id] of db.query('SELECT id FROM types WHERE name = ?', [name]).rows)
          graph.addObjectsOfType(Number(id), nodes)
    } else if (type !== undefined) graph.addObjectsOfType(type.id, nodes)
    else fields.push(new FieldRanges(db, findField(db, text)))
  }
  const marksOf = markFields(fields)
  const typeOf = db.lookUp('SELECT COALESCE(type_id, 0) FROM nodes WHERE id = ?')
  return {
    cut: markCut(graph, { nodes, rootEdges: listRootEdges(db, graph, marksOf) }),
    pointers: fields.length > 0 ? Array.from(graph.shapes.typeId, marksOf) : undefined,
    isExcluded: (id, offset) => isMarked(marksOf(typeOf(id)?.[0] ?? 0), offset),
  }
}

/** For each word of a value of a type 1 when it lies in one of the fields; undefined when none does. */
type MarksOf = (type: number) => Uint8Array | undefined

function markFields(fields: readonly FieldRanges[]): MarksOf {
  const known = new Map<number, Uint8Array | undefined>()
  return (type) => {
    if (!known.has(type)) {
      const all = fields.flatMap((field) => field.markWords(type) ?? [])
      known.set(
        type,
        all.length === 0
          ? undefined
          : all[0].map((_, word) => (all.some((marks) => marks[word] === 1) ? 1 : 0)),
      )
    }
    return known.get(type)
  }
}

/** A place in a value of a type, or in one of several behind each other. */
function isMarked(marks: Uint8Array | undefined, offset: number): boolean {
  return marks !== undefined && marks[Math.floor(offset / WORD_BYTES) % marks.length] === 1
}

/** Rows of the pointers of roots that lie in a field. */
function listRootEdges(db: HeapDb, { objectCount, rootEdges }: StoredGraph, marksOf: MarksOf): number[] {
  const rows: number[] = []
  const roots = `SELECT id - 1 - ${objectCount}, type_id FROM roots WHERE type_id IS NOT NULL`
  for (const [root, type] of db.numbers(roots)) {
    const marks = marksOf(type)
    for (let row = rootEdges.first[root]; row < rootEdges.first[root + 1]; row++)
      if (isMarked(marks, rootEdges.offset[row])) rows.push(row)
  }
  return rows
}

/** `net/http.Server.mu`: the type's name ends before the last dot. */
function findField(db: HeapDb, text: string): { typeId: number; position: number } {
  const dot = text.lastIndexOf('.')
  const type = lookUpType(db, text.slice(0, dot))
  const sql = 'SELECT name, position FROM fields WHERE type_id = ?'
  const fields = type === undefined ? [] : [...db.query(sql, [type.id]).rows]
  for (const [name, position] of fields) {
    if (type !== undefined && name === text.slice(dot + 1))
      return { typeId: type.id, position: Number(position) }
  }
  const hint =
    fields.length > 0
      ? hintAt(
          text.slice(dot + 1),
          fields.map(([name]) => name),
        )
      : hintAtType(db, text, SOFT_HOLDERS)
  throw new GoheapError(
    'usage',
    `${text} is no type, no field of one (Type.field), and none of ${SOFT_HOLDERS.join(', ')}${hint}`,
  )
}
