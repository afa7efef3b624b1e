import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyseGraph } from '../../src/graph/analyse.ts'
import { NONE } from '../../src/model/types.ts'
import { Progress } from '../../src/progress.ts'
import { buildGraph } from './drawn-graph.ts'
import { expectAnalysis } from './oracle.ts'
import { anyGraph, SEED } from './random-graphs.ts'

test.each([
  { maxNodes: 14, numRuns: 6000 },
  { maxNodes: 30, numRuns: 1500 },
  { maxNodes: 60, numRuns: 300 },
])(
  'on $numRuns random graphs of up to $maxNodes nodes every column is as its definition says',
  ({ maxNodes, numRuns }) => {
    fc.assert(
      fc.property(anyGraph(maxNodes), (lists) => {
        const graph = buildGraph(lists)
        expect(analyseGraph(graph)).toEqual(expectAnalysis(lists))
      }),
      { seed: SEED, numRuns },
    )
  },
  120_000,
)

test('the nodes that nothing dominates retain all reachable bytes and objects between them', () => {
  fc.assert(
    fc.property(anyGraph(300), (lists) => {
      const analysis = analyseGraph(buildGraph(lists))
      const top = [...analysis.depth.keys()].filter((node) => analysis.depth[node] === 1)
      const sum = (column: Float64Array) => top.reduce((total, node) => total + column[node], 0)
      expect(sum(analysis.retainedSize)).toBe(analysis.reachableBytes)
      expect(sum(analysis.retainedCount)).toBe(analysis.reachableObjects)
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('a cancelled analysis throws, and progress ends at its total', () => {
  const graph = buildGraph({ objectCount: 1, sizes: [8], rootParent: [NONE], edges: [], rootEdges: [[0, 0]] })
  const aborted = new Progress(undefined, AbortSignal.abort())
  expect(() => analyseGraph(graph, aborted)).toThrow(expect.objectContaining({ code: 'cancelled' }))

  const reports: [number, number][] = []
  analyseGraph(graph, new Progress({ update: (_, done, total) => reports.push([done, total]) }))
  expect(reports.at(-1)?.[0]).toBe(reports.at(-1)?.[1])
})

test('a root before its parent is refused', () => {
  const lists = { objectCount: 0, sizes: [], rootParent: [1, NONE], edges: [], rootEdges: [] }
  expect(() => analyseGraph(buildGraph(lists))).toThrow('root 0 comes before its parent 1')
})
