import { expect, test } from 'vitest'
import { drawGraph } from './drawn-graph.ts'

test('the top of a diamond dominates its bottom, and only the pointers of its upper half are bridges', () => {
  //        .-> b -.
  //  R -> a        d
  //        '-> c -'
  const heap = drawGraph(`
    R -> a -> b -> d
    a -> c -> d`)
  expect(heap.idom('a')).toBe('R')
  expect(heap.idom('d')).toBe('a')
  expect(heap.retained('R')).toBe('a b d c')
  expect(heap.retained('a')).toBe('a b d c')
  expect(heap.retained('b')).toBe('b')
  expect(heap.retained('c')).toBe('c')
  expect(heap.bridges()).toEqual(['R -> a', 'a -> b', 'a -> c'])
})

test('an object held by two roots is dominated by neither', () => {
  //  R -.
  //      a -> b
  //  S -'
  const heap = drawGraph(`
    R -> a -> b
    S -> a`)
  expect(heap.idom('a')).toBeUndefined()
  expect(heap.retained('R')).toBe('')
  expect(heap.retained('S')).toBe('')
  expect(heap.idom('b')).toBe('a')
  expect(heap.retained('a')).toBe('a b')
  expect(heap.bridges()).toEqual(['a -> b'])
})

test('a cycle is dominated by where it is entered, and its way back is no bridge', () => {
  //  R -> a -> b -> c -.
  //       ^------------'
  const heap = drawGraph('R -> a -> b -> c -> a')
  expect(heap.retained('a')).toBe('a b c')
  expect(heap.idom('c')).toBe('b')
  expect(heap.bridges()).toEqual(['R -> a', 'a -> b', 'b -> c'])
})

test('a cycle that is entered at two places has no dominator inside', () => {
  //  R -> a <-> b <- S
  const heap = drawGraph(`
    R -> a -> b
    S -> b -> a`)
  expect(heap.idom('a')).toBeUndefined()
  expect(heap.idom('b')).toBeUndefined()
  expect(heap.bridges()).toEqual([])
})

test('a self-edge keeps nothing alive and is no bridge', () => {
  //  R -> a -> a
  const heap = drawGraph('R -> a -> a')
  expect(heap.retained('a')).toBe('a')
  expect(heap.idom('a')).toBe('R')
  expect(heap.bridges()).toEqual(['R -> a'])
})

test('two pointer words of one object to the same target are both no bridge, and the object dominates it', () => {
  //  R -> a => b
  const heap = drawGraph(`
    R -> a -> b
    a -> b`)
  expect(heap.idom('b')).toBe('a')
  expect(heap.retained('a')).toBe('a b')
  expect(heap.bridges()).toEqual(['R -> a'])
})

test('two pointers of one root to the same object are both no bridge', () => {
  //  R => a
  const heap = drawGraph(`
    R -> a
    R -> a`)
  expect(heap.idom('a')).toBe('R')
  expect(heap.bridges()).toEqual([])
})

test('pointers of unreachable objects neither hold anything nor are bridges', () => {
  //  R -> a -> b <- x <- y
  //                      y -> z
  const heap = drawGraph(`
    R -> a -> b
    y -> x -> b
    y -> z`)
  expect(heap.idom('b')).toBe('a')
  expect(heap.retained('a')).toBe('a b')
  expect(heap.bridges()).toEqual(['R -> a', 'a -> b'])
  for (const name of ['x', 'y', 'z']) {
    expect(heap.analysis.reachable[heap.node(name)]).toBe(0)
    expect(heap.idom(name)).toBeUndefined()
    expect(heap.retained(name)).toBe('')
    expect(heap.analysis.depth[heap.node(name)]).toBe(0)
    expect(heap.analysis.distance[heap.node(name)]).toBe(0)
    expect(heap.analysis.parent[heap.node(name)]).toBe(-1)
  }
  expect(heap.analysis.reachableObjects).toBe(2)
  expect(heap.analysis.reachableBytes).toBe(3)
})

test('goroutine, frame and variable retain what is reached through them alone', () => {
  //  G > F > V -> a -> b
  const heap = drawGraph(`
    G > F > V
    V -> a -> b`)
  expect(heap.idom('a')).toBe('V')
  expect(heap.idom('V')).toBe('F')
  expect(heap.idom('F')).toBe('G')
  expect(heap.idom('G')).toBeUndefined()
  for (const root of ['G', 'F', 'V']) expect(heap.retained(root)).toBe('a b')
  expect(['G', 'F', 'V', 'a', 'b'].map((name) => heap.analysis.depth[heap.node(name)])).toEqual([
    1, 2, 3, 4, 5,
  ])
  expect(heap.bridges()).toEqual(['V -> a', 'a -> b'])
})

test('an object held by two locals of one frame is dominated by the frame', () => {
  //        .> V -.
  //  G > F        a
  //        '> W -'
  const heap = drawGraph(`
    G > F > V -> a
    F > W -> a`)
  expect(heap.idom('a')).toBe('F')
  expect(heap.retained('F')).toBe('a')
  expect(heap.retained('V')).toBe('')
  expect(heap.bridges()).toEqual([])
})

test('an object held by two frames of one goroutine is dominated by the goroutine', () => {
  const heap = drawGraph(`
    G > F > V -> a
    G > E > W -> a`)
  expect(heap.idom('a')).toBe('G')
  expect(heap.retained('G')).toBe('a')
})

test('an object held by two goroutines is dominated by neither', () => {
  const heap = drawGraph(`
    G > F > V -> a
    H > E > W -> a`)
  expect(heap.idom('a')).toBeUndefined()
  expect(heap.retained('G')).toBe('')
  expect(heap.retained('H')).toBe('')
})

test('a root that points nowhere is a node of the tree that retains nothing', () => {
  //  G > F      R -> a
  const heap = drawGraph(`
    G > F
    R -> a`)
  expect(heap.idom('F')).toBe('G')
  expect(heap.retained('G')).toBe('')
  expect(heap.analysis.depth[heap.node('F')]).toBe(2)
})

test('a pointer that leads back from what its target dominates does not spoil the bridge', () => {
  //  R -> a -> b -> c -> a      d is held by b and c: by b
  //            b -> d <- c
  const heap = drawGraph(`
    R -> a -> b -> c -> a
    c -> b
    b -> d
    c -> d -> b`)
  expect(heap.idom('d')).toBe('b')
  expect(heap.bridges()).toEqual(['R -> a', 'a -> b', 'b -> c'])
})

test('of equally near roots the first is the parent, and of equally near objects the one found first', () => {
  //  R -> b -.
  //          d
  //  S -> a -'     S -> b
  const heap = drawGraph(`
    a
    R -> b -> d
    S -> a -> d
    S -> b`)
  const parent = (name: string) => heap.names[heap.analysis.parent[heap.node(name)]]
  expect(parent('b')).toBe('R')
  expect(parent('d')).toBe('b')
  expect(heap.analysis.distance[heap.node('d')]).toBe(2)
})

test('a heap of nothing analyses to nothing', () => {
  const heap = drawGraph('R')
  expect(heap.analysis.reachableObjects).toBe(0)
  expect(heap.analysis.depth).toEqual(new Uint32Array([1]))
})
