import { NONE, type TypeField, type TypeIndex } from '../../../model/types.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'

/** Up to Go 1.23. internal/abi/map.go, MapBucketCount, MapMaxKeyBytes and MapMaxElemBytes. */
const SLOTS = 8
const MAX_INLINE_BYTES = 128

/**
 * Row of the buckets of a map type that reflect has made, whose descriptor of them lacks a name and fields, as
 * reflect/type.go, bucketOf, lays them out; NONE when a part is not known. Named as the linker names buckets.
 */
export function oldBucket(catalog: TypeCatalog, map: TypeIndex): TypeIndex {
  const { rows } = catalog.table
  const inline = (type: TypeIndex) =>
    type === NONE || rows[type].size <= MAX_INLINE_BYTES ? type : catalog.pointerTo(type)
  const [key, element] = [inline(rows[map].key), inline(rows[map].element)]
  const [byte, pointer, number] = ['uint8', 'unsafe.Pointer', 'uintptr'].map((name) => catalog.byName(name))
  if ([key, element, byte, pointer, number].includes(NONE)) return NONE
  const hasPointers = rows[key].pointerBytes !== 0 || rows[element].pointerBytes !== 0
  const fields: TypeField[] = []
  let size = 0
  const add = (name: string, type: TypeIndex) => {
    fields.push({ name, offset: size, type, isEmbedded: false })
    size += rows[type].size
  }
  add('topbits', catalog.arrayOf(byte, SLOTS))
  add('keys', catalog.arrayOf(key, SLOTS))
  add('elems', catalog.arrayOf(element, SLOTS))
  // mapextra holds the overflow buckets of maps without pointers. runtime/map.go, hmap.createOverflow
  add('overflow', hasPointers ? pointer : number)
  return catalog.named(`map.bucket[${rows[rows[map].key].name}]${rows[rows[map].element].name}`, () => ({
    package: undefined,
    kind: 'map group',
    size,
    pointerBytes: undefined,
    element: NONE,
    key: NONE,
    length: undefined,
    runtimeAddress: undefined,
    fields,
  }))
}
