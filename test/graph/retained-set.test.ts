import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BitSet } from '../../src/base/bitset.ts'
import { analyseGraph } from '../../src/graph/analyse.ts'
import { BreadthFirstSearch } from '../../src/graph/breadth-first.ts'
import { type Cut, markCut } from '../../src/graph/cut.ts'
import { findRetainedSet } from '../../src/graph/retained-set.ts'
import type { HeapGraph } from '../../src/model/heap-graph.ts'
import { buildGraph, drawGraph } from './drawn-graph.ts'
import { findDistances } from './oracle.ts'
import { anyGraph, SEED } from './random-graphs.ts'

/** Objects that are lost by a cut, those that are reachable without it, and the bytes of the former. */
function retain(graph: HeapGraph, cut: Cut) {
  const { seen } = new BreadthFirstSearch(graph)
  const objects = [...rowsOf(findRetainedSet(graph, markCut(graph, cut), seen))]
  return {
    objects,
    reachable: [...rowsOf(seen)],
    sizeBytes: objects.reduce((sum, object) => sum + graph.size[object], 0),
  }
}

function rowsOf(set: BitSet): number[] {
  const rows: number[] = []
  set.walk((row) => rows.push(row))
  return rows
}

test('two objects that hold a third together retain it as a set', () => {
  //  R -> a -> c
  //  R -> b -> c
  const heap = drawGraph(`
    R -> a -> c
    R -> b -> c`)
  const retainNames = (...names: string[]) => retain(heap.graph, { nodes: names.map(heap.node) })
  expect(retainNames('a').objects).toHaveLength(1)
  expect(retainNames('a', 'b').objects).toHaveLength(3)
  expect(retainNames('a', 'b').objects).toContain(heap.node('c'))
  expect(retainNames('a').objects).not.toContain(heap.node('c'))
  expect(retainNames('R').sizeBytes).toBe(7)
})

test('on random graphs a retained set is what no path reaches without the nodes and pointers of the cut', () => {
  const cases = anyGraph(40).chain((lists) => {
    const rows = (length: number) => fc.subarray(Array.from({ length }, (_, row) => row))
    return fc.record({
      lists: fc.constant(lists),
      nodes: rows(lists.objectCount + lists.rootParent.length),
      edges: rows(lists.edges.length),
      rootEdges: rows(lists.rootEdges.length),
      kept: fc.constantFrom<'nodes' | 'edges' | 'rootEdges' | 'all'>('nodes', 'edges', 'rootEdges', 'all'),
    })
  })
  fc.assert(
    fc.property(cases, ({ lists, kept, ...all }) => {
      const cut = kept === 'all' ? all : { [kept]: all[kept] }
      const graph = buildGraph(lists)
      const retained = retain(graph, cut)

      const before = findDistances(lists)
      const after = findDistances(lists, {
        nodes: new Set(cut.nodes),
        edges: new Set(cut.edges),
        rootEdges: new Set(cut.rootEdges),
      })
      const reachable = lists.sizes.map((_, object) => object).filter((object) => before.has(object))
      const lost = reachable.filter((object) => !after.has(object))
      expect(retained.objects).toEqual(lost)
      expect(retained.reachable).toEqual(reachable)
      expect(retained.sizeBytes).toBe(lost.reduce((sum, object) => sum + lists.sizes[object], 0))
    }),
    { seed: SEED, numRuns: 3000 },
  )
})

test('the retained set of one node is what the dominator tree says, and of one bridge what its target retains', () => {
  fc.assert(
    fc.property(anyGraph(40), (lists) => {
      const graph = buildGraph(lists)
      const analysis = analyseGraph(graph)
      for (const node of analysis.idom.keys()) {
        expect(retain(graph, { nodes: [node] }).sizeBytes).toBe(analysis.retainedSize[node])
      }
      lists.edges.forEach(([, target], edge) => {
        const { objects } = retain(graph, { edges: [edge] })
        expect(objects).toHaveLength(analysis.isBridge[edge] === 1 ? analysis.retainedCount[target] : 0)
      })
    }),
    { seed: SEED, numRuns: 500 },
  )
})
