import type { BitSet } from '../../base/bitset.ts'
import {
  type EdgeTable,
  type ObjectTable,
  ROOT_KINDS,
  type RootEdgeTable,
  type RootTable,
  type SpanTable,
} from '../../model/tables.ts'
import { NONE, type ObjectIndex, type RootIndex } from '../../model/types.ts'
import type { Progress } from '../../progress.ts'
import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { type CapacityPlan, planCapacity, SHAPE, STATE, UNKNOWN } from './capacity-plan.ts'
import { countUsed, slotBytes } from './map-slots.ts'
import { Shown } from './shown.ts'
import { ShownParts } from './shown-parts.ts'
import { SpanReader } from './span-reader.ts'
import { entryAt, type SlotProgram, type SlotPrograms } from './typing/slot-program.ts'
import { SLOT } from './typing/slots.ts'

export interface CapacitySources {
  process: GoProcess
  catalog: TypeCatalog
  spans: SpanTable
  objects: ObjectTable
  edges: EdgeTable
  roots: RootTable
  rootEdges: RootEdgeTable
  /** As typing the objects has left them. */
  programs: SlotPrograms
  /** Objects that a root reaches. */
  live: BitSet
}

export interface Capacity {
  /** Bytes that each object leaves unused, 0 for what has no such room; -1 where it is not known. */
  readonly unused: Int32Array | Float64Array
  readonly shown: ShownParts
}

/**
 * What values leave unused. An array is in use up to the end of the longest slice, string or pointer that reaches it:
 * at what is behind, the program gets only by making a slice longer. That is not known when a pointer leads into the
 * array of which nobody can say what it shows, and when it is not certain how many elements were allocated.
 *
 * Only holders that live count; of garbage, which only garbage holds, all do.
 */
export function readCapacity(sources: CapacitySources, progress: Progress): Capacity {
  const { process, objects, roots } = sources
  progress.update('capacity', 0, objects.count)
  const reader = new CapacityReader(sources)
  for (let root = 0; root < roots.count; root++) reader.followRoot(root)
  for (let object = 0; object < objects.count; object++) {
    if ((object & 0x3ffff) === 0) progress.update('capacity', object, objects.count)
    reader.countSlots(object)
    reader.followObject(object)
  }
  const { absentBytes, firstAbsent } = reader
  if (absentBytes > 0) {
    process.problems.add(
      'capacity',
      'heap-absent',
      'warning',
      'bytes of the heap are not in the core: what slices, maps and channels there leave unused may be wrong',
      { address: firstAbsent, count: absentBytes },
    )
  }
  return reader.finish()
}

/** Kinds of roots of which a pointer may be a part of a variable that lies in several places. */
const STACK_KINDS = new Set((['local', 'argument'] as const).map((kind) => ROOT_KINDS.indexOf(kind)))

class CapacityReader {
  readonly #sources: CapacitySources
  readonly #plan: CapacityPlan
  readonly #shown: Shown
  readonly #parts: ShownParts
  readonly #reader: SpanReader
  /** Offsets of hchan.qcount and hchan.dataqsiz. */
  readonly #queued: number
  readonly #buffered: number
  /** The pointer word at which `beside` looks: in the heap, or (#word is an address then) outside. */
  #span = 0
  #word = 0
  readonly #besideInHeap = (skip: number) => this.#heapWord(this.#span, this.#word + skip / 8)
  readonly #besideInRoot = (skip: number) =>
    this.#word === 0 ? undefined : readable(() => this.#sources.process.memory.readWord(this.#word + skip))

  constructor(sources: CapacitySources) {
    const { process, catalog, spans, objects } = sources
    const { layouts, facts } = process
    this.#sources = sources
    const hasHeaders = layouts.struct('runtime.mspan').has('largeType')
    this.#plan = planCapacity(catalog.table.rows, spans, objects, { hasHeaders, ...facts })
    this.#shown = new Shown(process, catalog)
    this.#parts = new ShownParts(this.#plan, sources)
    this.#reader = new SpanReader(process.memory, spans)
    this.#queued = layouts.struct('runtime.hchan').offset('qcount')
    this.#buffered = layouts.struct('runtime.hchan').offset('dataqsiz')
  }

  get absentBytes(): number {
    return this.#reader.absentBytes
  }
  get firstAbsent(): number | undefined {
    return this.#reader.firstAbsent
  }

  /** Counts what a part of a map, or a channel with its buffer inside, has in itself. */
  countSlots(object: ObjectIndex): void {
    const { objects, catalog, spans } = this.#sources
    const type = objects.type[object]
    const shape = type === NONE ? SHAPE.none : this.#plan.shape[type]
    if (shape !== SHAPE.group && shape !== SHAPE.channel) return
    const row = catalog.table.rows[type]
    const s = objects.span[object]
    const start = (objects.address[object] - spans.address[s]) / 8
    if (shape === SHAPE.channel) {
      const { length = 0, element } = catalog.table.rows[row.fields.at(-1)?.type ?? NONE] ?? {}
      if (row.fields.at(-1)?.name !== 'buffer' || element === undefined) return
      const free = length - this.#heapWord(s, start + this.#queued / 8)
      this.#plan.unused[object] = free < 0 ? UNKNOWN : free * catalog.table.rows[element].size
      return
    }
    let empty = 0
    for (let group = 0; group < objects.length[object]; group++) {
      this.#reader.moveTo(s, start + (group * row.size) / 8)
      empty += 8 - countUsed(row, this.#reader.lo, this.#reader.hi)
    }
    this.#plan.unused[object] = empty * slotBytes(row)
  }

  followObject(object: ObjectIndex): void {
    const { objects, edges, catalog, spans, programs, live } = this.#sources
    const from = edges.first[object]
    const to = edges.first[object + 1]
    if (from === to) return
    const type = objects.type[object]
    const program = type === NONE ? undefined : programs.of(type)
    const end = program === undefined ? 0 : objects.length[object] * catalog.table.rows[type].size
    const s = objects.span[object]
    const start = (objects.address[object] - spans.address[s]) / 8
    const isDead = objects.unswept[object] === 1
    const isLive = live.has(object)
    for (let e = from; e < to; e++) {
      const target = edges.target[e]
      if (!this.#parts.isOfInterest(target) || (!isLive && live.has(target))) continue
      // What a dead object points at may have been freed, and its place given to something else.
      if (isDead && objects.unswept[target] === 0) continue
      const at = edges.offset[e]
      const entry = program === undefined || at >= end ? NONE : entryAt(program, at % program.size)
      if (program === undefined || entry === NONE) {
        this.#parts.hear(target, 0, UNKNOWN)
        continue
      }
      this.#span = s
      this.#word = start + at / 8
      if (program.kind[entry] === SLOT.buffer) {
        this.#followBuffer(target, start)
      } else this.#follow(program, entry, target, edges.targetOffset[e], this.#besideInHeap)
    }
  }

  followRoot(root: RootIndex): void {
    const { roots, rootEdges, catalog, programs } = this.#sources
    const type = roots.type[root]
    const program = type === NONE ? undefined : programs.of(type)
    const end = program === undefined ? 0 : catalog.table.rows[type].size
    const isVague = this.#isPart(root)
    for (let e = rootEdges.first[root]; e < rootEdges.first[root + 1]; e++) {
      const target = rootEdges.target[e]
      if (!this.#parts.isOfInterest(target)) continue
      const at = rootEdges.offset[e]
      const entry = program === undefined || at < 0 || at >= end ? NONE : entryAt(program, at % program.size)
      if (program === undefined || entry === NONE || (isVague && program.kind[entry] === SLOT.pointer)) {
        this.#parts.hear(target, 0, UNKNOWN)
        continue
      }
      this.#word = roots.address[root] === 0 ? 0 : roots.address[root] + at
      this.#follow(program, entry, target, rootEdges.targetOffset[e], this.#besideInRoot)
    }
  }

  finish(): Capacity {
    return { unused: this.#parts.settle(), shown: this.#parts }
  }

  #follow(
    program: SlotProgram,
    entry: number,
    target: ObjectIndex,
    offset: number,
    beside: (skip: number) => number | undefined,
  ): void {
    const isPart = program.kind[entry] === SLOT.slice || program.kind[entry] === SLOT.string
    const shown = isPart || !this.#parts.isLoose(target) ? this.#shown.by(program, entry, beside) : UNKNOWN
    if (program.kind[entry] === SLOT.slice && shown !== UNKNOWN) {
      const { state } = this.#plan
      const bytes = this.#parts.bytesOf(target)
      if (offset + this.#shown.capacity === bytes) state[target] |= STATE.counted
      // An array of one element, and a slice that does not show it.
      if (program.target[entry] === this.#sources.objects.type[target] && offset + shown < bytes)
        state[target] |= STATE.shrunk
    }
    this.#parts.hear(target, offset, shown)
  }

  /** The buffer of a channel is an array of its own when its elements have pointers. */
  #followBuffer(target: ObjectIndex, start: number): void {
    const { objects, catalog } = this.#sources
    const { size } = catalog.table.rows[objects.type[target]]
    const queued = this.#heapWord(this.#span, start + this.#queued / 8)
    const buffered = this.#heapWord(this.#span, start + this.#buffered / 8)
    // Also when it is of one element.
    this.#plan.state[target] |= STATE.array | STATE.ring
    if (buffered * size === this.#parts.bytesOf(target)) this.#plan.state[target] |= STATE.counted
    this.#parts.hear(target, 0, queued > buffered ? UNKNOWN : queued * size)
  }

  /** The pointer word of a slice or string alone, or one that the compiler has put away without saying what it is of. */
  #isPart(root: RootIndex): boolean {
    const { kind, name } = this.#sources.roots
    return STACK_KINDS.has(kind[root]) && (name[root].startsWith('[') || name[root].endsWith('.ptr'))
  }

  #heapWord(s: number, word: number): number {
    this.#reader.moveTo(s, word)
    return this.#reader.hi * 2 ** 32 + this.#reader.lo
  }
}
