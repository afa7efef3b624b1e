import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { analyseSketch, type HeapSketch, sketchType } from './build-heap.ts'

/** Type rows of `smallHeap`, by place. */
const T = { byte: 0, pointer: 1, text: 2, node: 3, pair: 4, table: 5, iface: 6, gap: 7 } as const

const TYPES = [
  sketchType({ name: 'uint8', kind: 'uint8', size: 1, pointerBytes: 0 }),
  sketchType({ name: '*example.com/app.Node', kind: 'ptr', size: 8, pointerBytes: 8, element: T.node }),
  sketchType({ name: 'string', kind: 'string', size: 16, pointerBytes: 8 }),
  sketchType({
    name: 'example.com/app.Node',
    package: 'example.com/app',
    kind: 'struct',
    size: 32,
    pointerBytes: 32,
    runtimeAddress: 0x500040,
    fields: [
      { name: 'next', offset: 0, type: T.pointer, isEmbedded: false },
      { name: 'name', offset: 8, type: T.text, isEmbedded: false },
      // Nothing lies at the end of a zero-sized field: the pointer does.
      { name: '_', offset: 24, type: T.gap, isEmbedded: false },
      { name: 'other', offset: 24, type: T.pointer, isEmbedded: false },
    ],
  }),
  sketchType({ name: '[2]example.com/app.Node', kind: 'array', size: 64, element: T.node, length: 2 }),
  sketchType({
    name: 'example.com/app.Table',
    package: 'example.com/app',
    kind: 'struct',
    size: 96,
    fields: [
      { name: 'pairs', offset: 0, type: T.pair, isEmbedded: false },
      { name: 'Shape', offset: 64, type: T.iface, isEmbedded: true },
      { name: 'last', offset: 80, type: T.text, isEmbedded: false },
    ],
  }),
  sketchType({ name: 'example.com/app.Shape', package: 'example.com/app', kind: 'interface', size: 16 }),
  sketchType({ name: '[0]func()', kind: 'array', size: 0, length: 0 }),
]

/**
 *   app.table ──> 0 Table ──> 1 Node ──> 2 string data
 *                   │  └────> 3 [4]Node ──> 1
 *   goroutine 1     └────> 5
 *     main.main
 *       local n ──> 4 (unknown type) ──> 3
 *   6, 7: garbage, 6 ──> 7
 */
export const SMALL: HeapSketch = {
  metadata: {
    go_version: 'go1.26.8',
    goos: 'linux',
    goarch: 'amd64',
    core_size: 123_456,
    main_module: 'example.com/app',
  },
  types: TYPES,
  objects: [
    { address: 0xc000000000, size: 96, type: 'example.com/app.Table' },
    { address: 0xc000002000, size: 32, type: 'example.com/app.Node', source: 'pointer' },
    { address: 0xc000004000, size: 16, type: 'uint8', length: 11, source: 'string' },
    {
      address: 0xc000006000,
      size: 128,
      type: 'example.com/app.Node',
      length: 4,
      source: 'slice',
      unused: 64,
    },
    { address: 0xc000008000, size: 64 },
    {
      address: 0xc00000a000,
      size: 8192,
      type: 'uint8',
      length: 8192,
      source: 'interface',
      unused: null,
    },
    { address: 0xc00000c000, size: 48 },
    { address: 0xc00000e000, size: 16, type: '*example.com/app.Node', unswept: true },
  ],
  edges: [
    [0, 0, 1],
    [0, 32, 3, 32],
    [0, 72, 5],
    [1, 8, 2],
    [3, 88, 1],
    [4, 0, 3],
    [6, 0, 7],
  ],
  roots: [
    {
      kind: 'global',
      name: 'example.com/app.table',
      type: '*example.com/app.Node',
      address: 0x600000,
      size: 8,
    },
    { kind: 'goroutine', name: 'goroutine 1' },
    { kind: 'frame', name: 'main.main', parent: 1 },
    { kind: 'local', name: 'n', parent: 2, type: 'example.com/app.Node', address: 0xc00001a000, size: 32 },
    { kind: 'goroutine', name: 'goroutine 7' },
  ],
  rootEdges: [
    [0, 0, 0],
    [3, 24, 4, 8],
  ],
  goroutines: [
    {
      root: 1,
      goid: 1,
      status: 'waiting',
      waitReason: 'chan receive',
      waitingSinceNs: 12_345,
      createdBy: undefined,
      createdAt: undefined,
      createdByGoid: undefined,
      waitingOn: [{ how: 'receive', address: 0xc000002008 }],
      labels: undefined,
      stackSize: 8192,
      threadId: undefined,
    },
    {
      root: 4,
      goid: 7,
      status: 'running',
      waitReason: undefined,
      waitingSinceNs: undefined,
      createdBy: 'main.main',
      createdAt: { file: '/src/main.go', line: 9 },
      createdByGoid: 1,
      waitingOn: [],
      labels: new Map([['job', 'import']]),
      stackSize: 2048,
      threadId: 4711,
    },
  ],
  frames: [
    {
      root: 2,
      goroutineRoot: 1,
      depth: 0,
      function: 'main.main',
      file: '/src/main.go',
      line: 7,
      pc: 0x401000,
    },
  ],
  // Two strings of equal contents and one garbage; the last hash is the largest of 63 bits.
  strings: {
    count: 4,
    object: Uint32Array.of(2, 2, 5, 7),
    offset: Uint32Array.of(0, 4, 100, 0),
    length: Uint32Array.of(4, 4, 4, 4),
    hash: BigUint64Array.of(5n, 2n ** 53n + 1n, 5n, 2n ** 63n - 1n),
    value: (row) => ['same', 'rest', 'same', undefined][row],
    maxValueBytes: 4096,
  },
  problems: [
    {
      stage: 'spans',
      code: 'span-count',
      severity: 'warning',
      address: 0xc000000000,
      count: 2,
      message: 'a span counts other slots than it has',
    },
  ],
}

export const smallHeap = () => analyseSketch(SMALL)

/** SMALL, with waste of all kinds: a struct whose fields are in a bad order, a pinned array (5), equal arrays (9, 10). */
export const WASTEFUL: HeapSketch = {
  ...SMALL,
  metadata: { ...SMALL.metadata, gc_percent: 100, gc_memory_limit: 'off' },
  types: [
    ...TYPES,
    sketchType({
      name: 'example.com/app.Loose',
      package: 'example.com/app',
      kind: 'struct',
      size: 24,
      fields: [
        { name: 'a', offset: 0, type: T.byte, isEmbedded: false },
        { name: 'b', offset: 8, type: T.pointer, isEmbedded: false },
        { name: 'c', offset: 16, type: T.byte, isEmbedded: false },
      ],
    }),
  ],
  objects: [
    ...(SMALL.objects ?? []),
    { address: 0xc000010000, size: 128, type: 'example.com/app.Loose', length: 5 },
    { address: 0xc000012000, size: 48, type: 'uint8', length: 40 },
    { address: 0xc000014000, size: 64, type: 'uint8', length: 64, unused: 24 },
  ],
  rootEdges: [...(SMALL.rootEdges ?? []), [3, 0, 8], [3, 8, 9], [3, 16, 10]],
  waste: {
    pinned: {
      count: 1,
      object: Uint32Array.of(5),
      offset: Float64Array.of(96),
      size: Float64Array.of(100),
      saved: Float64Array.of(8080),
    },
    duplicateArrays: {
      count: 2,
      object: Uint32Array.of(9, 10),
      size: Float64Array.of(40, 40),
      group: Uint32Array.of(0, 0),
    },
    tiny: { count: 1, object: Uint32Array.of(2), unseen: Int32Array.of(8) },
  },
}

/** A folder that goes away after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
