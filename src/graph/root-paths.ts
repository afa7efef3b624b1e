import { BitSet } from '../base/bitset.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex, type ObjectIndex } from '../model/types.ts'
import type { MarkedCut } from './cut.ts'

/** Rows of an edge table by target: rows of object t are row[first[t]] to row[first[t + 1] - 1], ascending. */
export interface InboundEdges {
  readonly first: Uint32Array
  readonly row: Uint32Array
  /** Source of each row of the edge table. */
  readonly source: Uint32Array
}

/** Turns an edge table around. 12 bytes a pointer and 4 an object. */
export function listInbound(
  { first, target, count }: Pick<HeapGraph['edges'], 'first' | 'target' | 'count'>,
  objectCount: number,
): InboundEdges {
  const start = new Uint32Array(objectCount + 1)
  for (let edge = 0; edge < count; edge++) start[target[edge] + 1]++
  for (let object = 0; object < objectCount; object++) start[object + 1] += start[object]
  const next = start.slice()
  const row = new Uint32Array(count)
  const source = new Uint32Array(count)
  for (let from = 0; from + 1 < first.length; from++) {
    for (let edge = first[from]; edge < first[from + 1]; edge++) {
      row[next[target[edge]]++] = edge
      source[edge] = from
    }
  }
  return { first: start, row, source }
}

/**
 * Shortest paths to an object around what is cut: one from each of the `limit` nearest roots, nearest first, roots of one
 * distance in the order of the tables. A path begins with the root and ends with the object, which itself cannot be cut.
 * Searches backwards from the object; fewer paths than asked for means that there are no more roots.
 */
export function findRootPaths(
  graph: HeapGraph,
  object: ObjectIndex,
  { cut, limit }: { cut: MarkedCut; limit: number },
): NodeIndex[][] {
  const { objectCount } = graph
  const inbound = listInbound(graph.edges, objectCount)
  const rootInbound = listInbound(graph.rootEdges, objectCount)
  const seen = new BitSet(objectCount)
  const foundRoots = new Set<number>()
  /** Node after each object on its way to the goal. */
  const next = new Int32Array(objectCount).fill(NONE)
  const queue = new Int32Array(objectCount)
  queue[0] = object
  seen.add(object)
  let queued = 1
  const paths: NodeIndex[][] = []

  for (let head = 0; head < queued && paths.length < limit; head++) {
    const at = queue[head]
    for (let i = rootInbound.first[at]; i < rootInbound.first[at + 1] && paths.length < limit; i++) {
      const edge = rootInbound.row[i]
      const root = rootInbound.source[edge]
      if (cut.rootEdges?.has(edge) || cut.nodes.has(objectCount + root) || foundRoots.has(root)) continue
      foundRoots.add(root)
      const path = [objectCount + root]
      for (let step = at; step !== NONE; step = next[step]) path.push(step)
      paths.push(path)
    }
    for (let i = inbound.first[at]; i < inbound.first[at + 1]; i++) {
      const edge = inbound.row[i]
      const source = inbound.source[edge]
      if (seen.has(source) || cut.edges?.has(edge) || cut.nodes.has(source)) continue
      seen.add(source)
      next[source] = at
      queue[queued++] = source
    }
  }
  return paths
}
