import { GrowableColumn } from '../../base/columns.ts'
import { countUp, sortRows } from '../../base/radix-sort.ts'
import {
  type CapacityClaims,
  type CapacityTable,
  type EdgeTable,
  type ObjectTable,
  ROOT_KINDS,
  type RootEdgeTable,
  type RootTable,
  type SpanTable,
} from '../../model/tables.ts'
import { NONE, type NodeIndex, type ObjectIndex, type RootIndex } from '../../model/types.ts'
import type { Progress } from '../../progress.ts'
import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { type CapacityPlan, planCapacity, SHAPE, STATE, UNKNOWN } from './capacity-plan.ts'
import { countUsed, slotBytes } from './map-slots.ts'
import { Shown, WHOLE } from './shown.ts'
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
}

/**
 * What values leave unused. An array is in use up to the end of the longest slice, string or pointer that reaches it:
 * at what is behind, the program gets only by making a slice longer. That is not known when a pointer leads into the
 * array of which nobody can say what it shows, and when it is not certain how many elements were allocated.
 *
 * Only holders that live count, and which do is not known before the graph is analysed: so where holders do not agree,
 * what each of them says is listed.
 */
export function readCapacity(sources: CapacitySources, progress: Progress): CapacityTable {
  const { process, objects, roots } = sources
  progress.update('capacity', 0, objects.count)
  const reader = new CapacityReader(sources)
  const followAll = (visit: (object: ObjectIndex) => void) => {
    for (let root = 0; root < roots.count; root++) reader.followRoot(root)
    for (let object = 0; object < objects.count; object++) {
      if ((object & 0x3ffff) === 0) progress.update('capacity', object, objects.count)
      visit(object)
    }
  }
  followAll((object) => {
    reader.countSlots(object)
    reader.followObject(object)
  })
  if (reader.settle() > 0) followAll((object) => reader.followObject(object))
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
  readonly #reader: SpanReader
  /** Offsets of hchan.qcount and hchan.dataqsiz. */
  readonly #queued: number
  readonly #buffered: number
  /** The second time round: disputed objects only, and what is said of them is listed. */
  #isListing = false
  readonly #claimed = new GrowableColumn(Uint32Array)
  readonly #holders = new GrowableColumn(Uint32Array)
  readonly #claims: GrowableColumn<Int32Array> | GrowableColumn<Float64Array>
  /** The pointer word at which `beside` looks: in the heap, or (#word is an address then) outside. */
  #span = 0
  #word = 0
  readonly #besideInHeap = (skip: number) => this.#heapWord(this.#span, this.#word + skip / 8)
  readonly #besideInRoot = (skip: number) =>
    this.#word === 0 ? undefined : readable(() => this.#sources.process.memory.readWord(this.#word + skip))

  constructor(sources: CapacitySources) {
    const { process, catalog, spans, objects } = sources
    const { layouts } = process
    this.#sources = sources
    const hasHeaders = layouts.struct('runtime.mspan').has('largeType')
    this.#plan = planCapacity(catalog.table.rows, spans, objects, { hasHeaders })
    this.#shown = new Shown(process, catalog)
    this.#reader = new SpanReader(process.memory, spans)
    this.#queued = layouts.struct('runtime.hchan').offset('qcount')
    this.#buffered = layouts.struct('runtime.hchan').offset('dataqsiz')
    this.#claims =
      this.#plan.unused instanceof Int32Array
        ? new GrowableColumn(Int32Array)
        : new GrowableColumn(Float64Array)
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
    const { objects, edges, catalog, spans, programs } = this.#sources
    const from = edges.first[object]
    const to = edges.first[object + 1]
    if (from === to) return
    const type = objects.type[object]
    const program = type === NONE ? undefined : programs.of(type)
    const end = program === undefined ? 0 : objects.length[object] * catalog.table.rows[type].size
    const s = objects.span[object]
    const start = (objects.address[object] - spans.address[s]) / 8
    const isDead = objects.unswept[object] === 1
    for (let e = from; e < to; e++) {
      const target = edges.target[e]
      if (!this.#isOfInterest(target)) continue
      // What a dead object points at may have been freed, and its place given to something else.
      if (isDead && objects.unswept[target] === 0) continue
      const at = edges.offset[e]
      const entry = program === undefined || at >= end ? NONE : entryAt(program, at % program.size)
      if (program === undefined || entry === NONE) {
        this.#hear(target, object, UNKNOWN)
        continue
      }
      this.#span = s
      this.#word = start + at / 8
      if (program.kind[entry] === SLOT.buffer) {
        this.#followBuffer(target, object, start)
      } else this.#follow(program, entry, target, edges.targetOffset[e], object, this.#besideInHeap)
    }
  }

  followRoot(root: RootIndex): void {
    const { objects, roots, rootEdges, catalog, programs } = this.#sources
    const type = roots.type[root]
    const program = type === NONE ? undefined : programs.of(type)
    const end = program === undefined ? 0 : catalog.table.rows[type].size
    const isVague = this.#isPart(root)
    const holder = objects.count + root
    for (let e = rootEdges.first[root]; e < rootEdges.first[root + 1]; e++) {
      const target = rootEdges.target[e]
      if (!this.#isOfInterest(target)) continue
      const at = rootEdges.offset[e]
      const entry = program === undefined || at < 0 || at >= end ? NONE : entryAt(program, at % program.size)
      if (program === undefined || entry === NONE || (isVague && program.kind[entry] === SLOT.pointer)) {
        this.#hear(target, holder, UNKNOWN)
        continue
      }
      this.#word = roots.address[root] === 0 ? 0 : roots.address[root] + at
      this.#follow(program, entry, target, rootEdges.targetOffset[e], holder, this.#besideInRoot)
    }
  }

  /** Ends the first round. Gives the number of objects that are disputed. */
  settle(): number {
    const { state, unused } = this.#plan
    let disputed = 0
    for (let object = 0; object < state.length; object++) {
      if ((state[object] & STATE.array) === 0) continue
      if (state[object] & STATE.full) {
        unused[object] = 0
        state[object] &= ~STATE.disputed
      } else if (state[object] & STATE.disputed) disputed++
      else unused[object] = this.#certain(object, unused[object])
    }
    this.#isListing = true
    return disputed
  }

  finish(): CapacityTable {
    const { unused } = this.#plan
    const [object, holder, claims] = [this.#claimed.finish(), this.#holders.finish(), this.#claims.finish()]
    const order = sortRows(countUp(object.length), object)
    const sorted: CapacityClaims = {
      count: object.length,
      object: order.map((row) => object[row]),
      holder: order.map((row) => holder[row]),
      unused: claims.map((_, row) => claims[order[row]]),
    }
    return { unused, claims: sorted }
  }

  #isOfInterest(target: ObjectIndex): boolean {
    const state = this.#plan.state[target]
    if (this.#isListing) return (state & STATE.disputed) !== 0
    return (state & (STATE.array | STATE.single)) !== 0
  }

  #follow(
    program: SlotProgram,
    entry: number,
    target: ObjectIndex,
    offset: number,
    holder: NodeIndex,
    beside: (skip: number) => number | undefined,
  ): void {
    const { state } = this.#plan
    const isSlice = program.kind[entry] === SLOT.slice
    if ((state[target] & STATE.array) === 0) {
      if (!isSlice || program.target[entry] !== this.#sources.objects.type[target]) return
    }
    const shown = this.#shown.by(program, entry, beside)
    if (isSlice && shown !== UNKNOWN && offset + this.#shown.capacity === this.#bytesOf(target))
      state[target] |= STATE.counted
    if ((state[target] & STATE.array) === 0) {
      if (shown === UNKNOWN || offset + shown >= this.#bytesOf(target)) return
      // An array of one element, and a slice that does not show it.
      state[target] |= STATE.array | STATE.disputed
    }
    this.#hear(target, holder, shown === UNKNOWN ? UNKNOWN : offset + shown)
  }

  /** The buffer of a channel is an array of its own when its elements have pointers. */
  #followBuffer(target: ObjectIndex, channel: ObjectIndex, start: number): void {
    const { objects, catalog } = this.#sources
    const { size } = catalog.table.rows[objects.type[target]]
    const queued = this.#heapWord(this.#span, start + this.#queued / 8)
    const buffered = this.#heapWord(this.#span, start + this.#buffered / 8)
    // Also when it is of one element.
    this.#plan.state[target] |= STATE.array
    if (buffered * size === this.#bytesOf(target)) this.#plan.state[target] |= STATE.counted
    this.#hear(target, channel, queued > buffered ? UNKNOWN : queued * size)
  }

  /** A pointer shows the first `end` bytes of the object. */
  #hear(target: ObjectIndex, holder: NodeIndex, end: number): void {
    const { state, unused } = this.#plan
    if ((state[target] & STATE.array) === 0) return
    const rest = end === WHOLE ? 0 : this.#bytesOf(target) - end
    const claim = end === UNKNOWN || rest < 0 ? UNKNOWN : rest
    if (this.#isListing) {
      this.#claimed.push(target)
      this.#holders.push(holder)
      this.#claims.push(this.#certain(target, claim))
      return
    }
    if (claim === 0 && holder >= this.#sources.objects.count) state[target] |= STATE.full
    if ((state[target] & STATE.heard) === 0) unused[target] = claim
    else if (unused[target] !== claim) state[target] |= STATE.disputed
    state[target] |= STATE.heard
  }

  #certain(object: ObjectIndex, claim: number): number {
    return claim > 0 && (this.#plan.state[object] & STATE.counted) === 0 ? UNKNOWN : claim
  }

  /** The pointer word of a slice or string alone, or one that the compiler has put away without saying what it is of. */
  #isPart(root: RootIndex): boolean {
    const { kind, name } = this.#sources.roots
    return STACK_KINDS.has(kind[root]) && (name[root].startsWith('[') || name[root].endsWith('.ptr'))
  }

  #bytesOf(object: ObjectIndex): number {
    const { objects, catalog } = this.#sources
    return objects.length[object] * catalog.table.rows[objects.type[object]].size
  }

  #heapWord(s: number, word: number): number {
    this.#reader.moveTo(s, word)
    return this.#reader.hi * 2 ** 32 + this.#reader.lo
  }
}
