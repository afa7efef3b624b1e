import { BitSet } from '../base/bitset.ts'
import type { SourceTable, TargetTable } from '../model/tables.ts'
import { NONE, type NodeIndex, type ObjectIndex } from '../model/types.ts'

/** Turns an edge table around, without the rows that are cut. 4 bytes a pointer and 8 an object. */
export function listInbound(
  { first, target }: TargetTable,
  objectCount: number,
  isCut: BitSet | undefined,
): SourceTable {
  // Counted two places on: filling then leaves each object's first where it belongs.
  const place = new Uint32Array(objectCount + 2)
  const rows = first[first.length - 1]
  for (let edge = 0; edge < rows; edge++) if (!isCut?.has(edge)) place[target[edge] + 2]++
  for (let object = 2; object < place.length; object++) place[object] += place[object - 1]
  const source = new Uint32Array(place[place.length - 1])
  for (let from = 0; from + 1 < first.length; from++) {
    for (let edge = first[from]; edge < first[from + 1]; edge++) {
      if (!isCut?.has(edge)) source[place[target[edge] + 1]++] = from
    }
  }
  return { first: place, source }
}

/** Sources by target. */
export interface InboundTable extends SourceTable {
  /** A source that stands by itself, which is less than the others of the target; NONE for none. */
  readonly alone?: Int32Array
}

/** Where objects are held from, without the pointers that are cut. */
export interface InboundGraph {
  readonly objectCount: number
  readonly inbound: InboundTable
  /** Sources are rows of roots; may end with the last object that a root points at. */
  readonly rootInbound: SourceTable
}

/**
 * Shortest paths to an object around the nodes that are cut: one from each of the `limit` nearest roots, nearest first,
 * roots of one distance in the order of the tables. A path begins with the root and ends with the object, which itself
 * cannot be cut. Searches backwards from the object; fewer paths than asked for means that there are no more roots.
 */
export function findRootPaths(
  { objectCount, inbound, rootInbound }: InboundGraph,
  object: ObjectIndex,
  { cut, limit }: { cut: BitSet; limit: number },
): NodeIndex[][] {
  const seen = new BitSet(objectCount)
  const foundRoots = new Set<number>()
  /** Node after each object on its way to the goal: what has not been seen takes no memory. */
  const next = new Int32Array(objectCount)
  const queue = new Int32Array(objectCount)
  queue[0] = object
  seen.add(object)
  let queued = 1
  const paths: NodeIndex[][] = []
  const visit = (source: ObjectIndex, from: ObjectIndex) => {
    if (source === NONE || seen.has(source) || cut.has(source)) return
    seen.add(source)
    next[source] = from
    queue[queued++] = source
  }

  for (let head = 0; head < queued && paths.length < limit; head++) {
    const at = queue[head]
    const end = at + 1 < rootInbound.first.length ? rootInbound.first[at + 1] : 0
    for (let i = rootInbound.first[at]; i < end && paths.length < limit; i++) {
      const root = rootInbound.source[i]
      if (cut.has(objectCount + root) || foundRoots.has(root)) continue
      foundRoots.add(root)
      const path = [objectCount + root]
      for (let step = at; step !== object; step = next[step]) path.push(step)
      path.push(object)
      paths.push(path)
    }
    visit(inbound.alone?.[at] ?? NONE, at)
    for (let i = inbound.first[at]; i < inbound.first[at + 1]; i++) visit(inbound.source[i], at)
  }
  return paths
}
