import { type GoType, NONE, type TypeField, type TypeIndex } from '../../../model/types.ts'
import type { GoProcess } from '../../go/process.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import { typeNameOf } from '../../go/type-names.ts'
import { SLOT, type Slot } from './slots.ts'

/**
 * Rows for what the runtime allocates behind maps, channels and func values, and what the untyped pointers (unsafe.Pointer)
 * of known structures lead to.
 */
export class HeapParts {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  /** What the pointers of a part lead to, by its row and the pointer's offset. */
  readonly #slots = new Map<TypeIndex, Map<number, Slot> | undefined>()
  readonly #mapHeaders = new Map<TypeIndex, TypeIndex>()
  readonly #channels = new Map<string, TypeIndex>()
  readonly #closures = new Map<number, TypeIndex>()
  readonly isSwiss: boolean
  /** Bytes from a channel's start to its dataqsiz. */
  readonly bufferedOffset: number
  /** Bytes from Map.dirPtr to Map.dirLen; 0 for old maps. */
  readonly directoryLengthAfter: number

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
    const { layouts } = process
    this.isSwiss = layouts.hasStruct('internal/runtime/maps.Map')
    this.bufferedOffset = layouts.struct('runtime.hchan').offset('dataqsiz')
    const map = this.isSwiss ? layouts.struct('internal/runtime/maps.Map') : undefined
    this.directoryLengthAfter = map === undefined ? 0 : map.offset('dirLen') - map.offset('dirPtr')
  }

  pointerSlot(element: TypeIndex): Slot {
    if (element === NONE) return { kind: SLOT.opaque, target: NONE }
    const { name } = this.#catalog.table.rows[element]
    if (name === 'time.Timer' || name === 'time.Ticker') {
      // Since Go 1.23 what time.NewTimer returns is the head of a larger object. runtime/time.go, newTimer.
      const timer = this.#catalog.byName('runtime.timeTimer')
      if (timer !== NONE) return { kind: SLOT.pointer, target: timer }
    }
    return { kind: this.#isTrieNode(element) ? SLOT.trieNode : SLOT.pointer, target: element }
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
      this.#slots.set(table, new Map([[data, { kind: SLOT.elements, target: group }]]))
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

  /** Row of a func value's object by the address of its code; NONE when no function starts there. */
  closure(pc: number): TypeIndex {
    let closure = this.#closures.get(pc)
    if (closure === undefined) {
      closure = this.#makeClosure(pc)
      this.#closures.set(pc, closure)
    }
    return closure
  }

  /** What begins with a HashTrieMap's node: an entry or an inner node. internal/sync/hashtriemap.go. */
  trieNode(node: TypeIndex, isEntry: boolean): TypeIndex {
    const { name } = this.#catalog.table.rows[node]
    const whole = this.#catalog.byName(name.replace('.node[', isEntry ? '.entry[' : '.indirect['))
    return whole === NONE && isEntry ? this.#makeTrieEntry(node) : whole
  }

  /** Generic code of Go 1.27 allocates entries by shape, so that the binary need not describe them. */
  #makeTrieEntry(node: TypeIndex): TypeIndex {
    const { rows } = this.#catalog.table
    const { name } = rows[node]
    const [key, value] = typeArguments(name).map((argument) => this.#catalog.byName(argument))
    const pointer = this.#catalog.byName('unsafe.Pointer')
    // Only after a key of whole words is the value's place known without its alignment.
    if ([key, value, pointer].some((type) => type === undefined || type === NONE)) return NONE
    if (rows[key].size % 8 !== 0) return NONE
    const field = (fieldName: string, offset: number, type: TypeIndex) => ({
      name: fieldName,
      offset,
      type,
      isEmbedded: type === node,
    })
    const valueOffset = 16 + rows[key].size
    const entry = this.#catalog.named(name.replace('.node[', '.entry['), () => ({
      ...SYNTHETIC,
      package: rows[node].package,
      kind: 'struct',
      size: Math.ceil((valueOffset + rows[value].size) / 8) * 8,
      pointerBytes: undefined,
      element: NONE,
      key: NONE,
      length: undefined,
      fields: [
        field('node', 0, node),
        field('overflow', 8, pointer),
        field('key', 16, key),
        field('value', valueOffset, value),
      ],
    }))
    this.#slots.set(entry, new Map([[8, { kind: SLOT.pointer, target: entry }]]))
    return entry
  }

  #isTrieNode(type: TypeIndex): boolean {
    return /^internal\/(sync|concurrent)\.node\[/.test(this.#catalog.table.rows[type].name)
  }

  #groupOf(map: TypeIndex): TypeIndex {
    const group = this.#catalog.groupOf(map)
    if (group !== NONE) return group
    const { rows } = this.#catalog.table
    const { key, element } = rows[map]
    if (key === NONE || element === NONE) return NONE
    const part = this.isSwiss ? 'group' : 'bucket'
    return this.#catalog.byName(`map.${part}[${rows[key].name}]${rows[element].name}`)
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
    this.#slots.set(channel, new Map([[at, { kind: SLOT.elements, target: element }]]))
    return channel
  }

  #makeClosure(pc: number): TypeIndex {
    const { dwarf, core } = this.#process
    const code = dwarf?.functionAt(pc - core.bias)
    if (dwarf === undefined || code === undefined || code.lowPc !== pc - core.bias) return NONE
    const special = REFLECT_STUBS.get(code.name)
    if (special !== undefined) return this.#catalog.byName(special)
    const { rows } = this.#catalog.table
    const captured = dwarf.capturedBy(code.lowPc)
    const word = this.#catalog.byName('uintptr')
    const fields: TypeField[] = [{ name: 'F', offset: 0, type: word, isEmbedded: false }]
    for (const { name, offset, type } of captured) {
      fields.push({ name, offset, type: this.#catalog.fromDwarf(type), isEmbedded: false })
    }
    const receiver = captured.length === 0 ? this.#receiverOf(code.name) : NONE
    if (receiver !== NONE) fields.push({ name: 'R', offset: 8, type: receiver, isEmbedded: false })
    fields.sort((a, b) => a.offset - b.offset)
    const end = Math.max(...fields.map(({ offset, type }) => offset + (type === NONE ? 8 : rows[type].size)))
    const closure = this.#catalog.named(`closure ${code.name}`, () => ({
      ...SYNTHETIC,
      kind: 'closure',
      pointerBytes: undefined,
      size: Math.ceil(end / 8) * 8,
      element: NONE,
      key: NONE,
      length: undefined,
      fields,
    }))
    // What captures nothing is not in the heap: up to Go 1.22 DWARF does not say what is captured.
    if (fields.length === 1) rows[closure].pointerBytes = undefined
    return closure
  }

  /** A method value `x.M` is a closure that captures x; its code is named `pkg.(*T).M-fm`, or `pkg.T.M-fm`. */
  #receiverOf(code: string): TypeIndex {
    const method = /^(.*)\.[^.\]]+-fm$/.exec(typeNameOf(code))
    if (method === null) return NONE
    return this.#catalog.byName(method[1].replace(/^(.*)\.\(\*(.*)\)$/, '*$1.$2'))
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
    const at = (wanted: string) => fields.find((field) => field.name === wanted)?.offset ?? NONE
    if (name === 'sync.Pool') {
      const local: Slot = { kind: SLOT.elements, target: this.#catalog.byName('sync.poolLocal') }
      return local.target === NONE ? undefined : new Map([at('local'), at('victim')].map((o) => [o, local]))
    }
    // sync.eface is how a Pool's queue sees the interfaces in it.
    if (name === 'sync.eface') return new Map([[at('val'), { kind: SLOT.emptyInterface, target: NONE }]])
    return undefined
  }
}

/** Type arguments of an instance's name: `p.T[int,map[string]q.U]` has two. */
function typeArguments(name: string): string[] {
  const from = name.indexOf('[') + 1
  const found: string[] = []
  let depth = 0
  let start = from
  for (let i = from; i < name.length; i++) {
    const letter = name[i]
    if ('[({'.includes(letter)) depth++
    if ((letter === ',' && depth === 0) || (letter === ']' && depth === 0)) {
      found.push(name.slice(start, i))
      start = i + 1
      if (letter === ']') break
    }
    if ('])}'.includes(letter)) depth--
  }
  return found
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

/** Func values that reflect makes begin with the address of a stub. reflect/makefunc.go. */
const REFLECT_STUBS = new Map([
  ['reflect.makeFuncStub', 'reflect.makeFuncImpl'],
  ['reflect.methodValueCall', 'reflect.methodValue'],
])

const SYNTHETIC = { package: undefined, runtimeAddress: undefined }
