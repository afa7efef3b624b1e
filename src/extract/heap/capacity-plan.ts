import { sharedFloat64, sharedInt32 } from '../../base/columns.ts'
import type { ObjectTable, SpanTable } from '../../model/tables.ts'
import { type GoType, NONE } from '../../model/types.ts'
import { MAX_SLOT_WITHOUT_HEADER } from '../go/facts.ts'
import { type SlotFit, slotFit } from './typing/slot-fit.ts'

/** Room in use is not known. */
export const UNKNOWN = -1

/** What kind of room a type has that may be unused. */
export const SHAPE = { none: 0, array: 1, group: 2, channel: 3, tiny: 4 } as const

/** What is known of an object, as bits. */
export const STATE = {
  /** An array: what pointers show of it tells what is used. */
  array: 1,
  /** One value: in use, unless all that shows it is a slice that ends before it. */
  single: 2,
  /** It is certain how many elements were allocated. */
  counted: 4,
  /** A pointer leads into it of which nobody can say what it shows. */
  vague: 8,
  /** One value, and a slice that ends before it. */
  shrunk: 16,
  /** A slot that small values without pointers may share. */
  tiny: 32,
  /** The buffer of a channel, a ring: where its elements in use are is not told. */
  ring: 64,
  /** Of unknown type: an array when slices and strings are all that leads into it. */
  loose: 128,
} as const

export interface CapacityPlan {
  /** SHAPE by type. */
  readonly shape: Uint8Array
  /** STATE bits by object. */
  readonly state: Uint8Array
  /** Bytes by object: 0 for what is used as a whole, UNKNOWN for all that is still to be found out. */
  readonly unused: Int32Array | Float64Array
}

export function planCapacity(
  rows: readonly GoType[],
  spans: SpanTable,
  objects: ObjectTable,
  { hasHeaders, hasRedzones }: { hasHeaders: boolean; hasRedzones: boolean },
): CapacityPlan {
  const shape = Uint8Array.from(rows, shapeOf)
  const isWide = spans.slotSize.some((size) => size >= 2 ** 31)
  const unused = (isWide ? sharedFloat64 : sharedInt32)(objects.count).fill(UNKNOWN)
  const state = new Uint8Array(objects.count)
  const fit = slotFit(spans, { hasRedzones })
  for (let s = 0; s < spans.count; s++) {
    // Heap bits end with the last value. See MaskCheck.endsWithValue.
    const hasEnd = spans.noscan[s] === 0 && (!hasHeaders || spans.slotSize[s] <= MAX_SLOT_WITHOUT_HEADER)
    const shared = fit.isTiny[s] === 1 ? STATE.tiny : 0
    for (let object = spans.firstObject[s]; object < spans.firstObject[s + 1]; object++) {
      const type = objects.type[object]
      state[object] = shared
      if (type === NONE && shared === 0) state[object] = STATE.loose
      if (type === NONE) continue
      if (shape[type] === SHAPE.array || (shape[type] === SHAPE.none && objects.length[object] > 1)) {
        const isCounted = hasEnd || hasOneCount(fit, s, rows[type].size)
        state[object] |= isCounted ? STATE.array | STATE.counted : STATE.array
      } else if (shape[type] === SHAPE.none || shape[type] === SHAPE.channel) {
        state[object] |= STATE.single
        unused[object] = 0
      }
    }
  }
  return { shape, state, unused }
}

function shapeOf({ kind, name }: GoType): number {
  if (kind === 'array') return SHAPE.array
  if (kind === 'map group') return SHAPE.group
  if (kind !== 'backing') return SHAPE.none
  if (name === 'tiny block') return SHAPE.tiny
  return name.startsWith('hchan<') ? SHAPE.channel : SHAPE.none
}

/** Whether only one number of elements of that size goes into such a slot. */
function hasOneCount({ room, least }: SlotFit, s: number, size: number): boolean {
  return Math.ceil(least[s] / size) === Math.floor(room[s] / size)
}
