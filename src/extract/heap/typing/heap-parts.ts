import { type GoType, NONE, type TypeField, type TypeIndex } from '../../../model/types.ts'
import type { GoProcess } from '../../go/process.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import { oldBucket } from './old-bucket.ts'
import { RuntimeParts } from './runtime-parts.ts'
import { SLOT, type Slot } from './slots.ts'
import { isTrieNode, OVERFLOW_OFFSET, trieNode } from './trie-node.ts'

/**
 * Rows for what the runtime allocates behind maps and channels, and what the untyped pointers (unsafe.Pointer)
 * of known structures lead to.
 */
export class HeapParts {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  /** What the pointers of a part lead to, by its row and the pointer's offset. */
  readonly #slots = new Map<TypeIndex, Map<number, Slot> | undefined>()
  readonly #mapHeaders = new Map<TypeIndex, TypeIndex>()
  readonly #channels = new Map<string, TypeIndex>()
  readonly runtimeParts: RuntimeParts
  readonly isSwiss: boolean
  /** Bytes from a channel's start to its dataqsiz. */
  readonly bufferedOffset: number
  /** And to its elemtype. */
  readonly elementTypeOffset: number
  /** Bytes from hchan.buf to hchan.dataqsiz. */
  readonly bufferedAfter: number
  /** Bytes from Map.dirPtr to Map.dirLen; 0 for old maps. */
  readonly directoryLengthAfter: number
  /** Bytes from table.groups.data to table.groups.lengthMask; 0 for old maps. */
  readonly lengthMaskAfter: number

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
    this.runtimeParts = new RuntimeParts(process, catalog)
    const { layouts } = process
    this.isSwiss = layouts.hasStruct('internal/runtime/maps.Map')
    const channel = layouts.struct('runtime.hchan')
    this.bufferedOffset = channel.offset('dataqsiz')
    this.elementTypeOffset = channel.offset('elemtype')
    this.bufferedAfter = channel.offset('dataqsiz') - channel.offset('buf')
    const map = this.isSwiss ? layouts.struct('internal/runtime/maps.Map') : undefined
    this.directoryLengthAfter = map === undefined ? 0 : map.offset('dirLen') - map.offset('dirPtr')
    const table = this.isSwiss ? layouts.struct('internal/runtime/maps.table') : undefined
    this.lengthMaskAfter =
      table === undefined ? 0 : table.offset('groups.lengthMask') - table.offset('groups.data')
  }

  pointerSlot(element: TypeIndex): Slot {
    if (element === NONE) return { kind: SLOT.opaque, target: NONE }
    const { name } = this.#catalog.table.rows[element]
    const kind = isTrieNode(name) ? SLOT.trieNode : SLOT.pointer
    return this.runtimeParts.pointee(element) ?? { kind, target: element }
  }

  /** Slots of a struct that its fields' types do not tell, by offset. */
  slotsOf(type: TypeIndex): ReadonlyMap<number, Slot> | undefined {
    if (this.#slots.has(type)) return this.#slots.get(type)
    const found = this.#specialSlots(type)
    this.#slots.set(type, found)
    return found
  }

  /** Row of the object that a map value points to; NONE when the map's parts are not known. */
  mapHeader(map: TypeIndex): TypeIndex {
    let header = this.#mapHeaders.get(map)
    if (header === undefined) {
      const group = this.#groupOf(map)
      header = group === NONE ? NONE : this.isSwiss ? this.#swissHeader(map) : this.#oldHeader(map, group)
      this.#mapHeaders.set(map, header)
    }
    return header
  }

  /** Rows behind Map.dirPtr: the one group of a small map, else the tables of which a directory holds pointers. */
  swissParts(map: TypeIndex): { group: TypeIndex; tablePointer: TypeIndex } {
    const table = this.#part(map, 'table', 'internal/runtime/maps.table')
    const group = this.#groupOf(map)
    const data = this.#process.layouts.struct('internal/runtime/maps.table').offset('groups.data')
    if (!this.#slots.has(table))
      this.#slots.set(table, new Map([[data, { kind: SLOT.groups, target: group }]]))
    return { group, tablePointer: table === NONE ? NONE : this.#catalog.pointerTo(table) }
  }

  /** Row of a channel object; `buffered` elements without pointers follow it in the same object. */
  channel(element: TypeIndex, buffered: number): TypeIndex {
    const { rows } = this.#catalog.table
    const { name, size, pointerBytes } = rows[element]
    const inline = pointerBytes === 0 && size > 0 ? buffered : 0
    const key = `hchan<${name}>${inline > 0 ? `[${inline}]` : ''}`
    let channel = this.#channels.get(key)
    if (channel === undefined) {
      channel = this.#makeChannel(key, element, inline)
      this.#channels.set(key, channel)
    }
    return channel
  }

  /** What begins with a HashTrieMap's node: an entry or an inner node. */
  trieNode(node: TypeIndex, isEntry: boolean): TypeIndex {
    const whole = trieNode(this.#catalog, node, isEntry)
    // Entries whose keys have the same hash are a list.
    if (isEntry && whole !== NONE && !this.#slots.has(whole)) {
      this.#slots.set(whole, new Map([[OVERFLOW_OFFSET, { kind: SLOT.pointer, target: whole }]]))
    }
    return whole
  }

  #groupOf(map: TypeIndex): TypeIndex {
    const group = this.#catalog.groupOf(map)
    if (group !== NONE) return group
    const { rows } = this.#catalog.table
    const { key, element } = rows[map]
    if (key === NONE || element === NONE) return NONE
    const part = this.isSwiss ? 'group' : 'bucket'
    const known = this.#catalog.byName(`map.${part}[${rows[key].name}]${rows[element].name}`)
    return known === NONE && !this.isSwiss ? oldBucket(this.#catalog, map) : known
  }

  #swissHeader(map: TypeIndex): TypeIndex {
    const header = this.#part(map, 'map', 'internal/runtime/maps.Map')
    const directory = this.#process.layouts.struct('internal/runtime/maps.Map').offset('dirPtr')
    this.#slots.set(header, new Map([[directory, { kind: SLOT.swissDirectory, target: map }]]))
    return header
  }

  #oldHeader(map: TypeIndex, bucket: TypeIndex): TypeIndex {
    const header = this.#part(map, 'hash', 'runtime.hmap')
    const hmap = this.#process.layouts.struct('runtime.hmap')
    const buckets: Slot = { kind: SLOT.elements, target: bucket }
    this.#slots.set(
      header,
      new Map([
        [hmap.offset('buckets'), buckets],
        [hmap.offset('oldbuckets'), buckets],
        [hmap.offset('extra'), { kind: SLOT.pointer, target: this.#mapExtra(map, bucket) }],
      ]),
    )
    return header
  }

  /** runtime.mapextra keeps the overflow buckets of maps without pointers alive. */
  #mapExtra(map: TypeIndex, bucket: TypeIndex): TypeIndex {
    const extra = this.#part(map, 'mapextra', 'runtime.mapextra')
    const layout = this.#process.layouts.struct('runtime.mapextra')
    const list: Slot = {
      kind: SLOT.pointer,
      target: this.#catalog.sliceOf(this.#catalog.pointerTo(bucket)),
    }
    this.#slots.set(
      extra,
      new Map([
        [layout.offset('overflow'), list],
        [layout.offset('oldoverflow'), list],
        [layout.offset('nextOverflow'), { kind: SLOT.pointer, target: bucket }],
      ]),
    )
    return extra
  }

  /** The row `part<K,V>`, as the linker names it in DWARF, with the fields of the runtime's own struct. */
  #part(map: TypeIndex, part: string, struct: string): TypeIndex {
    const { rows } = this.#catalog.table
    const { key, element } = rows[map]
    const model = this.#catalog.byName(struct)
    if (model === NONE || key === NONE || element === NONE) return NONE
    const name = `${part}<${rows[key].name},${rows[element].name}>`
    return this.#catalog.named(name, () => ({ ...rows[model], ...SYNTHETIC, kind: 'struct' }))
  }

  #makeChannel(name: string, element: TypeIndex, buffered: number): TypeIndex {
    const { rows } = this.#catalog.table
    const model = this.#catalog.byName('runtime.hchan')
    if (model === NONE) return NONE
    const buffer: TypeField[] = []
    if (buffered > 0) {
      const type = this.#catalog.arrayOf(element, buffered)
      buffer.push({ name: 'buffer', offset: rows[model].size, type, isEmbedded: false })
    }
    const channel = this.#catalog.named(name, () => ({
      ...rows[model],
      ...SYNTHETIC,
      kind: 'backing',
      element,
      size: rows[model].size + buffered * rows[element].size,
      fields: [...rows[model].fields, ...buffer],
    }))
    const at = this.#process.layouts.struct('runtime.hchan').offset('buf')
    this.#slots.set(channel, new Map([[at, { kind: SLOT.buffer, target: element }]]))
    return channel
  }

  #specialSlots(type: TypeIndex): Map<number, Slot> | undefined {
    const { rows } = this.#catalog.table
    const { name, kind, fields, size } = rows[type]
    if (kind === 'map group' && name.startsWith('map.bucket[')) {
      // bmap's last word is its overflow bucket, an unsafe.Pointer. cmd/compile/internal/reflectdata, MapBucketType.
      return new Map([[size - 8, { kind: SLOT.pointer, target: type }]])
    }
    const pointee = atomicPointee(rows, fields, name, (wanted) => this.#catalog.byName(wanted))
    const pointer = fields.find((field) => field.type !== NONE && rows[field.type].size === 8)
    if (pointee !== NONE && pointer !== undefined) {
      return new Map([[pointer.offset, this.pointerSlot(pointee)]])
    }
    return this.runtimeParts.slotsOf(type)
  }
}

/** T of sync/atomic.Pointer[T] (which says so in a field of type [0]*T) and of the runtime's own; NONE for other structs. */
function atomicPointee(
  rows: readonly GoType[],
  fields: readonly TypeField[],
  name: string,
  byName: (name: string) => TypeIndex,
): TypeIndex {
  if (name.startsWith('sync/atomic.Pointer[')) {
    const marker = fields.length > 0 && fields[0].type !== NONE ? rows[fields[0].type] : undefined
    if (marker?.kind !== 'array' || marker.element === NONE) return NONE
    return rows[marker.element].element
  }
  const own = /^(?:internal\/runtime|runtime\/internal)\/atomic\.Pointer\[(.*)\]$/.exec(name)
  return own === null ? NONE : byName(own[1])
}

/** What a row made after a runtime's struct does not share with it. */
const SYNTHETIC = { package: undefined, runtimeAddress: undefined }
