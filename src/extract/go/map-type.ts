import type { Memory } from '../file/memory.ts'
import type { Layouts } from './layouts.ts'

/**
 * The part of abi.MapType that differs by version: old maps of buckets, Swiss maps of groups. Named MapType in most releases,
 * SwissMapType and OldMapType while both could be built. internal/abi/map*.go.
 */
export interface MapTypeLayout {
  isSwiss: boolean
  /** Size of the descriptor's struct, before the uncommon part. */
  bytes: number
  flags: number
}

/** MapType.Group or MapType.Bucket: after Key and Elem in every release. */
const GROUP = 64

export function mapTypeLayout(layouts: Layouts): MapTypeLayout {
  const isSwiss = layouts.hasStruct('internal/runtime/maps.Map')
  const special = isSwiss ? 'internal/abi.SwissMapType' : 'internal/abi.OldMapType'
  const layout = layouts.struct(layouts.hasStruct(special) ? special : 'internal/abi.MapType')
  return { isSwiss, bytes: layout.size, flags: layout.offset('Flags') }
}

/** Faults as Memory does. */
export function readGroupType(memory: Memory, mapType: number): number {
  return memory.readWord(mapType + GROUP)
}
