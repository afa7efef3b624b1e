import type { ObjectDelta } from '../../schema/delta-file.ts'
import type { HeapDb } from '../../schema/heap-db.ts'

/**
 * Are both heaps of one process? Then objects can be told apart by their addresses: Go does not move them. The same build
 * and the same process id: ids are used again, but hardly by the same program.
 */
export function isSameProcess(old: HeapDb, now: HeapDb): boolean {
  const [a, b] = [old.metadata(), now.metadata()]
  return ['build_id', 'process_id'].every((key) => a.get(key) !== undefined && a.get(key) === b.get(key))
}

/**
 * Objects by address and type, garbage included. An address that holds another type or size has been freed and used
 * again; one that holds the same may have been, which nothing tells. Types with anything new, gone or reused, the
 * largest growth first.
 */
export function compareObjects(old: HeapDb, now: HeapDb): ObjectDelta[] {
  const names = [readTypeNames(old), readTypeNames(now)]
  const sums = new Map<string, ObjectDelta>()
  const sumOf = (type: string) => {
    let sum = sums.get(type)
    if (sum === undefined) {
      sum = {
        type,
        kept: 0,
        kept_size: 0,
        gone: 0,
        gone_size: 0,
        new: 0,
        new_size: 0,
        reused: 0,
        reused_size: 0,
      }
      sums.set(type, sum)
    }
    return sum
  }
  const [before, after] = [readObjects(old), readObjects(now)]
  let a = before.next()
  let b = after.next()
  while (!a.done || !b.done) {
    const from = a.done ? undefined : a.value
    const to = b.done ? undefined : b.value
    if (from !== undefined && (to === undefined || from[0] < to[0])) {
      const sum = sumOf(nameOf(names[0], from[2]))
      sum.gone++
      sum.gone_size += from[1]
      a = before.next()
    } else if (to !== undefined && (from === undefined || to[0] < from[0])) {
      const sum = sumOf(nameOf(names[1], to[2]))
      sum.new++
      sum.new_size += to[1]
      b = after.next()
    } else if (from !== undefined && to !== undefined) {
      const [oldType, newType] = [nameOf(names[0], from[2]), nameOf(names[1], to[2])]
      const sum = sumOf(newType)
      if (oldType === newType && from[1] === to[1]) {
        sum.kept++
        sum.kept_size += to[1]
      } else {
        const oldSum = sumOf(oldType)
        oldSum.gone++
        oldSum.gone_size += from[1]
        sum.reused++
        sum.reused_size += to[1]
      }
      a = before.next()
      b = after.next()
    }
  }
  const growth = (delta: ObjectDelta) => delta.new_size + delta.reused_size - delta.gone_size
  return [...sums.values()]
    .filter((delta) => delta.new + delta.gone + delta.reused > 0)
    .sort((x, y) => growth(y) - growth(x) || (x.type < y.type ? -1 : 1))
}

/** address, size, type id or 0, by address. */
function readObjects(db: HeapDb): Generator<number[]> {
  return db.numbers('SELECT address, size, COALESCE(type_id, 0) FROM objects ORDER BY id')
}

function readTypeNames(db: HeapDb): Map<number, string> {
  return new Map(
    Array.from(db.query('SELECT id, name FROM types').rows, ([id, name]) => [Number(id), String(name)]),
  )
}

const nameOf = (names: ReadonlyMap<number, string>, type: number) => names.get(type) ?? '(unknown)'
