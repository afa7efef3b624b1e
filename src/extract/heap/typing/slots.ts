import type { TypeIndex } from '../../../model/types.ts'

/** What a pointer word leads to, and how to follow it. */
export const SLOT = {
  /** Nothing is known of the target: unsafe.Pointer. */
  opaque: 0,
  /** One element of `target`. */
  pointer: 1,
  /** The first word of a slice of `target`; length and capacity follow. */
  slice: 2,
  /** The first word of a string; its length follows. */
  string: 3,
  /** The second word of an interface: a type, or an itab, comes before it. */
  emptyInterface: 4,
  interface: 5,
  /** A channel of `target`. */
  channel: 6,
  /** A map; `target` is the map type. */
  map: 7,
  func: 8,
  /** A whole allocation of elements of `target`, as many as it holds: buckets of an old map, sync.Pool.local. */
  elements: 9,
  /** Map.dirPtr of a Swiss map: a group, or a directory of tables. `target` is the map type. */
  swissDirectory: 10,
  /** *node of a HashTrieMap: an entry or an indirect node. `target` is the node type. */
  trieNode: 11,
  /** hchan.buf, an allocation of hchan.dataqsiz elements of `target`. */
  buffer: 12,
  /** table.groups.data, an allocation of table.groups.lengthMask + 1 elements of `target`. */
  groups: 13,
  /** One `target`, the struct, whose last array is longer than its type says: see RuntimeParts.withTail. */
  tailed: 14,
  /** reflect.Value.ptr: the value's type stands before it, its flags after it. */
  reflectValue: 15,
  /** `target`, hchan, to which the runtime points without the type of its elements: hchan.elemtype says it. */
  anyChannel: 16,
  /** `target`, abi.Type, the head of a descriptor. In the heap are those that reflect made: see RuntimeParts.descriptor. */
  descriptor: 17,
} as const
export type SlotKind = (typeof SLOT)[keyof typeof SLOT]

export interface Slot {
  kind: SlotKind
  /** NONE where the kind has none. */
  target: TypeIndex
  /** Bytes from the start of the value to its pointer word; 0 when absent. */
  skip?: number
}
