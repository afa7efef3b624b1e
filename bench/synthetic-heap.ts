import { sharedUint8 } from '../src/base/columns.ts'
import { analyseGraph } from '../src/graph/analyse.ts'
import type { AnalysedHeap, ExtractedHeap, HeapGraph } from '../src/model/heap-graph.ts'
import { ROOT_KINDS } from '../src/model/tables.ts'
import { type GoType, NONE } from '../src/model/types.ts'

const SIZES = [16, 32, 48, 64, 96, 128, 256, 1024]
const OBJECTS_PER_SPAN = 128

/** A heap of a given size with pointers near and far, some garbage, and 5,000 types. Equal for equal arguments. */
export function makeSyntheticHeap(objectCount: number, edgesPerObject = 1.5, seed = 1): AnalysedHeap {
  const random = seededRandom(seed)
  const graph = makeGraph(objectCount, Math.floor(objectCount / 10_000) + 1, edgesPerObject, random)
  return { heap: makeHeap(graph, random), analysis: analyseGraph(graph) }
}

function makeGraph(
  objectCount: number,
  rootCount: number,
  edgesPerObject: number,
  random: () => number,
): HeapGraph {
  const size = new Float64Array(objectCount)
  const first = new Uint32Array(objectCount + 1)
  for (let i = 0; i < objectCount; i++) {
    // Slots of a span are of one size.
    size[i] = i % OBJECTS_PER_SPAN === 0 ? SIZES[Math.floor(random() * SIZES.length)] : size[i - 1]
    // At most one pointer a word.
    first[i + 1] = first[i] + Math.min(size[i] / 8, Math.floor(random() * (2 * edgesPerObject + 1)))
  }
  const edgeCount = first[objectCount]
  const offset = new Uint32Array(edgeCount)
  const target = new Uint32Array(edgeCount)
  const targetOffset = new Uint32Array(edgeCount)
  for (let i = 0; i < objectCount; i++) {
    for (let edge = first[i]; edge < first[i + 1]; edge++) {
      offset[edge] = (edge - first[i]) * 8
      const near = Math.min(objectCount - 1, i + 1 + Math.floor(random() * 64))
      target[edge] = random() < 0.7 ? near : Math.floor(random() * objectCount)
      targetOffset[edge] = random() < 0.05 ? 8 : 0
    }
  }
  const rootEdgeFirst = Uint32Array.from({ length: rootCount + 1 }, (_, i) => i)
  return {
    objectCount,
    rootCount,
    size,
    edges: { count: edgeCount, first, offset, target, targetOffset },
    rootEdges: {
      count: rootCount,
      first: rootEdgeFirst,
      offset: new Float64Array(rootCount),
      target: Uint32Array.from({ length: rootCount }, () => Math.floor(random() * objectCount)),
      targetOffset: new Uint32Array(rootCount),
    },
    rootParent: new Int32Array(rootCount).fill(NONE),
  }
}

function makeHeap(graph: HeapGraph, random: () => number): ExtractedHeap {
  const { objectCount, rootCount, size } = graph
  const types = makeTypes(5000)
  const spanCount = Math.ceil(objectCount / OBJECTS_PER_SPAN)
  const firstObject = new Uint32Array(spanCount + 1)
  for (let span = 0; span <= spanCount; span++)
    firstObject[span] = Math.min(objectCount, span * OBJECTS_PER_SPAN)
  const address = new Float64Array(objectCount)
  let at = 0xc000000000
  for (let i = 0; i < objectCount; i++) {
    address[i] = at
    at += size[i]
  }
  const type = new Int32Array(objectCount)
  // Few types have most objects, as in real heaps; one object in ten has no type.
  for (let i = 0; i < objectCount; i++) {
    type[i] = random() < 0.1 ? NONE : Math.floor(random() ** 4 * types.length)
  }
  return {
    metadata: new Map<string, string | number>([['go_version', 'go1.26.8']]),
    modules: [],
    mappings: [],
    types: { rows: types, byRuntimeAddress: new Map(), byName: new Map(types.map((t, i) => [t.name, i])) },
    spans: {
      count: spanCount,
      address: Float64Array.from({ length: spanCount }, (_, span) => address[firstObject[span]]),
      pages: new Uint32Array(spanCount).fill(16),
      slotSize: Float64Array.from({ length: spanCount }, (_, span) => size[firstObject[span]]),
      slots: new Uint32Array(spanCount).fill(OBJECTS_PER_SPAN),
      allocated: Uint32Array.from(
        { length: spanCount },
        (_, span) => firstObject[span + 1] - firstObject[span],
      ),
      state: new Uint8Array(spanCount).fill(1),
      noscan: new Uint8Array(spanCount),
      headerSize: new Uint8Array(spanCount),
      largeType: new Float64Array(spanCount),
      firstObject,
      firstSlot: firstObject,
    },
    objects: {
      count: objectCount,
      address,
      span: Uint32Array.from({ length: objectCount }, (_, i) => Math.floor(i / OBJECTS_PER_SPAN)),
      unswept: sharedUint8(objectCount),
      type,
      length: Float64Array.from(type, (t, i) => (t === NONE ? 0 : size[i] / 16)),
      typeSource: Uint8Array.from(type, (t) => (t === NONE ? 0 : 7)),
      slotObject: new Int32Array(0),
    },
    roots: {
      count: rootCount,
      kind: new Uint8Array(rootCount).fill(ROOT_KINDS.indexOf('global')),
      parent: graph.rootParent,
      name: Array.from({ length: rootCount }, (_, root) => `main.variable${root}`),
      type: new Int32Array(rootCount).fill(NONE),
      address: Float64Array.from({ length: rootCount }, (_, root) => 0x600000 + root * 8),
      size: new Float64Array(rootCount).fill(8),
    },
    goroutines: [],
    frames: [],
    memory: [],
    allocationStacks: { stackOf: new Int32Array(0), stacks: [] },
    mapKeys: undefined,
    strings: {
      count: 0,
      object: new Uint32Array(0),
      offset: new Uint32Array(0),
      length: new Uint32Array(0),
      hash: new BigUint64Array(0),
      value: undefined,
      maxValueBytes: 0,
    },
    waste: { ...NO_WASTE, unused: Int32Array.from(type, (t, i) => (t === NONE ? -1 : i % 8)) },
    graph,
    problems: [],
  }
}

function makeTypes(count: number): GoType[] {
  return Array.from({ length: count }, (_, index): GoType => {
    const isStruct = index > 0
    return {
      name: isStruct ? `example.com/app/part${index % 50}.Type${index}` : 'uintptr',
      package: isStruct ? `example.com/app/part${index % 50}` : undefined,
      kind: isStruct ? 'struct' : 'uintptr',
      size: isStruct ? 16 : 8,
      pointerBytes: isStruct ? 16 : 0,
      element: NONE,
      key: NONE,
      length: undefined,
      runtimeAddress: 0x500000 + index * 64,
      fields: isStruct
        ? [
            { name: 'next', offset: 0, type: 0, isEmbedded: false },
            { name: 'data', offset: 8, type: 0, isEmbedded: false },
          ]
        : [],
    }
  })
}

/** xorshift32, 0 <= x < 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const NO_WASTE = {
  rings: new Uint32Array(0),
  pinned: {
    count: 0,
    object: new Uint32Array(0),
    offset: new Float64Array(0),
    size: new Float64Array(0),
    saved: new Float64Array(0),
  },
  duplicateArrays: {
    count: 0,
    object: new Uint32Array(0),
    size: new Float64Array(0),
    group: new Uint32Array(0),
  },
  tiny: { count: 0, object: new Uint32Array(0), unseen: new Int32Array(0) },
}
