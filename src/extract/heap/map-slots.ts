import type { GoType } from '../../model/types.ts'

/** Keys and values that a group of a Swiss map or a bucket of an old one has room for. */
const SLOTS = 8
const CONTROL_BYTES = 8
/** runtime/map.go, minTopHash: lower ones mark a cell that is empty, or whose entry has moved to a larger map. */
const MIN_TOP_HASH = 5

const isBucket = ({ name }: GoType) => name.startsWith('map.bucket[')

/** Bytes of a key and its value in a group or bucket, by its row. */
export function slotBytes(group: GoType): number {
  // A bucket ends with the pointer to the next. cmd/compile/internal/reflectdata, MapBucketType
  return (group.size - CONTROL_BYTES - (isBucket(group) ? 8 : 0)) / SLOTS
}

/** Slots in use, by the two halves of the first word of a group or bucket: a byte a slot. */
export function countUsed(group: GoType, low: number, high: number): number {
  const least = isBucket(group) ? MIN_TOP_HASH : 0
  let count = 0
  for (let shift = 0; shift < 32; shift += 8) {
    if (isUsed((low >>> shift) & 0xff, least)) count++
    if (isUsed((high >>> shift) & 0xff, least)) count++
  }
  return count
}

/** The control byte of a Swiss slot in use has bit 7 clear; empty is 0x80, deleted 0xfe. internal/runtime/maps/group.go, ctrl */
const isUsed = (byte: number, least: number) => (least === 0 ? byte < 0x80 : byte >= least)

/**
 * How many groups or buckets were allocated in a slot that has room for `most`: a power of two, but for large old maps,
 * which fill their slot up with overflow buckets. internal/runtime/maps/table.go, newTable; runtime/map.go, makeBucketArray
 */
export function groupCount(group: GoType, most: number): number {
  return isBucket(group) && most > MAX_BARE_BUCKETS ? most : 2 ** Math.floor(Math.log2(most))
}

/** 2^B buckets have no overflow buckets beside them below B = 4, and no slot is twice as large as what it is for. */
const MAX_BARE_BUCKETS = 15
