import { analyseGraph } from '../../src/graph/analyse.ts'
import type { AnalysedHeap, ExtractedHeap } from '../../src/model/heap-graph.ts'
import { type MemoryAccount, OBJECTS_KEY } from '../../src/model/memory-account.ts'
import type { Problem } from '../../src/model/problem.ts'
import {
  type AllocationStacks,
  type FrameRow,
  type GoroutineRow,
  ROOT_KINDS,
  type RootKind,
  type StringTable,
  TYPE_SOURCES,
  type WasteTables,
} from '../../src/model/tables.ts'
import { type GoType, NONE } from '../../src/model/types.ts'

export interface ObjectSketch {
  address: number
  size: number
  /** Name of a type. */
  type?: string
  length?: number
  source?: (typeof TYPE_SOURCES)[number]
  unswept?: boolean
  /** Bytes; left out: none of a known type, and not known of another. null: not known. */
  unused?: number | null
}

export interface RootSketch {
  kind: RootKind
  name: string
  /** Place in the list of roots. */
  parent?: number
  type?: string
  address?: number
  size?: number
}

/** [source, offset, target, target offset]; source and target are places in the lists of objects or roots. */
export type EdgeSketch = [source: number, offset: number, target: number, targetOffset?: number]

export interface HeapSketch {
  metadata?: Record<string, string | number>
  types?: GoType[]
  objects?: ObjectSketch[]
  roots?: RootSketch[]
  edges?: EdgeSketch[]
  rootEdges?: EdgeSketch[]
  goroutines?: GoroutineRow[]
  frames?: FrameRow[]
  allocationStacks?: AllocationStacks
  strings?: StringTable
  waste?: Partial<Omit<WasteTables, 'unused'>>
  problems?: Problem[]
}

/** Nothing pinned, nothing twice. */
const NO_WASTE: Omit<WasteTables, 'unused'> = {
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

/** A type with nothing to it but what is given. */
export function sketchType(type: Partial<GoType> & Pick<GoType, 'name' | 'kind' | 'size'>): GoType {
  return {
    package: undefined,
    pointerBytes: undefined,
    element: NONE,
    key: NONE,
    length: undefined,
    runtimeAddress: undefined,
    fields: [],
    ...type,
  }
}

/** The tables of a heap drawn by hand. Every object has a span of its own, which its slot fills. */
export function buildHeap(sketch: HeapSketch): ExtractedHeap {
  const { types = [], objects = [], roots = [], goroutines = [], frames = [], problems = [] } = sketch
  const typeIndex = (name: string | undefined) => {
    if (name === undefined) return NONE
    const index = types.findIndex((type) => type.name === name)
    if (index < 0) throw new Error(`no type ${name}`)
    return index
  }
  const size = Float64Array.from(objects, (object) => object.size)
  const edges = sortEdges(sketch.edges ?? [], objects.length)
  const rootEdges = sortEdges(sketch.rootEdges ?? [], roots.length)
  const rootParent = Int32Array.from(roots, (root) => root.parent ?? NONE)
  const counting = Uint32Array.from({ length: objects.length + 1 }, (_, i) => i)
  return {
    metadata: new Map(Object.entries(sketch.metadata ?? { go_version: 'go1.26.8' })),
    modules: [
      { path: 'example.com/app', version: '(devel)', sum: undefined, replaces: undefined },
      { path: 'golang.org/x/net', version: 'v0.1.0', sum: 'h1:abc=', replaces: 'golang.org/x/net v0.0.9' },
    ],
    mappings: [
      { address: 0x400000, size: 8192, source: 'binary', permissions: 'r-x', file: '/bin/app' },
      { address: 0x7fff_0000_0000, size: 4096, source: 'absent', permissions: 'rw-', file: undefined },
    ],
    types: {
      rows: types,
      byRuntimeAddress: new Map(),
      byName: new Map(types.map((type, index) => [type.name, index])),
    },
    allocationStacks: sketch.allocationStacks ?? {
      stackOf: new Int32Array(objects.length).fill(NONE),
      stacks: [],
    },
    mapKeys: undefined,
    strings: sketch.strings ?? {
      count: 0,
      object: new Uint32Array(0),
      offset: new Uint32Array(0),
      length: new Uint32Array(0),
      hash: new BigUint64Array(0),
      value: undefined,
      maxValueBytes: 0,
    },
    spans: {
      count: objects.length,
      address: Float64Array.from(objects, (object) => object.address),
      pages: Uint32Array.from(objects, (object) => Math.ceil(object.size / 8192)),
      slotSize: size,
      slots: new Uint32Array(objects.length).fill(1),
      allocated: new Uint32Array(objects.length).fill(1),
      state: new Uint8Array(objects.length).fill(1),
      noscan: new Uint8Array(objects.length),
      headerSize: new Uint8Array(objects.length),
      largeType: new Float64Array(objects.length),
      firstObject: counting,
      firstSlot: counting,
    },
    objects: {
      count: objects.length,
      address: Float64Array.from(objects, (object) => object.address),
      span: counting.subarray(0, objects.length),
      unswept: Uint8Array.from(objects, (object) => Number(object.unswept ?? false)),
      type: Int32Array.from(objects, (object) => typeIndex(object.type)),
      length: Float64Array.from(objects, (object) => (object.type === undefined ? 0 : (object.length ?? 1))),
      typeSource: Uint8Array.from(objects, (object) =>
        TYPE_SOURCES.indexOf(object.source ?? (object.type === undefined ? 'unknown' : 'header')),
      ),
      slotObject: Int32Array.from(counting.subarray(0, objects.length)),
    },
    roots: {
      count: roots.length,
      kind: Uint8Array.from(roots, (root) => ROOT_KINDS.indexOf(root.kind)),
      parent: rootParent,
      name: roots.map((root) => root.name),
      type: Int32Array.from(roots, (root) => typeIndex(root.type)),
      address: Float64Array.from(roots, (root) => root.address ?? 0),
      size: Float64Array.from(roots, (root) => root.size ?? 0),
    },
    goroutines,
    frames,
    waste: {
      unused: Int32Array.from(objects, ({ type, unused = type === undefined ? null : 0 }) => unused ?? -1),
      ...NO_WASTE,
      ...sketch.waste,
    },
    memory: sketchMemory(size),
    graph: {
      objectCount: objects.length,
      rootCount: roots.length,
      size,
      edges,
      rootEdges: { ...rootEdges, offset: Float64Array.from(rootEdges.offset) },
      rootParent,
    },
    problems,
  }
}

/** Objects only: all that a drawn heap has. */
function sketchMemory(sizes: Float64Array): MemoryAccount {
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  return [
    { key: 'memory', parent: undefined, name: 'memory', bytes, note: 'all' },
    { key: OBJECTS_KEY, parent: 'memory', name: 'objects', bytes, note: 'objects' },
  ]
}

export function analyseSketch(sketch: HeapSketch): AnalysedHeap {
  const heap = buildHeap(sketch)
  return { heap, analysis: analyseGraph(heap.graph) }
}

function sortEdges(sketches: EdgeSketch[], sources: number) {
  const sorted = sketches.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
  const first = new Uint32Array(sources + 1)
  for (const [source] of sorted) first[source + 1]++
  for (let i = 0; i < sources; i++) first[i + 1] += first[i]
  return {
    count: sorted.length,
    first,
    offset: Uint32Array.from(sorted, (edge) => edge[1]),
    target: Uint32Array.from(sorted, (edge) => edge[2]),
    targetOffset: Uint32Array.from(sorted, (edge) => edge[3] ?? 0),
  }
}
