import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BitSet } from '../../src/base/bitset.ts'
import { BreadthFirstSearch } from '../../src/graph/breadth-first.ts'
import { markCut } from '../../src/graph/cut.ts'
import { mergeRootPaths } from '../../src/graph/merged-paths.ts'
import { findRootPaths, listInbound } from '../../src/graph/root-paths.ts'
import type { HeapGraph } from '../../src/model/heap-graph.ts'
import { NONE } from '../../src/model/types.ts'
import { buildGraph, drawGraph, type GraphLists } from './drawn-graph.ts'
import { findDistances } from './oracle.ts'
import { anyGraph, SEED } from './random-graphs.ts'

const cases = anyGraph(30).chain((lists) => {
  const rows = (length: number) => fc.subarray(Array.from({ length }, (_, row) => row))
  return fc.record({
    lists: fc.constant(lists),
    object: fc.integer({ min: 0, max: lists.objectCount - 1 }),
    nodes: rows(lists.objectCount + lists.rootParent.length),
    edges: rows(lists.edges.length),
    rootEdges: rows(lists.rootEdges.length),
    kept: fc.constantFrom<'none' | 'nodes' | 'edges' | 'rootEdges'>('none', 'nodes', 'edges', 'rootEdges'),
  })
})

/** Rows of nodes and of both edge tables. */
type Cut = { nodes?: number[]; edges?: number[]; rootEdges?: number[] }

/** Hops from one root to an object by the oracle: all other roots lose their pointers. */
function distanceFrom(lists: GraphLists, root: number, object: number, cut: Cut): number | undefined {
  const others = lists.rootEdges.flatMap(([from], row) => (from === root ? [] : [row]))
  return findDistances(lists, {
    nodes: new Set(cut.nodes),
    edges: new Set(cut.edges),
    rootEdges: new Set([...others, ...(cut.rootEdges ?? [])]),
  }).get(object)
}

test('on random graphs every root that reaches an object gives one shortest path, nearest first', () => {
  fc.assert(
    fc.property(cases, ({ lists, object, kept, ...all }) => {
      const cut: Cut =
        kept === 'none' ? {} : { [kept]: all[kept].filter((row) => kept !== 'nodes' || row !== object) }
      const graph = buildGraph(lists)
      const { nodes, edges, rootEdges } = markCut(graph, cut)
      const around = {
        objectCount: graph.objectCount,
        inbound: listInbound(graph.edges, graph.objectCount, edges),
        rootInbound: listInbound(graph.rootEdges, graph.objectCount, rootEdges),
      }
      const paths = findRootPaths(around, object, { cut: nodes, limit: 100 })
      const expected = lists.rootParent.flatMap((_, root) => distanceFrom(lists, root, object, cut) ?? [])
      expect(paths.map((path) => path.length - 1)).toEqual(expected.sort((a, b) => a - b))
      for (const path of paths) {
        expect(path.at(-1)).toBe(object)
        for (let step = 0; step + 1 < path.length; step++)
          expectPointer(lists, path[step], path[step + 1], cut)
      }
      expect(new Set(paths.map(([root]) => root)).size).toBe(paths.length)
      const few = findRootPaths(around, object, { cut: nodes, limit: 2 })
      expect(few).toEqual(paths.slice(0, 2))
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

function expectPointer(lists: GraphLists, source: number, target: number, cut: Cut): void {
  const isObject = source < lists.objectCount
  const rows = isObject ? lists.edges : lists.rootEdges
  const gone = new Set(isObject ? cut.edges : cut.rootEdges)
  const from = isObject ? source : source - lists.objectCount
  expect(new Set(cut.nodes).has(source)).toBe(false)
  expect(rows.some(([a, b], row) => a === from && b === target && !gone.has(row))).toBe(true)
}

function merge(graph: HeapGraph, targets: number[], labelOf: (node: number) => number, cut: Cut = {}) {
  const [parent, edge] = [new Int32Array(graph.objectCount), new Int32Array(graph.objectCount)]
  const { count, order } = new BreadthFirstSearch(graph, markCut(graph, cut), { parent, edge })
  const set = new BitSet(graph.objectCount)
  for (const target of targets) set.add(target)
  return mergeRootPaths(graph, { count, order, parent, word: edge }, set, {
    labelOf,
    // Each pointer is a field of its own.
    wordWithin: (_, row) => row,
    fieldOf: (node, row) => (node < graph.objectCount ? row : graph.edges.count + row),
    sizeOf: (object) => graph.size[object],
  })
}

test('merged paths count each object of the set once, at the end of a shortest path', () => {
  fc.assert(
    fc.property(cases, ({ lists, nodes }) => {
      const graph = buildGraph(lists)
      const targets = nodes.filter((node) => node < lists.objectCount)
      // Every node has a label of its own: nothing is merged, and levels are distances.
      const merged = merge(graph, targets, (node) => node)
      const distances = findDistances(lists)
      expect(merged.lost).toBe(targets.filter((target) => !distances.has(target)).length)
      const top = merged.objects.reduce((sum, n, place) => (merged.parent[place] === NONE ? sum + n : sum), 0)
      expect(top).toBe(targets.length - merged.lost)
      for (const target of targets) {
        const place = merged.label.indexOf(target)
        expect(place < 0).toBe(!distances.has(target))
        if (place >= 0) expect(hops(lists, merged, place)).toBe(distances.get(target))
      }
    }),
    { seed: SEED, numRuns: 500 },
  )
})

/** Objects on the way up from a place. */
function hops(lists: GraphLists, merged: { parent: Int32Array; label: Int32Array }, place: number): number {
  let count = 0
  for (let at = place; at !== NONE; at = merged.parent[at]) if (merged.label[at] < lists.objectCount) count++
  return count
}

test('paths of a type come together where its objects do', () => {
  //  G > F -> a1 -> s1      two of three sessions hang on a's, one on b
  //           a2 -> s2
  //  R -> b -> s3
  const heap = drawGraph(`
    G > F -> a1 -> s1
    F -> a2 -> s2
    R -> b -> s3`)
  const labels = [...new Set(heap.names.map((name) => name[0]))]
  const targets = ['s1', 's2', 's3'].map(heap.node)
  const mergeAround = (cut: Cut) =>
    merge(heap.graph, targets, (node) => labels.indexOf(heap.names[node][0]), cut)
  const merged = mergeAround({})
  const pathOf = (tree: typeof merged, place: number): string =>
    (tree.parent[place] === NONE ? '' : pathOf(tree, tree.parent[place])) + labels[tree.label[place]]
  const list = (tree: typeof merged) =>
    Array.from(tree.objects, (count, place) => `${pathOf(tree, place)} ${count}`).sort()
  expect(list(merged)).toEqual(['G 2', 'GF 2', 'GFa 2', 'GFas 2', 'R 1', 'Rb 1', 'Rbs 1'])
  const without = mergeAround({ nodes: [heap.node('b')] })
  expect(list(without)).toEqual(['G 2', 'GF 2', 'GFa 2', 'GFas 2'])
  expect(without.lost).toBe(1)
})
