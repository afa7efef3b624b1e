import { expect, test } from 'vitest'
import { analyseGraph } from '../../src/graph/analyse.ts'
import type { HeapGraph } from '../../src/model/heap-graph.ts'
import { NONE } from '../../src/model/types.ts'

const MILLION = 1_000_000

/** Object i of 8 bytes points at targets(i); one root, without a parent, points at rootTargets. */
function makeGraph(
  objectCount: number,
  rootTargets: Iterable<number>,
  targets: (object: number) => readonly number[],
): HeapGraph {
  const first = new Uint32Array(objectCount + 1)
  const all: number[] = []
  for (let object = 0; object < objectCount; object++) {
    for (const target of targets(object)) all.push(target)
    first[object + 1] = all.length
  }
  const rootTarget = Uint32Array.from(rootTargets)
  const rootCount = rootTarget.length
  const none = new Uint32Array(0)
  return {
    objectCount,
    rootCount: 1,
    size: new Float64Array(objectCount).fill(8),
    edges: { count: all.length, first, target: Uint32Array.from(all), offset: none, targetOffset: none },
    rootEdges: {
      count: rootCount,
      first: Uint32Array.of(0, rootCount),
      target: rootTarget,
      offset: new Float64Array(0),
      targetOffset: none,
    },
    rootParent: Int32Array.of(NONE),
  }
}

function* count(from: number, to: number) {
  for (let i = from; i < to; i++) yield i
}

test('a list of a million objects is a million deep', () => {
  //  R -> 0 -> 1 -> 2 -> ...
  const graph = makeGraph(MILLION, [0], (i) => (i + 1 < MILLION ? [i + 1] : []))
  const analysis = analyseGraph(graph)
  expect(analysis.retainedSize[0]).toBe(8 * MILLION)
  expect(analysis.retainedCount[MILLION - 1]).toBe(1)
  expect(analysis.distance[MILLION - 1]).toBe(MILLION)
  expect(analysis.depth[MILLION - 1]).toBe(MILLION + 1)
  expect(analysis.isBridge.every((flag) => flag === 1)).toBe(true)
})

test('a doubly linked list that is held at both ends has no dominator inside', () => {
  //  R -> 0 <-> 1 <-> 2 <-> ... <- R
  const graph = makeGraph(MILLION, [0, MILLION - 1], (i) =>
    i === 0 ? [1] : i === MILLION - 1 ? [i - 1] : [i + 1, i - 1],
  )
  const analysis = analyseGraph(graph)
  expect(analysis.idom.subarray(0, MILLION).every((idom) => idom === MILLION)).toBe(true)
  expect(analysis.isBridge.every((flag) => flag === 0)).toBe(true)
})

test('an array of a million objects retains them all', () => {
  const graph = makeGraph(MILLION, [0], (i) => (i === 0 ? [...count(1, MILLION)] : []))
  const analysis = analyseGraph(graph)
  expect(analysis.retainedCount[0]).toBe(MILLION)
  expect(analysis.isBridge.every((flag) => flag === 1)).toBe(true)
})

test('a long list that leads to many objects which the root holds too takes no quadratic time', () => {
  //  R -> 0 -> 1 -> ... -> 199999 -> all from 200000 on <- R
  const listed = 200_000
  const objectCount = 2 * listed
  const graph = makeGraph(objectCount, [0, ...count(listed, objectCount)], (i) =>
    i < listed - 1 ? [i + 1] : i === listed - 1 ? [...count(listed, objectCount)] : [],
  )
  const analysis = analyseGraph(graph)
  for (const object of [listed, objectCount - 1]) expect(analysis.idom[object]).toBe(objectCount)
  expect(analysis.retainedCount[listed - 1]).toBe(1)
  expect(analysis.retainedCount[0]).toBe(listed)
  expect(analysis.depth[objectCount - 1]).toBe(2)
})

test('a long list whose last object points back at all of them takes no quadratic time', () => {
  //  R -> 0 -> 1 -> ... -> 199999 -> 0, 1, 2, ...
  const objectCount = 200_000
  const graph = makeGraph(objectCount, [0], (i) =>
    i + 1 < objectCount ? [i + 1] : [...count(0, objectCount)],
  )
  const analysis = analyseGraph(graph)
  expect(analysis.depth[objectCount - 1]).toBe(objectCount + 1)
  expect(analysis.isBridge.reduce((sum, flag) => sum + flag)).toBe(objectCount - 1)
})
