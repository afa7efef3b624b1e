import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyseGraph } from '../../src/graph/analyse.ts'
import { dominatedBy } from '../../src/graph/dominated-totals.ts'
import { walkDominators } from '../../src/graph/dominator-walk.ts'
import { type LabelTree, mergeByLabel } from '../../src/graph/label-tree.ts'
import { NONE } from '../../src/model/types.ts'
import { buildGraph, drawGraph } from './drawn-graph.ts'
import { findDistances } from './oracle.ts'
import { anyGraph, SEED } from './random-graphs.ts'

test('the walk enters every reachable node once, after its immediate dominator and before leaving that', () => {
  fc.assert(
    fc.property(anyGraph(40), (lists) => {
      const graph = buildGraph(lists)
      const analysis = analyseGraph(graph)
      const open: number[] = []
      const entered: number[] = []
      walkDominators(graph, analysis, {
        enter(node, idom) {
          expect(idom).toBe(analysis.idom[node])
          expect(open.at(-1) ?? NONE).toBe(idom)
          open.push(node)
          entered.push(node)
        },
        leave: (node) => expect(open.pop()).toBe(node),
      })
      expect(open).toEqual([])
      expect(entered.toSorted((a, b) => a - b)).toEqual(
        [...findDistances(lists).keys()].sort((a, b) => a - b),
      )
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('a group dominates what is lost with one of its objects', () => {
  const cases = anyGraph(30).chain((lists) =>
    fc.record({
      lists: fc.constant(lists),
      groups: fc.array(fc.integer({ min: 0, max: 3 }), {
        minLength: lists.objectCount,
        maxLength: lists.objectCount,
      }),
    }),
  )
  fc.assert(
    fc.property(cases, ({ lists, groups }) => {
      const graph = buildGraph(lists)
      const analysis = analyseGraph(graph)
      const visitor = dominatedBy(graph, analysis, { count: 4, groupOf: (object) => groups[object] })
      walkDominators(graph, analysis, visitor)
      const before = findDistances(lists)
      for (let group = 0; group < 4; group++) {
        const lost = new Set<number>()
        groups.forEach((of, object) => {
          if (of !== group) return
          const after = findDistances(lists, { nodes: new Set([object]) })
          for (const node of before.keys()) if (!after.has(node)) lost.add(node)
        })
        expect(visitor.totals.objects[group]).toBe(lost.size)
        expect(visitor.totals.size[group]).toBe(
          [...lost].reduce((sum, object) => sum + lists.sizes[object], 0),
        )
      }
    }),
    { seed: SEED, numRuns: 300 },
  )
})

/** `path objects/bytes` of each place; labels are the first letters of names. */
function drawTree(drawing: string): string[] {
  const heap = drawGraph(drawing)
  const labels = [...new Set(heap.names.map((name) => name[0]))]
  const visitor = mergeByLabel(heap.graph, heap.analysis, (node) => labels.indexOf(heap.names[node][0]))
  walkDominators(heap.graph, heap.analysis, visitor)
  const tree = visitor.finish()
  const pathOf = (place: number): string =>
    (tree.parent[place] === NONE ? '' : `${pathOf(tree.parent[place])}>`) + labels[tree.label[place]]
  return Array.from({ length: tree.count }, (_, place) => {
    return `${pathOf(place)} ${tree.nodes[place]} of ${tree.objects[place]}, ${heap.names[tree.biggest[place]]}`
  })
}

test('nodes of one label below one place are one place', () => {
  //  R -> a1 -> b1      a1, a2 and b1, b2, b3 merge; c is held by both
  //  R -> a2 -> b2, b3
  expect(
    drawTree(`
      R -> a1 -> b1
      R -> a2 -> b2
      a2 -> b3
      a1 -> c
      a2 -> c`),
  ).toEqual(['R 1 of 6, R', 'R>a 2 of 5, a2', 'R>a>b 3 of 3, b3', 'R>c 1 of 1, c'])
})

test('recursion is one place: lists, trees, and cycles of several labels', () => {
  expect(drawTree('R -> n1 -> n2 -> n3 -> v')).toEqual(['R 1 of 4, R', 'R>n 3 of 4, n1', 'R>n>v 1 of 1, v'])
  expect(drawTree('R -> a1 -> b1 -> a2 -> b2 -> a3')).toEqual([
    'R 1 of 5, R',
    'R>a 3 of 5, a1',
    'R>a>b 2 of 2, b1',
  ])
})

test('on random graphs sizes at the top add up to what is reachable, and each place is its own and those below', () => {
  fc.assert(
    fc.property(anyGraph(40), (lists) => {
      const graph = buildGraph(lists)
      const analysis = analyseGraph(graph)
      const visitor = mergeByLabel(graph, analysis, (node) => node % 3)
      walkDominators(graph, analysis, visitor)
      const tree = visitor.finish()
      expect(sumBelow(tree, tree.retainedSize, NONE)).toBe(analysis.reachableBytes)
      expect(sumBelow(tree, tree.objects, NONE)).toBe(analysis.reachableObjects)
      for (let place = 0; place < tree.count; place++) {
        expect(tree.parent[place]).toBeLessThan(place)
        expect(tree.retainedSize[place]).toBe(tree.size[place] + sumBelow(tree, tree.retainedSize, place))
      }
    }),
    { seed: SEED, numRuns: 300 },
  )
})

function sumBelow(tree: LabelTree, values: Float64Array, above: number): number {
  return values.reduce((sum, value, place) => (tree.parent[place] === above ? sum + value : sum), 0)
}
