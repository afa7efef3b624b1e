import { BitSet } from '../base/bitset.ts'
import type { AnalysedHeap } from '../model/heap-graph.ts'
import type { SpanTable } from '../model/tables.ts'
import { NONE, type ObjectIndex } from '../model/types.ts'
import type { GarbageTotals } from './garbage.ts'
import type { PaddingTotals } from './padding.ts'
import type { DuplicateStrings } from './string-totals.ts'

/** Ways in which bytes serve no purpose, with what to do about each and the query that shows more. */
export const WASTE_KINDS = [
  {
    kind: 'spare elements',
    note: 'Behind the end of the longest slice of an array (cap - len): slices.Clip, or make with the right capacity.',
    query: 'waste-types',
  },
  {
    kind: 'pinned arrays',
    note: 'Arrays kept by a slice or string that shows half of them or less: copy it (slices.Clone, strings.Clone).',
    query: 'pinned-holders',
  },
  {
    kind: 'map slots',
    note: 'Places of maps without an entry: maps never shrink, so make a new one when most entries are gone.',
    query: 'waste-types',
  },
  {
    kind: 'channel slots',
    note: 'Places in buffers of channels without an element.',
    query: 'waste-types',
  },
  {
    kind: 'rounding',
    note: 'Behind a value that is smaller than its slot: a struct just over a size class takes the next one.',
    query: 'waste-types',
  },
  {
    kind: 'malloc headers',
    note: '8 bytes before each object over 512 bytes with pointers.',
    query: 'waste-types',
  },
  {
    kind: 'tiny blocks',
    note: 'Slots of 16 bytes that small values share: one that lives keeps all of it.',
    query: 'waste-types',
  },
  {
    kind: 'struct padding',
    note: 'What a better order of fields would save, before rounding.',
    query: 'padding',
  },
  {
    kind: 'duplicate strings',
    note: 'All copies but one of equal strings: intern them (unique.Make).',
    query: 'duplicate-strings',
  },
  {
    kind: 'duplicate arrays',
    note: 'All copies but one of equal arrays without pointers.',
    query: 'duplicate-arrays',
  },
  {
    kind: 'garbage',
    note: 'Unreachable, and not freed yet: a collection frees it.',
    query: 'garbage',
  },
  {
    kind: 'free slots',
    note: 'In spans that cannot be given back while one of their slots is in use.',
    query: 'fragmentation',
  },
  {
    kind: 'span ends',
    note: 'Bytes behind the last slots of spans.',
    query: 'fragmentation',
  },
] as const
export type WasteKind = (typeof WASTE_KINDS)[number]['kind']

/** A row of waste_totals. */
export interface WasteTotal {
  kind: WasteKind
  /** NONE: not known, or none. */
  type: number
  objects: number
  bytes: number
  unknownObjects: number
  unknownBytes: number
}

const PAGE_BYTES = 8192
/** runtime/malloc.go, maxTinySize */
const TINY_BYTES = 16

/** Sums by kind and type: place 0 is for objects of unknown type, place t + 1 for TypeIndex t. */
class Sums {
  readonly #kind: WasteKind
  readonly #objects: Float64Array
  readonly #bytes: Float64Array
  readonly #unknownObjects: Float64Array
  readonly #unknownBytes: Float64Array

  constructor(kind: WasteKind, types: number) {
    this.#kind = kind
    this.#objects = new Float64Array(types + 1)
    this.#bytes = new Float64Array(types + 1)
    this.#unknownObjects = new Float64Array(types + 1)
    this.#unknownBytes = new Float64Array(types + 1)
  }

  add(type: number, bytes: number, objects = 1): void {
    if (bytes <= 0) return
    this.#objects[type + 1] += objects
    this.#bytes[type + 1] += bytes
  }

  addUnknown(type: number, size: number): void {
    this.#unknownObjects[type + 1]++
    this.#unknownBytes[type + 1] += size
  }

  rows(): WasteTotal[] {
    const rows: WasteTotal[] = []
    for (let place = 0; place < this.#objects.length; place++) {
      if (this.#objects[place] + this.#unknownObjects[place] === 0) continue
      rows.push({
        kind: this.#kind,
        type: place - 1,
        objects: this.#objects[place],
        bytes: this.#bytes[place],
        unknownObjects: this.#unknownObjects[place],
        unknownBytes: this.#unknownBytes[place],
      })
    }
    return rows
  }
}

/** What else is known by now, and goes into the sums. */
export interface KnownWaste {
  garbage: GarbageTotals
  strings: DuplicateStrings
  arrays: readonly DuplicateArrays[]
  padding: readonly PaddingTotals[]
}

export function sumWaste(analysed: AnalysedHeap, known: KnownWaste): WasteTotal[] {
  const { heap } = analysed
  const types = heap.types.rows.length
  const sums = new Map(WASTE_KINDS.map(({ kind }) => [kind, new Sums(kind, types)]))
  const of = (kind: WasteKind) => sums.get(kind) ?? new Sums(kind, types)
  sumObjects(analysed, of)
  for (const { type, values, savedBytes } of known.padding) of('struct padding').add(type, savedBytes, values)
  const { count, wastedBytes } = known.strings
  for (let row = 0; row < count; row++) of('duplicate strings').add(NONE, wastedBytes[row])
  for (const { type, wastedBytes: bytes } of known.arrays) of('duplicate arrays').add(type, bytes)
  for (let place = 0; place <= types; place++)
    of('garbage').add(place - 1, known.garbage.bytes[place], known.garbage.objects[place])
  sumSpans(heap.spans, of)
  return WASTE_KINDS.flatMap(({ kind }) => of(kind).rows())
}

function sumObjects({ heap, analysis }: AnalysedHeap, of: (kind: WasteKind) => Sums): void {
  const { objects, spans, graph, waste } = heap
  const typeSize = Float64Array.from(heap.types.rows, ({ size }) => size)
  const roomOf = roomKinds(heap)
  const [headers, rounding] = [of('malloc headers'), of('rounding')]
  for (let object = 0; object < objects.count; object++) {
    if (analysis.reachable[object] === 0) continue
    const s = objects.span[object]
    const type = objects.type[object]
    const size = graph.size[object]
    const header = spans.headerSize[s]
    headers.add(type, header)
    if (type === NONE || (spans.noscan[s] === 1 && size === TINY_BYTES)) continue
    rounding.add(type, size - header - objects.length[object] * typeSize[type])
    const kind = roomOf(object)
    if (kind === undefined) continue
    if (waste.unused[object] < 0) of(kind).addUnknown(type, size)
    else of(kind).add(type, waste.unused[object])
  }
  const { pinned, tiny } = waste
  for (let row = 0; row < pinned.count; row++)
    of('pinned arrays').add(objects.type[pinned.object[row]], pinned.saved[row])
  for (let row = 0; row < tiny.count; row++) {
    const type = objects.type[tiny.object[row]]
    if (tiny.unseen[row] < 0) of('tiny blocks').addUnknown(type, TINY_BYTES)
    else of('tiny blocks').add(type, tiny.unseen[row])
  }
}

/** What kind of room an object has; undefined for none, and for pinned arrays, which are counted as such. */
function roomKinds({
  objects,
  types,
  waste,
}: AnalysedHeap['heap']): (object: ObjectIndex) => WasteKind | undefined {
  const rings = new BitSet(objects.count)
  for (const object of waste.rings) rings.add(object)
  const pinned = new BitSet(objects.count)
  for (const object of waste.pinned.object) pinned.add(object)
  const ofType = types.rows.map(({ kind, name }): WasteKind | undefined => {
    if (kind === 'map group') return 'map slots'
    if (kind === 'backing') return name.startsWith('hchan<') ? 'channel slots' : undefined
    return 'spare elements'
  })
  return (object) => {
    const kind = ofType[objects.type[object]]
    if (kind !== 'spare elements') return kind
    if (rings.has(object)) return 'channel slots'
    return pinned.has(object) ? undefined : kind
  }
}

function sumSpans(spans: SpanTable, of: (kind: WasteKind) => Sums): void {
  for (let s = 0; s < spans.count; s++) {
    const slot = spans.slotSize[s]
    if (slot === 0) continue
    const free = spans.slots[s] - spans.allocated[s]
    of('free slots').add(NONE, free * slot, free)
    of('span ends').add(NONE, spans.pages[s] * PAGE_BYTES - spans.slots[s] * slot)
  }
}

/** A row of duplicate_arrays. */
export interface DuplicateArrays {
  /** Place of its first array in DuplicateArrayTable; the others follow. */
  first: number
  copies: number
  type: number
  /** Bytes of the contents. */
  length: number
  wastedBytes: number
}

/** Those first whose copies cost most. */
export function sumDuplicateArrays({ heap }: AnalysedHeap): DuplicateArrays[] {
  const { objects, graph, waste } = heap
  const { count, object, size, group } = waste.duplicateArrays
  const rows: DuplicateArrays[] = []
  for (let first = 0; first < count; ) {
    let next = first
    let bytes = 0
    let largest = 0
    for (; next < count && group[next] === group[first]; next++) {
      bytes += graph.size[object[next]]
      largest = Math.max(largest, graph.size[object[next]])
    }
    const type = objects.type[object[first]]
    rows.push({ first, copies: next - first, type, length: size[first], wastedBytes: bytes - largest })
    first = next
  }
  return rows.sort((a, b) => b.wastedBytes - a.wastedBytes || a.first - b.first)
}
