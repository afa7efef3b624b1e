import { BitSet } from '../base/bitset.ts'
import { GoheapError } from '../errors.ts'
import type { Cut } from '../graph/cut.ts'
import { findReachable, findRetainedSet } from '../graph/retained-set.ts'
import type { HeapGraph } from '../model/heap-graph.ts'
import type { NodeIndex } from '../model/types.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { loadGraph, loadTypes } from '../schema/stored-graph.ts'
import { chooseNodes, type NodeChoice, type NodeSet } from './node-set.ts'
import { findPointer, type PointerChoice } from './pointer-choice.ts'

/** What is to be taken out of the heap, all of it at once. */
export interface RetainedQuestion extends NodeChoice {
  /** Pointers to be set to nil: SOURCE.OFFSET or SOURCE.FIELD. */
  cuts?: readonly string[]
}

export interface RetainedAnswer {
  /** What was chosen, in words. */
  set: string
  /** Objects and roots chosen. */
  selected: number
  /** Slot bytes of the chosen objects that are reachable. */
  selected_size: number
  /** Bytes that would become garbage. */
  retained_size: number
  /** Objects that would. */
  retained_count: number
  /** Percent of all reachable bytes; null when there are none. */
  share: number | null
  /** What would become garbage, by type, heaviest first. */
  types: RetainedType[]
}

export interface RetainedType {
  /** null: not known. */
  type: string | null
  objects: number
  bytes: number
}

/**
 * What would become garbage without a set of nodes and pointers: exactly, by a search around them. More than the sum of
 * their own retained sizes where only several of them together keep something alive.
 *
 * @throws GoheapError 'usage' when nothing is chosen, or what is chosen does not exist
 */
export function answerRetained(db: HeapDb, question: RetainedQuestion): RetainedAnswer {
  const sets = chooseNodes(db, question)
  const pointers = (question.cuts ?? []).map((text) => findPointer(db, text))
  if (sets.length === 0 && pointers.length === 0) throw new GoheapError('usage', 'nothing is chosen')
  const graph = loadGraph(db)
  const all = findReachable(graph)
  const retained = findRetainedSet(graph, all, { nodes: nodesOf(sets), ...rowsOf(graph, pointers) })
  // Sets may overlap.
  const seen = new BitSet(graph.objectCount + graph.rootCount)
  let selected = 0
  let selectedSize = 0
  for (const node of nodesOf(sets)) {
    if (seen.has(node)) continue
    seen.add(node)
    selected++
    if (all.reachable[node] === 1) selectedSize += graph.size[node]
  }
  return {
    set: [...sets.map(({ name }) => name), ...(question.cuts ?? []).map((text) => `pointer ${text}`)].join(
      ', ',
    ),
    selected,
    selected_size: selectedSize,
    retained_size: retained.sizeBytes,
    retained_count: retained.count,
    share: all.reachableBytes === 0 ? null : (100 * retained.sizeBytes) / all.reachableBytes,
    types: sumByType(db, graph, retained.isRetained),
  }
}

function* nodesOf(sets: readonly NodeSet[]): Generator<NodeIndex> {
  for (const { ids } of sets) for (const id of ids) yield id - 1
}

/** Rows of the edge tables. */
function rowsOf({ objectCount, edges, rootEdges }: HeapGraph, pointers: readonly PointerChoice[]): Cut {
  const cut = { edges: [] as number[], rootEdges: [] as number[] }
  for (const { sourceId, offset } of pointers) {
    const node = sourceId - 1
    const isObject = node < objectCount
    const table = isObject ? edges : rootEdges
    const source = isObject ? node : node - objectCount
    for (let row = table.first[source]; row < table.first[source + 1]; row++) {
      if (table.offset[row] === offset) (isObject ? cut.edges : cut.rootEdges).push(row)
    }
  }
  return cut
}

function sumByType(db: HeapDb, graph: HeapGraph, isRetained: (object: number) => boolean): RetainedType[] {
  const types = loadTypes(db, graph.objectCount)
  const sums = new Map<number, { objects: number; bytes: number }>()
  for (let object = 0; object < graph.objectCount; object++) {
    if (!isRetained(object)) continue
    let sum = sums.get(types[object])
    if (sum === undefined) {
      sum = { objects: 0, bytes: 0 }
      sums.set(types[object], sum)
    }
    sum.objects++
    sum.bytes += graph.size[object]
  }
  const names = readTypeNames(db)
  return [...sums]
    .map(([type, sum]) => ({ type: names.get(type + 1) ?? null, ...sum }))
    .sort((a, b) => b.bytes - a.bytes || (String(a.type) < String(b.type) ? -1 : 1))
}

function readTypeNames(db: HeapDb): Map<number, string> {
  const { rows } = db.query('SELECT id, name FROM types')
  return new Map(Array.from(rows, ([id, name]) => [Number(id), String(name)]))
}
