import { readable } from '../extract/file/readable.ts'
import { TYPE_SOURCES } from '../model/tables.ts'
import { type Check, countOf, hexOf, Mismatches } from './check.ts'
import type { CoreHeap } from './core-heap.ts'
import type { LoadedHeap } from './loaded-heap.ts'
import type { RowMask, RowMasks } from './type-masks.ts'

/** The database has the spans and objects that the core has. Without this the other checks mean nothing. */
export function checkSameHeap(heap: LoadedHeap, { spans: { table }, objects }: CoreHeap): Check {
  const wrong = new Mismatches()
  const { spans } = heap
  const differs = (what: string, count: number, a: ArrayLike<number>, b: ArrayLike<number>) => {
    for (let i = 0; i < count; i++) {
      if (a[i] !== b[i]) wrong.add(() => `${what} ${i + 1}: ${a[i]} in the database, ${b[i]} in the core`)
    }
  }
  if (spans.count !== table.count) wrong.add(() => `${spans.count} spans, and ${table.count} in the core`)
  if (heap.objects.count !== objects.count)
    wrong.add(() => `${heap.objects.count} objects, and ${objects.count} in the core`)
  if (wrong.count === 0) {
    differs('address of span', table.count, spans.address, table.address)
    differs('pages of span', table.count, spans.pages, table.pages)
    differs('slot bytes of span', table.count, spans.slotSize, table.slotSize)
    differs('objects of span', table.count, spans.allocated, table.allocated)
    differs('address of object', objects.count, heap.objects.address, objects.address)
  }
  return wrong.check(
    'spans and objects of the core',
    `${countOf(spans.count)} spans and ${countOf(heap.objects.count)} objects`,
  )
}

/**
 * Reads every pointer word of every object from the core, finds by binary search what it points into, and expects that
 * edge and no other.
 */
export function checkEdges(heap: LoadedHeap, core: CoreHeap): Check {
  const { objects, edges, spans } = heap
  const wrong = new Mismatches()
  const words = new WordBuffer()
  const { memory } = core.process
  let pointerWords = 0
  for (let object = 0; object < objects.count; object++) {
    let edge = edges.first[object]
    const end = edges.first[object + 1]
    const s = objects.span[object]
    const mask = core.spans.table.noscan[s] === 1 ? NO_WORDS : words.read(heap, core, object)
    for (let w = 0; w < mask.length; w++) {
      if (mask[w] === 0) continue
      pointerWords++
      const address = objects.address[object] + w * 8
      const pointer = readable(() => memory.readWord(address)) ?? 0
      const target = objectOf(objects.address, pointer)
      if (target < 0) continue
      const within = pointer - objects.address[target]
      if (within >= objects.size[target] - spans.headerSize[objects.span[target]]) continue
      if (
        edge < end &&
        edges.offset[edge] === w * 8 &&
        edges.target[edge] === target &&
        edges.targetOffset[edge] === within
      )
        edge++
      else
        wrong.add(() => `${hexOf(address)} in object ${object + 1} points at object ${target + 1}: no edge`)
    }
    if (edge !== end) wrong.add(() => `object ${object + 1} has edges that the core does not have`)
  }
  return wrong.check(
    'edges of the core',
    `${countOf(edges.count)} edges, from ${countOf(pointerWords)} pointer words`,
  )
}

const NO_WORDS = new Uint8Array(0)

/** Last object at or below an address; -1 for none. */
function objectOf(addresses: Float64Array, pointer: number): number {
  let low = 0
  let high = addresses.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (addresses[middle] <= pointer) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** One buffer for the masks of all objects. */
class WordBuffer {
  #words = new Uint8Array(1 << 16)

  read({ objects, spans }: LoadedHeap, { masks }: CoreHeap, object: number): Uint8Array {
    const count = (objects.size[object] - spans.headerSize[objects.span[object]]) / 8
    if (this.#words.length < count) this.#words = new Uint8Array(count)
    const words = this.#words.subarray(0, count)
    masks.read(object, words)
    return words
  }
}

const CHANNEL = TYPE_SOURCES.indexOf('channel')
const RUNTIME = TYPE_SOURCES.indexOf('runtime')

/** The pointers that an object's type has are those that the collector sees in it. */
export function checkTypes(heap: LoadedHeap, core: CoreHeap, types: RowMasks): Check {
  const { objects } = heap
  const { table } = core.spans
  const wrong = new Mismatches()
  const buffer = new WordBuffer()
  const compared = { typed: 0, unknown: 0 }
  for (let object = 0; object < objects.count; object++) {
    const type = objects.type[object]
    if (type < 0) continue
    const mask = types.of(type)
    if (mask === undefined) {
      compared.unknown++
      continue
    }
    compared.typed++
    const isNoscan = table.noscan[objects.span[object]] === 1
    // A channel of elements without pointers is allocated as if it had none itself (runtime/chan.go, makechan), and so is
    // the table of itabs, which are not in the heap (runtime/iface.go, itabAdd).
    const hidesPointers = objects.source[object] === CHANNEL || objects.source[object] === RUNTIME
    if (isNoscan && (mask.words.length === 0 || hidesPointers)) continue
    const words = isNoscan ? NO_WORDS : buffer.read(heap, core, object)
    const difference = isNoscan
      ? 'has pointers, in a span without'
      : compareWords(words, mask, objects.length[object])
    if (difference !== undefined) {
      const { name } = types.rows[type]
      wrong.add(() => `object ${object + 1} (${objects.length[object]} of ${name}) ${difference}`)
    }
  }
  const rest =
    compared.unknown === 0 ? '' : `; ${countOf(compared.unknown)} of types whose parts are not known`
  return wrong.check('types fit the heap bits', `${countOf(compared.typed)} typed objects${rest}`)
}

/** undefined when the words of `length` values are those of the mask. */
function compareWords(words: Uint8Array, mask: RowMask, length: number): string | undefined {
  const bytes = length * mask.valueSize
  const end = Math.min(words.length, Math.ceil(bytes / 8))
  if (bytes > words.length * 8) return `is larger than its slot of ${words.length * 8} bytes`
  let expected = 0
  for (let element = 0; element < end && mask.words.length > 0; element += mask.size / 8) {
    for (let i = 0; i < mask.words.length; i++) {
      const word = element + mask.words[i]
      if (word >= end) break
      if (words[word] === 0) return `has no pointer at byte ${word * 8}`
      expected++
      // The structs that reflect makes have the type words of interfaces as pointers too. reflect/type.go, addTypeBits.
      if (mask.isInterface[i] === 1 && words[word - 1] === 1) expected++
    }
  }
  // DWARF may tell only some of what a closure captures.
  if (mask.kind === 'closure') return undefined
  let set = 0
  for (let w = 0; w < end; w++) set += words[w]
  return set === expected ? undefined : `has ${set} pointers, its type ${expected}`
}

/** The fields of every type that the runtime has a descriptor of lie where the descriptor's pointer mask has pointers. */
export function checkFields(core: CoreHeap, types: RowMasks): Check {
  const wrong = new Mismatches()
  let compared = 0
  types.rows.forEach((row, type) => {
    const runtime = row.runtimeAddress === null ? undefined : core.typeMasks.maskOf(row.runtimeAddress)
    const mask = types.of(type)
    if (runtime === undefined || mask === undefined || mask.size !== runtime.size) return
    compared++
    const known = new Set(mask.words)
    const typeWords = new Set(mask.words.filter((_, i) => mask.isInterface[i] === 1).map((word) => word - 1))
    const extra = runtime.pointerWords.find((word) => !known.delete(word) && !typeWords.has(word))
    if (extra !== undefined)
      wrong.add(() => `${row.name} has a pointer at byte ${extra * 8}, and no field for it`)
    else if (known.size > 0) wrong.add(() => `${row.name} has fields with pointers where its mask has none`)
  })
  return wrong.check(
    'fields fit the descriptors',
    `${countOf(compared)} types with a descriptor of the runtime`,
  )
}
