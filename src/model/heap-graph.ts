import type { MemoryAccount } from './memory-account.ts'
import type { Problem } from './problem.ts'
import type {
  AllocationStacks,
  EdgeTable,
  FrameRow,
  GoroutineRow,
  MapKeyTable,
  Mapping,
  Module,
  ObjectTable,
  RootEdgeTable,
  RootTable,
  SpanTable,
  StringTable,
  TargetTable,
  WasteTables,
} from './tables.ts'
import type { TypeTable } from './types.ts'

/** Where paths begin. */
export interface RootGraph {
  readonly objectCount: number
  readonly rootCount: number
  readonly rootEdges: RootEdgeTable
  /** RootIndex of the parent, or NONE; a parent's row comes before its children's. */
  readonly rootParent: Int32Array
}

/** What a search needs of a heap: where pointers lead. */
export interface SearchGraph extends RootGraph {
  readonly edges: TargetTable
}

/** What the graph algorithms need of a heap: sizes and pointers, nothing of Go. */
export interface HeapGraph extends SearchGraph {
  /** Slot bytes of object i. */
  readonly size: Float64Array
  readonly edges: EdgeTable
}

/** Everything read from a core. */
export interface ExtractedHeap {
  readonly metadata: ReadonlyMap<string, string | number>
  readonly modules: readonly Module[]
  readonly mappings: readonly Mapping[]
  readonly types: TypeTable
  readonly spans: SpanTable
  readonly objects: ObjectTable
  readonly roots: RootTable
  readonly goroutines: readonly GoroutineRow[]
  readonly frames: readonly FrameRow[]
  readonly allocationStacks: AllocationStacks
  readonly strings: StringTable
  /** undefined: no contents were asked for. */
  readonly mapKeys: MapKeyTable | undefined
  readonly waste: WasteTables
  readonly memory: MemoryAccount
  readonly graph: HeapGraph
  readonly problems: readonly Problem[]
}

/** What analysis adds. Node n: object n for n < objectCount, else root n - objectCount. */
export interface Analysis {
  /** Per object, 1 when a path from a root exists. */
  readonly reachable: Uint8Array
  /** Per node: the node that alone keeps it alive; NONE when unreachable or held by the root set as a whole. */
  readonly idom: Int32Array
  /** Per node: bytes that would become garbage with it, itself included (a root's own size is 0). 0 when unreachable. */
  readonly retainedSize: Float64Array
  /** Per node: objects that would become garbage with it, itself included when it is an object. */
  readonly retainedCount: Float64Array
  /** Per object: hops from the nearest root, 1 for an object that a root points at; 0 when unreachable. */
  readonly distance: Uint32Array
  /** Per object: the node before it on that shortest path; NONE when unreachable. */
  readonly parent: Int32Array
  /** Per edge (EdgeTable row): 1 when setting this pointer alone to nil would make its target garbage. */
  readonly isBridge: Uint8Array
  /** Per root edge (RootEdgeTable row): the same for a root's pointer. */
  readonly isRootBridge: Uint8Array
  /** Depth in the dominator tree, per node: 1 for a node without idom, 0 when unreachable. */
  readonly depth: Uint32Array
  readonly reachableObjects: number
  readonly reachableBytes: number
}

export interface AnalysedHeap {
  readonly heap: ExtractedHeap
  readonly analysis: Analysis
}
