import { GoheapError } from '../../../errors.ts'
import type { Cell, HeapDb } from '../../../index.ts'
import { mergeRootName } from '../../../model/root-names.ts'
import { type Answer, readInteger, selectAll, selectOne } from '../answer.ts'

/**
 * Objects whose paths are looked at, those that retain most first: a click is answered in a fifth of a second.
 * answerMergedPaths takes all objects, and a second where there are ten million.
 */
const MOST_OBJECTS = 2000
/** Nodes of all paths together: one object at the end of a long list has a long path. */
const MOST_NODES = 30_000

/** A place of merged paths, as pictures draw it. */
interface PathSlice {
  id: number
  kind: string
  label: string
  /** Slot bytes of the objects at the ends of the paths through here. */
  value: number
  /** Of these, of objects that are here themselves. */
  size: number
  /** How many objects that are. */
  nodes: number
  /** One of the nodes that are merged here. */
  node: number
  children: PathSlice[]
}

/**
 * Shortest paths from roots to the objects of a `type`, or of all types that are put down to a `package`, merged by the types along them. `looked` of
 * `reachable` objects have their paths in it; `name` is that of the type or package.
 */
export const answerRootPaths: Answer = (db, params) => {
  const ofPackage = params.get('package')
  const { name, types } =
    ofPackage === null ? findType(db, readInteger(params, 'type')) : findTypes(db, ofPackage)
  const targets = findBiggest(db, types)
  const tree = new PathTree(
    climb(
      db,
      targets.map(({ id }) => id),
    ),
  )
  let looked = 0
  for (const { id, size } of targets) if (tree.add(id, size)) looked++
  return { top: tree.top, looked, reachable: types.reduce((sum, { reachable }) => sum + reachable, 0), name }
}

interface TypeOfPaths {
  /** null: not known. */
  id: number | null
  /** Objects that a root reaches, and the most that one of them retains. */
  reachable: number
  most: number
}

function findType(db: HeapDb, type: number): { name: string; types: TypeOfPaths[] } {
  const row = selectOne(db, `${TYPES} WHERE s.id = :type`, { type })
  if (row === undefined) throw new GoheapError('usage', `there are no objects of a type ${type}`)
  return { name: String(row.type), types: [toType(row)] }
}

function findTypes(db: HeapDb, name: string): { name: string; types: TypeOfPaths[] } {
  const rows = selectAll(db, `${TYPES} WHERE t.owner = :name ORDER BY most DESC, t.id`, { name })
  if (rows.length === 0) throw new GoheapError('usage', `there are no objects of a package ${name}`)
  return { name, types: rows.map(toType) }
}

const TYPES = `
  SELECT t.id, COALESCE(t.name, '(unknown)') AS type, s.reachable_objects AS reachable, s.max_retained_size AS most
  FROM type_totals s LEFT JOIN types t ON t.id = s.type_id`

const toType = ({ id, reachable, most }: Record<string, Cell>): TypeOfPaths => ({
  id: id === null ? null : Number(id),
  reachable: Number(reachable),
  most: Number(most ?? 0),
})

/** The objects of all these types that retain most. `types`: those first of which one object retains most. */
function findBiggest(db: HeapDb, types: readonly TypeOfPaths[]): { id: number; size: number }[] {
  let found: Record<string, Cell>[] = []
  let least = 0
  for (const { id, most } of types) {
    if (found.length === MOST_OBJECTS && most < least) break
    found.push(...selectAll(db, BIGGEST, { type: id, least, most: MOST_OBJECTS }))
    if (found.length < MOST_OBJECTS) continue
    found.sort((a, b) => Number(b.retained_size) - Number(a.retained_size))
    found = found.slice(0, MOST_OBJECTS)
    least = Number(found[MOST_OBJECTS - 1].retained_size)
  }
  return found.map(({ id, size }) => ({ id: Number(id), size: Number(size) }))
}

const BIGGEST = `
  SELECT id, size, retained_size FROM objects
  WHERE type_id IS :type AND reachable AND retained_size >= :least ORDER BY retained_size DESC LIMIT :most`

/** All nodes on the paths to objects, by id. */
function climb(db: HeapDb, ids: readonly number[]): ReadonlyMap<number, Record<string, Cell>> {
  const rows = selectAll(
    db,
    `WITH RECURSIVE up (id) AS (
       SELECT value FROM json_each(:ids)
       UNION
       SELECT COALESCE(o.parent_id, r.parent_id)
       FROM up LEFT JOIN objects o ON o.id = up.id LEFT JOIN roots r ON r.id = up.id
       WHERE COALESCE(o.parent_id, r.parent_id) IS NOT NULL
       LIMIT :most
     )
     SELECT up.id, COALESCE(r.kind, 'object') AS kind, COALESCE(o.parent_id, r.parent_id) AS parent_id,
       COALESCE(r.name, CASE WHEN o.length > 1 THEN '[…]' ELSE '' END || t.name, '(unknown)') AS label
     FROM up LEFT JOIN objects o ON o.id = up.id LEFT JOIN types t ON t.id = o.type_id LEFT JOIN roots r ON r.id = up.id`,
    { ids: JSON.stringify(ids), most: MOST_NODES },
  )
  return new Map(rows.map((row) => [Number(row.id), row]))
}

/** Paths with the same labels from the root on are one. */
class PathTree {
  readonly top: PathSlice = {
    id: 0,
    kind: 'all',
    label: 'all of these objects',
    value: 0,
    size: 0,
    nodes: 0,
    node: 0,
    children: [],
  }
  readonly #nodes: ReadonlyMap<number, Record<string, Cell>>
  readonly #places = new Map<number, PathSlice | undefined>()
  readonly #children = new Map<string, PathSlice>()
  readonly #above = new Map<PathSlice, PathSlice>()

  constructor(nodes: ReadonlyMap<number, Record<string, Cell>>) {
    this.#nodes = nodes
  }

  /** False when the path was cut off. */
  add(object: number, bytes: number): boolean {
    const end = this.#find(object)
    if (end === undefined) return false
    end.size += bytes
    for (let place: PathSlice | undefined = end; place !== undefined; place = this.#above.get(place)) {
      place.value += bytes
      place.nodes++
    }
    return true
  }

  /** From the node up to one whose place is known, then down again: paths can be longer than a call stack. */
  #find(object: number): PathSlice | undefined {
    const way: number[] = []
    let place: PathSlice | undefined = this.top
    for (
      let id: Cell | undefined = object;
      id !== null;
      id = this.#nodes.get(Number(id))?.parent_id ?? null
    ) {
      const node = Number(id)
      if (this.#places.has(node)) {
        place = this.#places.get(node)
        break
      }
      way.push(node)
      if (!this.#nodes.has(node)) {
        place = undefined
        break
      }
    }
    for (const node of way.reverse()) {
      place = place === undefined ? undefined : this.#below(place, node)
      this.#places.set(node, place)
    }
    return place
  }

  #below(above: PathSlice, node: number): PathSlice {
    const row = this.#nodes.get(node)
    const kind = String(row?.kind)
    const name = String(row?.label)
    const label = kind === 'object' ? name : mergeRootName(kind, name)
    const key = `${above.id} ${kind} ${label}`
    let place = this.#children.get(key)
    if (place === undefined) {
      place = { id: this.#children.size + 1, kind, label, value: 0, size: 0, nodes: 0, node, children: [] }
      this.#children.set(key, place)
      this.#above.set(place, above)
      above.children.push(place)
    }
    return place
  }
}
