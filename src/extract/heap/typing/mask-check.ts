import type { ObjectTable, SpanTable } from '../../../model/tables.ts'
import type { ObjectIndex } from '../../../model/types.ts'
import { MAX_SLOT_WITHOUT_HEADER } from '../../go/facts.ts'
import type { ObjectMasks } from '../object-finder.ts'
import type { SlotFit } from './slot-fit.ts'
import type { SlotProgram } from './slot-program.ts'
import { SLOT } from './slots.ts'

/** Of a larger object only so many words are compared. */
const MAX_WORDS = 1 << 22

/** Holds candidates against the heap's own pointer masks. */
export class MaskCheck {
  readonly #spans: SpanTable
  readonly #objects: ObjectTable
  readonly #masks: ObjectMasks
  readonly #fit: SlotFit
  /** True from Go 1.22 on: objects over 512 bytes have their masks from a type, repeated over the slot. */
  readonly #hasHeaders: boolean
  #words = new Uint8Array(1024)

  constructor(
    spans: SpanTable,
    objects: ObjectTable,
    masks: ObjectMasks,
    fit: SlotFit,
    options: { hasHeaders: boolean },
  ) {
    this.#spans = spans
    this.#objects = objects
    this.#masks = masks
    this.#fit = fit
    this.#hasHeaders = options.hasHeaders
  }

  /** True when the object's mask is that of what was allocated, so that it ends where the last value's pointers end. */
  endsWithValue(object: ObjectIndex): boolean {
    const s = this.#objects.span[object]
    if (this.#spans.noscan[s] === 1) return false
    return !this.#hasHeaders || this.#spans.slotSize[s] <= MAX_SLOT_WITHOUT_HEADER
  }

  /**
   * How many elements of `size` bytes with that program the object holds, when its mask is theirs; 0 when it contradicts.
   * `count` undefined: as many as the mask shows, or else as the slot has room for.
   */
  elementsIn(object: ObjectIndex, program: SlotProgram, size: number, count: number | undefined): number {
    const s = this.#objects.span[object]
    const most = Math.floor(this.#fit.room[s] / size)
    if (this.#spans.noscan[s] === 1) return program.count === 0 ? (count ?? most) : 0
    const words = this.#read(object, s)
    let last = words.length - 1
    while (last >= 0 && words[last] === 0) last--
    const isExact = this.endsWithValue(object)
    let elements = count ?? most
    if (isExact && count === undefined && program.count > 0) elements = Math.floor((last * 8) / size) + 1
    if (elements > most || elements === 0) return 0
    if (isExact && last * 8 >= elements * size) return 0
    const end = Math.min(words.length, Math.ceil((elements * size) / 8))
    return matches(words, end, program) ? elements : 0
  }

  /** True when all pointers of one element are pointers in the object's mask too, which may have more. */
  hasPointersOf(object: ObjectIndex, program: SlotProgram): boolean {
    const words = this.#read(object, this.#objects.span[object])
    for (let i = 0; i < program.count; i++) if (words[program.offset[i] / 8] !== 1) return false
    return true
  }

  #read(object: ObjectIndex, s: number): Uint8Array {
    const count = Math.min(MAX_WORDS, Math.floor(this.#fit.room[s] / 8))
    if (this.#words.length < count) this.#words = new Uint8Array(count)
    const words = this.#words.subarray(0, count)
    this.#masks.read(object, words)
    return words
  }
}

const isInterface = (kind: number) => kind === SLOT.emptyInterface || kind === SLOT.interface

/** True when the first `end` words are those of consecutive elements. */
function matches(words: Uint8Array, end: number, program: SlotProgram): boolean {
  let set = 0
  for (let w = 0; w < end; w++) set += words[w]
  if (program.count === 0 || program.size === 0) return set === 0
  const step = program.size / 8
  let expected = 0
  for (let element = 0; element < end; element += step) {
    for (let i = 0; i < program.count; i++) {
      const word = element + program.offset[i] / 8
      if (word >= end) break
      if (words[word] === 0) return false
      expected++
      // The structs that reflect makes have the type words of interfaces as pointers too. reflect/type.go, addTypeBits.
      // sync.eface, which is an interface to goheap, has its type word as a pointer of its own.
      const isOwn = i > 0 && program.offset[i - 1] === program.offset[i] - 8
      if (isInterface(program.kind[i]) && !isOwn && words[word - 1] === 1) expected++
    }
  }
  return expected === set
}
