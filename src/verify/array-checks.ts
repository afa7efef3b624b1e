import type { ArrayName } from '../schema/graph-arrays.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { StoredArrays } from '../schema/stored-arrays.ts'
import { type Check, countOf, Mismatches } from './check.ts'
import type { LoadedHeap } from './loaded-heap.ts'

/** The arrays of graph_arrays say what the tables say: decoded by their description alone. */
export function checkArrays(db: HeapDb, heap: LoadedHeap): Check {
  const wrong = new Mismatches()
  const { objects } = heap
  const ranks = readArray(db, 'rank')
  if (ranks.length !== objects.count * 4)
    wrong.add(() => `${ranks.length} bytes of ranks for ${objects.count} objects`)
  else {
    const objectAt = orderByRank(heap, numbersOf(ranks, 4), wrong)
    checkRooted(db, numbersOf(ranks, 4), wrong)
    if (wrong.count === 0) {
      checkShapes(db, heap, objectAt, wrong)
      checkPointers(db, heap, objectAt, wrong)
    }
  }
  checkSlotBits(db, heap, wrong)
  return wrong.check('graph arrays', `${countOf(objects.count)} objects by rank, and their pointers`)
}

function readArray(db: HeapDb, name: ArrayName): Buffer {
  return Buffer.from(new StoredArrays(db).read(name))
}

function numbersOf(bytes: Buffer, width: 2 | 4): (at: number) => number {
  return width === 2 ? (at) => bytes.readUInt16LE(2 * at) : (at) => bytes.readUInt32LE(4 * at)
}

/** The object of each rank. Each has one; nearer objects come first, garbage last, in the order of ids. */
function orderByRank(
  { objects }: LoadedHeap,
  rankOf: (object: number) => number,
  wrong: Mismatches,
): Int32Array {
  const objectAt = new Int32Array(objects.count).fill(-1)
  for (let i = 0; i < objects.count; i++) objectAt[rankOf(i)] = i
  for (let rank = 0; rank < objects.count; rank++) {
    const [object, before] = [objectAt[rank], rank === 0 ? -1 : objectAt[rank - 1]]
    if (object < 0) wrong.add(() => `no object has rank ${rank}`)
    else if (before >= 0 && !isOrdered(objects, before, object))
      wrong.add(() => `object ${object + 1} has rank ${rank}, behind object ${before + 1}`)
  }
  return objectAt
}

function isOrdered(objects: LoadedHeap['objects'], before: number, object: number): boolean {
  if (objects.distance[object] < 0) return objects.distance[before] >= 0 || before < object
  return objects.distance[before] >= 0 && objects.distance[before] <= objects.distance[object]
}

/** What roots point at comes first, in the order of their pointers. */
function checkRooted(db: HeapDb, rankOf: (object: number) => number, wrong: Mismatches): void {
  const seen = new Set<number>()
  const sql = 'SELECT target_id - 1 FROM root_edges ORDER BY root_id, offset, rowid'
  for (const [target] of db.numbers(sql)) {
    if (seen.has(target)) continue
    if (rankOf(target) !== seen.size)
      wrong.add(
        () =>
          `object ${target + 1} has rank ${rankOf(target)}, and is number ${seen.size} that roots point at`,
      )
    seen.add(target)
  }
}

function checkShapes(db: HeapDb, { objects }: LoadedHeap, objectAt: Int32Array, wrong: Mismatches): void {
  const shapes = [
    ...db.numbers(
      'SELECT COALESCE(type_id, 0) - 1, size, is_several, objects FROM object_shapes ORDER BY id',
    ),
  ]
  const bytes = readArray(db, 'shape')
  const width = shapes.length > 65536 ? 4 : 2
  if (bytes.length !== width * objects.count) {
    wrong.add(() => `${bytes.length} bytes of shapes for ${objects.count} objects`)
    return
  }
  const shapeAt = numbersOf(bytes, width)
  const counts = new Float64Array(shapes.length)
  const byId = new Int32Array(objects.count)
  for (let rank = 0; rank < objects.count; rank++) {
    const i = objectAt[rank]
    const [type, size, isSeveral] = shapes[shapeAt(rank)] ?? []
    counts[shapeAt(rank)]++
    byId[i] = shapeAt(rank)
    if (type !== objects.type[i] || size !== objects.size[i] || (isSeveral === 1) !== objects.length[i] > 1)
      wrong.add(() => `object ${i + 1} has shape ${shapeAt(rank) + 1}`)
  }
  const runs = readLeb(db, 'shape_runs')
  for (let first = 0, shape = runs(); first < objects.count; shape = runs()) {
    const count = runs()
    if (!(count > 0)) {
      wrong.add(() => `runs of shapes end at object ${first + 1}`)
      break
    }
    for (let i = first; i < first + count; i++)
      if (byId[i] !== shape) wrong.add(() => `object ${i + 1} is in a run of shape ${shape + 1}`)
    first += count
  }
  for (const [shape, [, , , count]] of shapes.entries())
    if (counts[shape] !== count)
      wrong.add(() => `${counts[shape]} objects have shape ${shape + 1}, not ${count}`)
}

function checkPointers(db: HeapDb, heap: LoadedHeap, objectAt: Int32Array, wrong: Mismatches): void {
  const { objects, edges, rootEdges } = heap
  const [counts, codes] = [readLeb(db, 'counts'), readLeb(db, 'pointers')]
  const targets = readArray(db, 'targets')
  const led = new Set(rootEdges.target)
  let next = led.size
  let other = 0
  const reachable = objects.distance.reduce((sum, distance) => sum + (distance >= 0 ? 1 : 0), 0)
  for (let rank = 0; rank < reachable; rank++) {
    const object = objectAt[rank]
    const count = counts()
    if (count !== edges.first[object + 1] - edges.first[object]) {
      wrong.add(() => `object ${object + 1} has ${count} pointers in the array counts`)
      return
    }
    for (let e = edges.first[object]; e < edges.first[object + 1]; e++) {
      const code = codes()
      const isNext = code % 2 === 1
      const target = isNext ? next++ : other * 4 < targets.length ? targets.readUInt32LE(4 * other++) : -1
      if (objectAt[target] !== edges.target[e] || ((code - (code % 2)) / 2) * 8 !== edges.offset[e])
        wrong.add(() => `the pointer of object ${object + 1} at ${edges.offset[e]} is another in the arrays`)
    }
  }
  if (next !== reachable || other * 4 !== targets.length || counts() !== -1 || codes() !== -1)
    wrong.add(() => 'the arrays of pointers have another number of them')
}

/** Gives one number after the other, -1 at the end. */
function readLeb(db: HeapDb, name: ArrayName): () => number {
  const bytes = readArray(db, name)
  let at = 0
  return () => {
    let number = at < bytes.length ? 0 : -1
    for (let unit = 1; at < bytes.length; unit *= 128) {
      const byte = bytes[at++]
      number += (byte % 128) * unit
      if (byte < 128) break
    }
    return number
  }
}

function checkSlotBits(db: HeapDb, { objects, spans }: LoadedHeap, wrong: Mismatches): void {
  const bits = readArray(db, 'slots')
  let [bit, object] = [0, 0]
  for (let s = 0; s < spans.count; s++) {
    if (spans.slotSize[s] === 0) continue
    for (let slot = 0; slot < spans.slots[s]; slot++, bit++) {
      const address = spans.address[s] + spans.headerSize[s] + slot * spans.slotSize[s]
      const isObject = object < objects.count && objects.address[object] === address
      if (isObject) object++
      if (((bits[bit >>> 3] >>> (bit & 7)) & 1) !== (isObject ? 1 : 0))
        wrong.add(
          () => `slot ${slot} of span ${s + 1} is ${isObject ? 'free' : 'an object'} in the array slots`,
        )
    }
  }
}
