import type { NONE, RootIndex, TypeIndex } from './types.ts'

/**
 * The tables between the stages. Structs of arrays over SharedArrayBuffer where rows can be tens of millions:
 * never one JavaScript object per heap object. User addresses fit in 2^53 and are Numbers.
 */

/** One mapping of the process, ascending by address. */
export interface Mapping {
  address: number
  size: number
  /** Where its bytes come from; 'absent': left out of the core when it was written; 'lost': cut off with its end. */
  source: 'core' | 'binary' | 'file' | 'absent' | 'lost'
  /** As in /proc/PID/maps, `rwx` with `-` for what is not allowed; `???` when the core does not say. */
  permissions: string
  /** The mapped file's path, when the core names it. */
  file: string | undefined
}

export const SPAN_STATES = ['dead', 'in use', 'manual'] as const

/** Spans that are in use for objects ('in use') or by hand ('manual': stacks), ascending by address. */
export interface SpanTable {
  readonly count: number
  readonly address: Float64Array
  /** Of 8 KiB. */
  readonly pages: Uint32Array
  /** Slot bytes (mspan.elemsize); 0 for manual spans. */
  readonly slotSize: Float64Array
  /** Slots in the span (mspan.nelems). */
  readonly slots: Uint32Array
  /** Slots allocated, dead-unswept ones included. */
  readonly allocated: Uint32Array
  /** Index into SPAN_STATES. */
  readonly state: Uint8Array
  /** 1: objects of the span hold no pointers. */
  readonly noscan: Uint8Array
  /** Bytes before the part of a slot that pointers point to: 8 with a malloc header, else 0. */
  readonly headerSize: Uint8Array
  /** Address of the abi.Type of a large object's span; 0 when there is none. */
  readonly largeType: Float64Array
  /** Row of the span's first object; objects of span s are [firstObject[s], firstObject[s + 1]). Length count + 1. */
  readonly firstObject: Uint32Array
  /** Number of the span's first slot over all spans; bit firstSlot[s] + i of `ObjectTable.slotObject`. Length count + 1. */
  readonly firstSlot: Uint32Array
}

/** How the type of an object is known, strongest first. Index of the name is the column's value; 0 is unknown. */
export const TYPE_SOURCES = [
  'unknown',
  /** The malloc header of the slot, or the large object's mspan.largeType. */
  'header',
  /** The runtime's own structure at a known place: g, m, p, allgs, a finalizer closure, ... */
  'runtime',
  /** Type word or itab of an interface that points at the object. */
  'interface',
  /** Element type kept in the channel itself. */
  'channel',
  /** Part of a map whose type is known. */
  'map',
  /** Code of a func value. */
  'closure',
  /** A typed pointer, slice or string that points at the object. */
  'pointer',
  'slice',
  'string',
] as const

/** One row per allocated slot, ascending by address; garbage included. */
export interface ObjectTable {
  readonly count: number
  /** Where the program's pointers point: slot base plus the malloc header. */
  readonly address: Float64Array
  /** Row in SpanTable. */
  readonly span: Uint32Array
  /** 1: the collector has already found the object dead, and the sweeper has not freed it yet. */
  readonly unswept: Uint8Array
  /** TypeIndex, or NONE. */
  readonly type: Int32Array
  /** Number of consecutive elements of `type`; 0 when the type is not known. */
  readonly length: Float64Array
  /** Index into TYPE_SOURCES. */
  readonly typeSource: Uint8Array
  /** For every slot of every span (SpanTable.firstSlot) the object row, or NONE for a free slot. */
  readonly slotObject: Int32Array
}

/** Which objects an object leads to, as compressed sparse rows: edges of object i are [first[i], first[i + 1]). */
export interface TargetTable {
  readonly count: number
  readonly first: Uint32Array
  /** ObjectIndex. */
  readonly target: Uint32Array
}

/** Which objects or roots lead to an object: sources of object t are [first[t], first[t + 1]), ascending. */
export interface SourceTable {
  readonly first: Uint32Array
  readonly source: Uint32Array
}

/** Object -> object pointers, one row per pointer word, in (source, offset) order. */
export interface EdgeTable extends TargetTable {
  /** Bytes from the source's address to the pointer word. Float64Array only in heaps with an object over 4 GiB. */
  readonly offset: OffsetArray
  /** Bytes from the target's address to where the pointer points. */
  readonly targetOffset: OffsetArray
}
export type OffsetArray = Uint32Array | Float64Array

/** Root -> object pointers in (root, offset) order, as compressed sparse rows. */
export interface RootEdgeTable {
  readonly count: number
  /** Length roots + 1. */
  readonly first: Uint32Array
  /** Bytes from the root's address to the pointer word; may be negative for none (a register: 0). */
  readonly offset: Float64Array
  readonly target: Uint32Array
  readonly targetOffset: OffsetArray
}

export const ROOT_KINDS = [
  'global', // a variable, named by DWARF or the symbol table
  'data', // a composite literal that the compiler laid out, or words of data or bss that nothing names
  'goroutine',
  'frame',
  'local',
  'argument',
  'register', // of a thread that was stopped at an arbitrary place
  'conservative', // words of a frame scanned without a stack map, as the runtime itself does there
  'finalizer', // special: the closure, and what the object points at
  'finalizer queue', // finalizers ready to run
  'cleanup', // special: the function of runtime.AddCleanup
  'cleanup queue', // cleanups ready to run
  'weak handle', // special: the handle object behind weak.Pointer
  'defer',
  'special',
  'runtime',
] as const
export type RootKind = (typeof ROOT_KINDS)[number]

/** Variables that keep memory alive, and what groups them: local -> frame -> goroutine. Parents precede children. */
export interface RootTable {
  readonly count: number
  /** Index into ROOT_KINDS. */
  readonly kind: Uint8Array
  /** RootIndex of the frame or goroutine it belongs to; NONE at the top. */
  readonly parent: Int32Array
  readonly name: readonly string[]
  /** TypeIndex, or NONE. */
  readonly type: Int32Array
  /** Where the variable lies; 0 when it has no place (register). */
  readonly address: Float64Array
  /** Bytes of the variable; 0 when not known. */
  readonly size: Float64Array
}

/** Rows for all goroutines that are not dead. */
export interface GoroutineRow {
  root: RootIndex
  goid: number
  /** As the runtime prints it: running, runnable, waiting, syscall, ... */
  status: string
  /** As in a traceback: "chan receive", "select", ...; undefined when not waiting. */
  waitReason: string | undefined
  /** g.waitsince, nanotime; undefined when the collector has not noted it. */
  waitingSinceNs: number | undefined
  /** Function that ran the go statement; undefined for the first ones. */
  createdBy: string | undefined
  /** Where the go statement is. */
  createdAt: { file: string; line: number } | undefined
  /** goid of the goroutine that ran it. */
  createdByGoid: number | undefined
  /** Addresses of the channels, or of the semaphore or condition, that it is blocked on. */
  waitingOn: readonly { how: 'send' | 'receive' | 'select' | 'wait'; address: number }[]
  /** Of runtime/pprof, by key; undefined for none. */
  labels: ReadonlyMap<string, string> | undefined
  /** stack.hi - stack.lo */
  stackSize: number
  /** Kernel thread id when on a thread, or locked to one (runtime.LockOSThread). */
  threadId: number | undefined
}

/** Rows for all stack frames, innermost first within a goroutine. */
export interface FrameRow {
  root: RootIndex
  goroutineRoot: RootIndex
  depth: number
  function: string
  file: string | undefined
  line: number | undefined
  pc: number
}

/** One call of an allocation stack. */
export interface StackFrameRow {
  function: string
  file: string | undefined
  line: number | undefined
}

/** Where sampled objects were allocated. Of values that share a tiny block, the one that opened it counts. */
export interface AllocationStacks {
  /** Per object: row in `stacks`, or NONE, as for most: the runtime samples one allocation in MemProfileRate bytes. */
  readonly stackOf: Int32Array
  /** Each distinct stack once, innermost call first. */
  readonly stacks: readonly (readonly StackFrameRow[])[]
}

/**
 * String data, in (object, offset) order. A row is an object with the bytes of it that strings show, from the first to the
 * last; in 16-byte slots, which unrelated strings may share, each is a row of its own, and overlapping ones are one.
 */
export interface StringTable {
  readonly count: number
  /** ObjectIndex. */
  readonly object: Uint32Array
  /** Bytes from the object's address to the first byte. */
  readonly offset: OffsetArray
  /** Bytes. */
  readonly length: OffsetArray
  /** 63 bits, equal for equal bytes. */
  readonly hash: BigUint64Array
  /**
   * Reads the text of a row; rows are asked for in order, while the core is open. U+FFFD stands for what is not UTF-8.
   * undefined: no contents were asked for.
   */
  readonly value: ((row: number) => string | undefined) | undefined
  /** Where the text of a row is cut, in bytes; 0 without values. */
  readonly maxValueBytes: number
}

/** Pointers that lie in a value of a map, in (object, offset) order, with the key beside them. */
export interface MapKeyTable {
  readonly count: number
  /** ObjectIndex of the group or bucket. */
  readonly object: Uint32Array
  /** Bytes from the object's address to the pointer, as in EdgeTable. */
  readonly offset: Float64Array
  /** The same to the map's value that the pointer is in. */
  readonly valueOffset: Float64Array
  /** TypeIndex of that value. */
  readonly valueType: Int32Array
  /** Reads the key as Go source has it, while the core is open; undefined when the core does not hold it. */
  readonly key: (row: number) => string | undefined
}

/** What of the memory of objects serves no purpose. */
export interface WasteTables {
  /**
   * Per object: bytes of room that is unused, 0 for what has no such room; -1 where it is not known. Elements of an array
   * behind the longest slice that reaches them, empty slots of maps, free slots of channels.
   */
  readonly unused: Int32Array | Float64Array
  /** Buffers of channels that are objects of their own, ascending ObjectIndex. */
  readonly rings: Uint32Array
  readonly pinned: PinnedTable
  readonly duplicateArrays: DuplicateArrayTable
  readonly tiny: TinyTable
}

/**
 * Reachable arrays of which pointers show half or less, but something: a slice or string cut out of an array keeps all of
 * it. A row where a copy of what is shown would take less memory, by object.
 */
export interface PinnedTable {
  readonly count: number
  /** ObjectIndex. */
  readonly object: Uint32Array
  /** Bytes from the object's address to the first byte that is shown. */
  readonly offset: Float64Array
  /** Bytes from there to the last. */
  readonly size: Float64Array
  /** Slot bytes that a copy would save. */
  readonly saved: Float64Array
}

/** Reachable arrays without pointers whose shown bytes, and types, are equal: a row each, equal ones next to each other. */
export interface DuplicateArrayTable {
  readonly count: number
  /** ObjectIndex. */
  readonly object: Uint32Array
  /** Bytes of the contents. */
  readonly size: Float64Array
  /** Number of the contents, 0..; rows of one number are equal. */
  readonly group: Uint32Array
}

/** Reachable slots of the tiny allocator, in which small values without pointers share 16 bytes, by object. */
export interface TinyTable {
  readonly count: number
  /** ObjectIndex. */
  readonly object: Uint32Array
  /** Bytes that no pointer shows; -1 when that is not known. */
  readonly unseen: Int32Array
}

export interface Module {
  path: string
  version: string | undefined
  sum: string | undefined
  /** `path version` of what this module stands in for. */
  replaces: string | undefined
}

/** An object index into TypeTable that may be absent. */
export type MaybeType = TypeIndex | typeof NONE
