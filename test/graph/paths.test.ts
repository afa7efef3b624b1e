import { expect, test } from 'vitest'
import { findDominatorPath, findRootPath, findShortestPath } from '../../src/graph/paths.ts'
import { drawGraph } from './drawn-graph.ts'

//  G > F > V -> a -> b -> c
//          W -> d ------> c -> e      x -> c
const heap = drawGraph(`
  G > F > V -> a -> b -> c -> e
  F > W -> d -> c
  x -> c`)
const names = (nodes: number[]) => nodes.map((node) => heap.names[node]).join(' ')

test('the shortest path starts at the root that points and ends at the object', () => {
  expect(names(findShortestPath(heap.graph, heap.analysis, heap.node('e')))).toBe('W d c e')
  expect(names(findShortestPath(heap.graph, heap.analysis, heap.node('a')))).toBe('V a')
})

test('the dominator path leaves out what could be gone around', () => {
  expect(names(findDominatorPath(heap.analysis, heap.node('e')))).toBe('G F c e')
  expect(names(findDominatorPath(heap.analysis, heap.node('G')))).toBe('G')
})

test('no path leads to an unreachable object', () => {
  expect(findShortestPath(heap.graph, heap.analysis, heap.node('x'))).toEqual([])
  expect(findDominatorPath(heap.analysis, heap.node('x'))).toEqual([])
})

test('the path of a root lists what it belongs to, outermost first', () => {
  const root = heap.node('W') - heap.graph.objectCount
  expect(names(findRootPath(heap.graph, root).map((r) => heap.graph.objectCount + r))).toBe('G F W')
})
