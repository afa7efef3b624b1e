import type { ObjectDelta } from '../../schema/delta-file.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { StoredGraph } from '../../schema/stored-graph.ts'

/**
 * Are both heaps of one process? Then objects can be told apart by their addresses: Go does not move them. An id tells
 * nothing: it is used again, and in containers it is 1.
 */
export function isSameProcess(old: HeapDb, now: HeapDb): boolean {
  const [a, b] = [old.metadata(), now.metadata()]
  return ['build_id', 'process_token'].every((key) => a.get(key) !== undefined && a.get(key) === b.get(key))
}

/**
 * Objects by address and type, garbage included. An address that holds another type or size has been freed and used
 * again; one that holds the same may have been, which nothing tells. Types with anything new, gone or reused, the
 * largest growth first.
 */
export function compareObjects(old: HeapDb, now: HeapDb): ObjectDelta[] {
  const types = new Map<string, number>()
  const [before, after] = [old, now].map((db) => openObjects(db, types))
  const [kept, gone, fresh, reused] = [0, 1, 2, 3].map(() => new Totals(types.size))
  const [from, to] = [before.walk, after.walk]
  for (let next = Math.min(from.address, to.address); next !== Number.POSITIVE_INFINITY; ) {
    const isOld = from.address === next
    const isNew = to.address === next
    const oldType = before.typeOf[from.shape]
    const newType = after.typeOf[to.shape]
    const oldSize = before.sizeOf[from.shape]
    const newSize = after.sizeOf[to.shape]
    if (!isNew) gone.add(oldType, oldSize)
    else if (!isOld) fresh.add(newType, newSize)
    else if (oldType === newType && oldSize === newSize) kept.add(newType, newSize)
    else {
      gone.add(oldType, oldSize)
      reused.add(newType, newSize)
    }
    if (isOld) from.next()
    if (isNew) to.next()
    next = Math.min(from.address, to.address)
  }
  const growth = (delta: ObjectDelta) => delta.new_size + delta.reused_size - delta.gone_size
  return Array.from(types, ([type, number]) => ({
    type,
    kept: kept.objects[number],
    kept_size: kept.bytes[number],
    gone: gone.objects[number],
    gone_size: gone.bytes[number],
    new: fresh.objects[number],
    new_size: fresh.bytes[number],
    reused: reused.objects[number],
    reused_size: reused.bytes[number],
  }))
    .filter((delta) => delta.new + delta.gone + delta.reused > 0)
    .sort((x, y) => growth(y) - growth(x) || (x.type < y.type ? -1 : 1))
}

/** Objects by type. */
class Totals {
  readonly objects: Float64Array
  readonly bytes: Float64Array

  constructor(types: number) {
    this.objects = new Float64Array(types)
    this.bytes = new Float64Array(types)
  }

  add(type: number, size: number): void {
    this.objects[type]++
    this.bytes[type] += size
  }
}

/** Objects by address, and what their shapes are: the number of the type's name in `types`, which grows; slot bytes. */
function openObjects(db: HeapDb, types: Map<string, number>) {
  const graph = new StoredGraph(db)
  const names = new Map(
    Array.from(db.query('SELECT id, name FROM types').rows, ([id, name]) => [Number(id), String(name)]),
  )
  const typeOf = graph.shapes.typeId.map((id) => {
    const name = names.get(id) ?? '(unknown)'
    const number = types.get(name) ?? types.size
    types.set(name, number)
    return number
  })
  return { walk: graph.walkObjects(), typeOf, sizeOf: graph.shapes.size }
}
