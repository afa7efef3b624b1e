import { GrowableColumn } from '../../base/columns.ts'
import type { EdgeTable, MapKeyTable, ObjectTable } from '../../model/tables.ts'
import { type GoType, NONE, type TypeIndex, type TypeKind } from '../../model/types.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'

/** Longer text of a key is cut. Bytes. */
const MAX_KEY_BYTES = 100

interface MapKeySources {
  memory: Memory
  catalog: TypeCatalog
  objects: ObjectTable
  edges: EdgeTable
}

/**
 * The key beside each pointer that lies in a value of a map: what a programmer would call that place. Keys that are text,
 * numbers or truth values; not those of other kinds, nor large ones, which the map keeps elsewhere.
 */
export function readMapKeys({ memory, catalog, objects, edges }: MapKeySources): MapKeyTable {
  const { rows } = catalog.table
  const layouts = rows.map((row) => (row.kind === 'map group' ? slotLayout(rows, row) : undefined))
  const source = new GrowableColumn(Uint32Array)
  const offset = new GrowableColumn(Float64Array)
  const valueOffset = new GrowableColumn(Float64Array)
  const valueType = new GrowableColumn(Int32Array)
  const keyAddress = new GrowableColumn(Float64Array)
  const keyType = new GrowableColumn(Int32Array)
  for (let object = 0; object < objects.count; object++) {
    const type = objects.type[object]
    const layout = type === NONE ? undefined : layouts[type]
    if (layout === undefined) continue
    const { size } = rows[type]
    for (let e = edges.first[object]; e < edges.first[object + 1]; e++) {
      const inGroup = edges.offset[e] % size
      const slot = Math.floor((inGroup - layout.value.first) / layout.value.stride)
      const value = layout.value.first + slot * layout.value.stride
      if (slot < 0 || slot >= layout.slots || inGroup >= value + layout.value.size) continue
      const group = edges.offset[e] - inGroup
      source.push(object)
      offset.push(edges.offset[e])
      valueOffset.push(group + value)
      valueType.push(layout.value.type)
      keyAddress.push(objects.address[object] + group + layout.key.first + slot * layout.key.stride)
      keyType.push(layout.key.type)
    }
  }
  const kindOf = (row: number) => rows[keyType.get(row)].kind
  return {
    count: source.length,
    object: source.finish(),
    offset: offset.finish(),
    valueOffset: valueOffset.finish(),
    valueType: valueType.finish(),
    key: (row) => readable(() => readKey(memory, kindOf(row), keyAddress.get(row))),
  }
}

interface SlotLayout {
  slots: number
  key: Place
  value: Place
}

/** Of slot 0, in a group or bucket; the next is `stride` bytes on. */
interface Place {
  type: TypeIndex
  first: number
  stride: number
  size: number
}

/** undefined when keys are of a kind that is not read, or no pointer is in a value. */
function slotLayout(rows: readonly GoType[], group: GoType): SlotLayout | undefined {
  const layout = mixedLayout(rows, group) ?? splitLayout(rows, group)
  if (layout === undefined || !READ_KINDS.has(rows[layout.key.type].kind)) return undefined
  return rows[layout.value.type].pointerBytes === 0 ? undefined : layout
}

/** Go 1.24 to 1.26: slots of a key and a value each. internal/runtime/maps/group.go */
function mixedLayout(rows: readonly GoType[], group: GoType): SlotLayout | undefined {
  const slots = group.fields.find(({ name }) => name === 'slots')
  const array = slots && rows[slots.type]
  if (slots === undefined || array === undefined || array.element === NONE) return undefined
  const slot = rows[array.element]
  const place = (field: { type: TypeIndex; offset: number } | undefined): Place | undefined =>
    field && {
      type: field.type,
      first: slots.offset + field.offset,
      stride: slot.size,
      size: rows[field.type].size,
    }
  const [key, value] = ['key', 'elem'].map((name) => place(slot.fields.find((field) => field.name === name)))
  return key && value && { slots: array.length ?? 0, key, value }
}

/** Buckets, and groups since Go 1.27: all keys, then all values. */
function splitLayout(rows: readonly GoType[], group: GoType): SlotLayout | undefined {
  const place = (name: RegExp): (Place & { slots: number }) | undefined => {
    const field = group.fields.find((each) => name.test(each.name))
    const array = field && rows[field.type]
    if (field === undefined || array === undefined || array.element === NONE) return undefined
    const { size } = rows[array.element]
    return { type: array.element, first: field.offset, stride: size, size, slots: array.length ?? 0 }
  }
  const [key, value] = [place(/^keys$/), place(/^(elems|values)$/)]
  return key && value && { slots: value.slots, key, value }
}

const READERS: Partial<Record<TypeKind, (memory: Memory, address: number) => string | undefined>> = {
  bool: (memory, address) => String(memory.readU8(address) !== 0),
  string: readText,
  int: (memory, address) => readInteger(memory, address, 8, true),
  int8: (memory, address) => readInteger(memory, address, 1, true),
  int16: (memory, address) => readInteger(memory, address, 2, true),
  int32: (memory, address) => readInteger(memory, address, 4, true),
  int64: (memory, address) => readInteger(memory, address, 8, true),
  uint: (memory, address) => readInteger(memory, address, 8, false),
  uint8: (memory, address) => readInteger(memory, address, 1, false),
  uint16: (memory, address) => readInteger(memory, address, 2, false),
  uint32: (memory, address) => readInteger(memory, address, 4, false),
  uint64: (memory, address) => readInteger(memory, address, 8, false),
  uintptr: (memory, address) => readInteger(memory, address, 8, false),
}
const READ_KINDS: ReadonlySet<string> = new Set(Object.keys(READERS))

/** Faults as Memory does. */
function readKey(memory: Memory, kind: TypeKind, address: number): string | undefined {
  return READERS[kind]?.(memory, address)
}

function readInteger(memory: Memory, address: number, bytes: number, isSigned: boolean): string {
  let value = 0n
  memory.readBytes(address, bytes).forEach((byte, place) => {
    value |= BigInt(byte) << BigInt(8 * place)
  })
  return String(isSigned ? BigInt.asIntN(8 * bytes, value) : value)
}

function readText(memory: Memory, address: number): string {
  const [data, length] = [memory.readWord(address), memory.readWord(address + 8)]
  const bytes = length === 0 ? new Uint8Array() : memory.readBytes(data, Math.min(length, MAX_KEY_BYTES))
  const text = decoder.decode(bytes)
  return length > MAX_KEY_BYTES ? `${JSON.stringify(text)}…` : JSON.stringify(text)
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
