import { expect, test } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import type { FrameRow, GoroutineRow } from '../../src/model/tables.ts'
import { groupGoroutines } from '../../src/schema/rollups/goroutine-stacks.ts'
import { buildHeap } from './build-heap.ts'

const goroutine = (root: number): GoroutineRow => ({
  root,
  goid: root + 1,
  status: 'waiting',
  waitReason: undefined,
  waitingSinceNs: undefined,
  createdBy: undefined,
  createdAt: undefined,
  createdByGoid: undefined,
  waitingOn: [],
  labels: undefined,
  stackSize: 1024,
  threadId: undefined,
})

/** Calls of one function, each from the same line, but for one of them at `oddDepth`. */
const callsOf = (goroutineRoot: number, count: number, oddDepth: number): FrameRow[] =>
  Array.from({ length: count }, (_, depth) => ({
    root: 0,
    goroutineRoot,
    depth,
    function: 'main.down',
    file: 'deep.go',
    line: depth === oddDepth ? 8 : 7,
    pc: depth === oddDepth ? 0x1008 : 0x1007,
  }))

function group(stacks: { count: number; oddDepth: number }[]) {
  const heap = buildHeap({
    roots: stacks.map((_, root) => ({ kind: 'goroutine', name: `goroutine ${root + 1}` })),
    goroutines: stacks.map((_, root) => goroutine(root)),
    frames: stacks.flatMap(({ count, oddDepth }, root) => callsOf(root, count, oddDepth)),
  })
  return groupGoroutines(analyse(heap))
}

test('of a stack of more than a hundred calls both ends are shown, and how many are between', () => {
  const [{ frames }] = group([{ count: 250, oddDepth: 249 }])
  const lines = frames.split('\n')
  expect(lines.length).toBe(101)
  expect([lines[0], lines[50], lines[100]]).toEqual([
    'main.down deep.go:7',
    '...150 frames elided...',
    'main.down deep.go:8',
  ])
})

test('a stack of a hundred calls is shown whole', () => {
  const [{ frames }] = group([{ count: 100, oddDepth: 1 }])
  expect(frames.split('\n').filter((line) => line.includes('main.down')).length).toBe(100)
})

test('stacks that differ only in what is not shown are two', () => {
  const same = { count: 250, oddDepth: 120 }
  const stacks = group([same, same, { count: 250, oddDepth: 121 }])
  expect(stacks.map(({ roots }) => roots)).toEqual([[0, 1], [2]])
})
