import type { ObjectDelta } from '../../schema/delta-file.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { loadObjects } from '../../schema/stored-graph.ts'

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
  const [before, after] = [loadObjects(old), loadObjects(now)]
  let [a, b] = [0, 0]
  while (a < before.address.length || b < after.address.length) {
    // Beyond the end there is nothing, which is after all addresses.
    const from = before.address[a] ?? Number.POSITIVE_INFINITY
    const to = after.address[b] ?? Number.POSITIVE_INFINITY
    if (from < to) {
      const sum = sumOf(nameOf(names[0], before.type[a]))
      sum.gone++
      sum.gone_size += before.size[a]
    } else if (to < from) {
      const sum = sumOf(nameOf(names[1], after.type[b]))
      sum.new++
      sum.new_size += after.size[b]
    } else {
      const [oldType, newType] = [nameOf(names[0], before.type[a]), nameOf(names[1], after.type[b])]
      const sum = sumOf(newType)
      if (oldType === newType && before.size[a] === after.size[b]) {
        sum.kept++
        sum.kept_size += after.size[b]
      } else {
        const oldSum = sumOf(oldType)
        oldSum.gone++
        oldSum.gone_size += before.size[a]
        sum.reused++
        sum.reused_size += after.size[b]
      }
    }
    if (from <= to) a++
    if (to <= from) b++
  }
  const growth = (delta: ObjectDelta) => delta.new_size + delta.reused_size - delta.gone_size
  return [...sums.values()]
    .filter((delta) => delta.new + delta.gone + delta.reused > 0)
    .sort((x, y) => growth(y) - growth(x) || (x.type < y.type ? -1 : 1))
}

function readTypeNames(db: HeapDb): Map<number, string> {
  return new Map(
    Array.from(db.query('SELECT id, name FROM types').rows, ([id, name]) => [Number(id), String(name)]),
  )
}

const nameOf = (names: ReadonlyMap<number, string>, type: number) => names.get(type + 1) ?? '(unknown)'
