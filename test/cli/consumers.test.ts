import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch, sketchType } from '../schema/build-heap.ts'
import { makeFolder } from '../schema/small-heap.ts'
import { runCli } from './run-cli.ts'

const named = (path: string, name: string) =>
  sketchType({ name: `${path}.${name}`, package: path, kind: 'struct', size: 16 })

/** Modules of a drawn heap: example.com/app (devel) and golang.org/x/net v0.1.0. */
const OBJECTS = [
  ['example.com/app.Cache', 64],
  ['uint8', 1024],
  ['golang.org/x/net/http2.Conn', 128],
  ['bytes.Buffer', 48],
  ['uint8', 512],
  ['example.com/other.Thing', 96],
  ['bytes.Buffer', 32],
  ['golang.org/x/net/http2.Conn', 256],
  ['uint8', 2048],
] as const

/**
 *   app.cache ──> 0 app.Cache ──> 1 uint8      7: garbage
 *                   │   └───> 2 http2.Conn ──> 3 bytes.Buffer ──> 4 uint8
 *                   └────> 8 uint8 <──┐
 *   bytes.things ──> 5 other.Thing ──┘
 *   bytes.pool ──> 6 bytes.Buffer
 */
async function makeDatabase(): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  const heap = analyseSketch({
    types: [
      sketchType({ name: 'uint8', kind: 'uint8', size: 1 }),
      named('example.com/app', 'Cache'),
      named('golang.org/x/net/http2', 'Conn'),
      named('bytes', 'Buffer'),
      named('example.com/other', 'Thing'),
    ],
    objects: OBJECTS.map(([type, size], place) => ({ type, size, address: 0xc000000000 + 0x4000 * place })),
    edges: [
      [0, 0, 1],
      [0, 8, 2],
      [0, 16, 8],
      [2, 0, 3],
      [3, 0, 4],
      [5, 0, 8],
    ],
    roots: ['example.com/app.cache', 'bytes.things', 'bytes.pool'].map((name) => ({ kind: 'global', name })),
    rootEdges: [
      [0, 0, 0],
      [1, 0, 5],
      [2, 0, 6],
    ],
  })
  await writeDatabase(heap, path)
  return path
}

const REACHABLE = OBJECTS.reduce((sum, [, size]) => sum + size, 0) - 256

async function rowsOf(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await runCli(...args, '--json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

test('histogram --by module sums objects by the module of the package of their type', async () => {
  const rows = await rowsOf('histogram', await makeDatabase(), '--by', 'module')
  expect(
    rows.map((row) => [row.name, row.objects, row.bytes, row.reachable_objects, row.reachable_bytes]),
  ).toEqual([
    ['(none)', 4, 3680, 4, 3680],
    ['golang.org/x/net v0.1.0', 2, 384, 1, 128],
    ['std', 2, 80, 2, 80],
    ['example.com/app (devel)', 1, 64, 1, 64],
  ])
  expect(rows.at(-1)?.cumulative).toBeCloseTo(100)
  expect(rows.map((row) => row.dominated_size)).toEqual([3680, 688, 592, 1776])
})

test('top --by package puts every reachable object down to the package of the program that keeps it', async () => {
  const rows = await rowsOf('top', await makeDatabase(), '--by', 'package')
  expect(rows.map((row) => [row.package, row.module, row.objects, row.bytes])).toEqual([
    // Shared by two packages, and so of neither.
    ['(standard library)', null, 2, 2048 + 32],
    ['example.com/app', 'example.com/app (devel)', 2, 64 + 1024],
    ['golang.org/x/net/http2', 'golang.org/x/net v0.1.0', 3, 128 + 48 + 512],
    ['example.com/other', null, 1, 96],
  ])
  let sum = 0
  for (const row of rows) {
    sum += Number(row.bytes)
    expect(row.share).toBeCloseTo((100 * Number(row.bytes)) / REACHABLE)
    expect(row.cumulative).toBeCloseTo((100 * sum) / REACHABLE)
  }
  expect(sum).toBe(REACHABLE)
})

test('top --by module adds up the packages of each module', async () => {
  const path = await makeDatabase()
  const rows = await rowsOf('top', path, '--by', 'module')
  expect(rows.map((row) => [row.module, row.version, row.packages, row.bytes])).toEqual([
    ['(standard library)', null, null, 2080],
    ['example.com/app', '(devel)', 1, 1088],
    ['golang.org/x/net', 'v0.1.0', 1, 688],
    ['(no module)', null, 1, 96],
  ])
  expect(rows.at(-1)?.cumulative).toBeCloseTo(100)
  expect((await runCli('top', path, '--by', 'module', '--roots')).stderr).toMatch(/exclude each other/)
})
