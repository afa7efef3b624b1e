import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyseGraph } from '../../src/graph/analyse.ts'
import { findRetainedSet } from '../../src/graph/retained-set.ts'
import { buildGraph, drawGraph } from './drawn-graph.ts'
import { findDistances } from './oracle.ts'
import { anyGraph, SEED } from './random-graphs.ts'

test('two objects that hold a third together retain it as a set', () => {
  //  R -> a -> c
  //  R -> b -> c
  const heap = drawGraph(`
    R -> a -> c
    R -> b -> c`)
  const retain = (...names: string[]) => findRetainedSet(heap.graph, { nodes: names.map(heap.node) })
  expect(retain('a').objects).toHaveLength(1)
  expect(retain('a', 'b').objects).toHaveLength(3)
  expect(retain('a', 'b').objects).toContain(heap.node('c'))
  expect(retain('a').objects).not.toContain(heap.node('c'))
  expect(retain('R').sizeBytes).toBe(7)
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
      const retained = findRetainedSet(graph, cut)

      const before = findDistances(lists)
      const after = findDistances(lists, {
        nodes: new Set(cut.nodes),
        edges: new Set(cut.edges),
        rootEdges: new Set(cut.rootEdges),
      })
      const reachable = lists.sizes.map((_, object) => object).filter((object) => before.has(object))
      const lost = reachable.filter((object) => !after.has(object))
      expect([...retained.objects].sort((a, b) => a - b)).toEqual(lost)
      expect(lists.sizes.map((_, object) => object).filter(retained.isReachable)).toEqual(reachable)
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
        expect(findRetainedSet(graph, { nodes: [node] }).sizeBytes).toBe(analysis.retainedSize[node])
      }
      lists.edges.forEach(([, target], edge) => {
        const { objects } = findRetainedSet(graph, { edges: [edge] })
        expect(objects).toHaveLength(analysis.isBridge[edge] === 1 ? analysis.retainedCount[target] : 0)
      })
    }),
    { seed: SEED, numRuns: 500 },
  )
})
