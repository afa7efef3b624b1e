import type { SpanTable } from '../../../model/tables.ts'
import { type GoFacts, MAX_SLOT_WITHOUT_HEADER, PAGE_BYTES } from '../../go/facts.ts'
import { SIZE_CLASSES, TINY_BYTES } from '../../go/size-classes.ts'

/**
 * What sizes the allocator puts into the slots of each span. It takes the smallest class that holds a size, so a slot
 * tells the size of what was allocated within a class's step: a value that would have gone into a smaller slot is not
 * the whole of the object. runtime/malloc.go, mallocgc.
 */
export interface SlotFit {
  /** Bytes for values: the slot without its malloc header. */
  readonly room: Float64Array
  /** Least bytes that are not put into a smaller slot. */
  readonly least: Float64Array
  /** Least bytes of one value, alone or with others in the slot. */
  readonly leastValue: Float64Array
  /** 1: small values without pointers share the slot. */
  readonly isTiny: Uint8Array
}

export function slotFit(spans: SpanTable, { hasRedzones }: Pick<GoFacts, 'hasRedzones'>): SlotFit {
  const room = new Float64Array(spans.count)
  const least = new Float64Array(spans.count)
  const leastValue = new Float64Array(spans.count)
  const isTiny = new Uint8Array(spans.count)
  for (let s = 0; s < spans.count; s++) {
    const slot = spans.slotSize[s]
    const header = spans.headerSize[s]
    room[s] = slot - header
    isTiny[s] = spans.noscan[s] === 1 && slot === TINY_BYTES ? 1 : 0
    const index = SIZE_CLASSES.indexOf(slot)
    // A large object has pages to itself. One of 32768 bytes, which is the size of a class too, is over 32760.
    if (index < 0) least[s] = slot - PAGE_BYTES + 1
    else if (index === 0) least[s] = 1
    else if (header === 0) least[s] = SIZE_CLASSES[index - 1] + 1
    else least[s] = Math.max(SIZE_CLASSES[index - 1] - header, MAX_SLOT_WITHOUT_HEADER) + 1
    if (hasRedzones) {
      room[s] = mostBesideRedzone(room[s])
      least[s] = mostBesideRedzone(least[s] - 1) + 1
    }
    leastValue[s] = isTiny[s] === 1 ? 1 : least[s]
  }
  return { room, least, leastValue, isTiny }
}

/** Largest size that is asked for, and bytes that the allocator adds to it. runtime/malloc.go, redZoneSize */
const REDZONES: readonly (readonly [most: number, redzone: number])[] = [
  [64 - 16, 16],
  [128 - 32, 32],
  [512 - 64, 64],
  [4096 - 128, 128],
  [2 ** 14 - 256, 256],
  [2 ** 15 - 512, 512],
  [2 ** 16 - 1024, 1024],
  [Number.POSITIVE_INFINITY, 2048],
]

/** The most bytes for values that fit in `bytes` together with their redzone; 0 when none do. */
function mostBesideRedzone(bytes: number): number {
  let most = 0
  for (const [limit, redzone] of REDZONES) most = Math.max(most, Math.min(limit, bytes - redzone))
  return most
}
