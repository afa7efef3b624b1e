import { type GoType, NONE, type TypeField, type TypeIndex, type TypeTable } from '../../model/types.ts'
import type { DwarfType, DwarfTypeIndex } from '../dwarf/dwarf.ts'
import { readable } from '../file/readable.ts'
import { type DescriptorNames, NO_DESCRIPTORS, nameDescriptors } from './descriptors.ts'
import { DEFAULT_SIZES, DIRECT_KINDS, dwarfKind, dwarfName, goKindOf, targetName } from './kinds.ts'
import { type MapTypeLayout, mapTypeLayout, readGroupType } from './map-type.ts'
import type { GoProcess } from './process.ts'
import {
  isDirectType,
  RTYPE,
  type RtypeHeader,
  readArrayLength,
  readElement,
  readFields,
  readMethodCount,
  readRtypeHeader,
} from './rtype.ts'
import type { TypeCatalog } from './type-catalog.ts'
import { packageOfName, RtypeNames } from './type-names.ts'
import { pointerBytesOf } from './type-shape.ts'

/** Far more than any program has; ends what hostile bytes can make of reflect's types. */
const MAX_TYPES = 1 << 20

/** The implementation of TypeCatalog. */
export class RowMaker implements TypeCatalog {
  readonly table: TypeTable = { rows: [], byRuntimeAddress: new Map(), byName: new Map() }
  readonly #process: GoProcess
  readonly #names: RtypeNames
  readonly #mapType: MapTypeLayout
  /** DWARF entries by descriptor address, and by goheap's name. */
  readonly #dwarfByAddress = new Map<number, DwarfTypeIndex>()
  readonly #dwarfByName = new Map<string, DwarfTypeIndex>()
  #descriptors: DescriptorNames | undefined
  readonly #rowOfDwarf = new Map<DwarfTypeIndex, TypeIndex>()
  readonly #emptyInterfaces = new Set<TypeIndex>()
  readonly #hash = new Map<TypeIndex, number>()
  readonly #invalid = new Set<number>()
  /** Rows whose references are still to be followed: a list and not recursion, since types refer to each other in long chains. */
  readonly #unfilled: (() => void)[] = []
  readonly #shapeless: TypeIndex[] = []
  /** By descriptor: asked for every interface of the heap. */
  readonly #isDirect = new Map<number, boolean>()

  constructor(process: GoProcess) {
    this.#process = process
    this.#mapType = mapTypeLayout(process.layouts)
    this.#indexDwarf()
    this.#names = new RtypeNames({
      memory: process.memory,
      modules: process.modules,
      mapTypeBytes: this.#mapType.bytes,
      header: (address) => readRtypeHeader(process.memory, process.facts, address),
      known: (address) => this.#knownName(address),
    })
  }

  fromRuntime(address: number): TypeIndex {
    const known = this.table.byRuntimeAddress.get(address)
    return known ?? this.#complete(this.#runtimeRow(address))
  }

  fromDwarf(type: DwarfTypeIndex): TypeIndex {
    return this.#rowOfDwarf.get(type) ?? this.#complete(this.#dwarfRow(type))
  }

  dwarfOf(type: TypeIndex): DwarfTypeIndex {
    const { name, runtimeAddress } = this.table.rows[type]
    const described = runtimeAddress === undefined ? undefined : this.#dwarfByAddress.get(runtimeAddress)
    const found = described ?? this.#dwarfByName.get(name) ?? NONE
    // A name that several types share may be another's.
    return found !== NONE && this.fromDwarf(found) === type ? found : NONE
  }

  byName(name: string): TypeIndex {
    const known = this.table.byName.get(name)
    if (known !== undefined) return known
    const type = this.#dwarfByName.get(name)
    if (type !== undefined) return this.fromDwarf(type)
    const address = this.#namedDescriptors().addressByName.get(name)
    return address === undefined ? NONE : this.fromRuntime(address)
  }

  pointerTo(element: TypeIndex): TypeIndex {
    const name = `*${this.table.rows[element].name}`
    const known = this.byName(name)
    if (known !== NONE) return known
    return this.named(name, () => ({ ...UNNAMED, kind: 'ptr', size: 8, pointerBytes: 8, element }))
  }

  sliceOf(element: TypeIndex): TypeIndex {
    const { name } = this.table.rows[element]
    return this.named(`[]${name}`, () => ({ ...UNNAMED, kind: 'slice', size: 24, pointerBytes: 8, element }))
  }

  arrayOf(element: TypeIndex, length: number): TypeIndex {
    const row = this.table.rows[element]
    return this.named(`[${length}]${row.name}`, () => ({
      ...UNNAMED,
      kind: 'array',
      size: row.size * length,
      pointerBytes: undefined,
      element,
      length,
    }))
  }

  named(name: string, make: () => Omit<GoType, 'name'>): TypeIndex {
    const known = this.byName(name)
    if (known !== NONE) return known
    const row = { ...make(), name }
    const index = this.#add(row)
    if (index === NONE) return NONE
    if (row.pointerBytes === undefined) this.#shapeless.push(index)
    return this.#complete(index)
  }

  isEmptyInterface(type: TypeIndex): boolean {
    return this.#emptyInterfaces.has(type)
  }

  isDirect(type: TypeIndex): boolean {
    const { runtimeAddress, kind } = this.table.rows[type]
    if (runtimeAddress === undefined) return DIRECT_KINDS.has(kind)
    let isDirect = this.#isDirect.get(runtimeAddress)
    if (isDirect === undefined) {
      isDirect = readable(() => isDirectType(this.#process.memory, runtimeAddress)) ?? DIRECT_KINDS.has(kind)
      this.#isDirect.set(runtimeAddress, isDirect)
    }
    return isDirect
  }

  groupOf(map: TypeIndex): TypeIndex {
    const { runtimeAddress, kind } = this.table.rows[map]
    if (runtimeAddress === undefined || kind !== 'map') return NONE
    const group = readable(() => readGroupType(this.#process.memory, runtimeAddress))
    return group === undefined ? NONE : this.fromRuntime(group)
  }

  #indexDwarf(): void {
    const { dwarf, modules } = this.#process
    const { types } = modules[0]
    const isDescriptor = (address: number) =>
      modules.some((module) => address >= module.types && address < module.etypes)
    dwarf?.types.forEach((type, index) => {
      // Go's typedef entries repeat the name of what they stand for.
      if (type.kind === 'typedef' && type.goKind === 0) return
      const offset = type.runtimeTypeOffset
      // Up to Go 1.22 the entry of uintptr has an absolute address here: out of range.
      if (offset !== undefined && isDescriptor(types + offset) && !this.#dwarfByAddress.has(types + offset)) {
        this.#dwarfByAddress.set(types + offset, index)
      }
      const name = dwarfName(type)
      if (!this.#dwarfByName.has(name)) this.#dwarfByName.set(name, index)
    })
  }

  /** Without DWARF, what types there are only the descriptors tell. */
  #namedDescriptors(): DescriptorNames {
    const nameOf = (header: RtypeHeader) =>
      this.#knownName(header.address) ?? readable(() => this.#names.nameOf(header))
    if (this.#process.layoutSource === 'table') this.#descriptors ??= nameDescriptors(this.#process, nameOf)
    return this.#descriptors ?? NO_DESCRIPTORS
  }

  #knownName(address: number): string | undefined {
    const row = this.table.byRuntimeAddress.get(address)
    if (row !== undefined) return this.table.rows[row].name
    const named = this.#descriptors?.nameByAddress.get(address)
    if (named !== undefined) return named
    const { dwarf } = this.#process
    const type = this.#dwarfByAddress.get(address)
    return dwarf === undefined || type === undefined ? undefined : dwarfName(dwarf.types[type])
  }

  #complete(index: TypeIndex): TypeIndex {
    for (let next = this.#unfilled.pop(); next !== undefined; next = this.#unfilled.pop()) next()
    for (let next = this.#shapeless.pop(); next !== undefined; next = this.#shapeless.pop()) {
      this.table.rows[next].pointerBytes = pointerBytesOf(this.table.rows, next)
    }
    return index
  }

  #runtimeRow(address: number): TypeIndex {
    const known = this.table.byRuntimeAddress.get(address)
    if (known !== undefined) return known
    if (this.#invalid.has(address)) return NONE
    const { memory, facts } = this.#process
    const header = readRtypeHeader(memory, facts, address)
    if (header?.maskForm === 'dummy') return NONE
    // Until Go 1.23 reflect makes the buckets of its maps as a bare abi.Type: a struct without a hash, a path or the
    // list of fields that belongs to the kind. reflect/type.go, bucketOf
    if (header?.kind === 'struct' && header.hash === 0) return NONE
    const name = header && (this.#knownName(address) ?? readable(() => this.#names.nameOf(header)))
    if (header === undefined || name === undefined) return this.#reject(address)
    return this.#joinRuntime(header, name)
  }

  /** The row of that name when it is the same type, else a new one. */
  #joinRuntime(header: RtypeHeader, name: string): TypeIndex {
    const { byName, byRuntimeAddress, rows } = this.table
    for (let n = 1; ; n++) {
      const unique = n === 1 ? name : `${name}·${n}`
      const index = byName.get(unique)
      if (index === undefined) return this.#addRuntime(header, unique)
      const row = rows[index]
      const hash = this.#hash.get(index)
      // Known by name only so far, or another module's descriptor of it: abi.Type.Hash is that of the full name.
      if (
        row.kind === goKindOf(name, header) &&
        row.size === header.size &&
        (hash ?? header.hash) === header.hash
      ) {
        row.runtimeAddress ??= header.address
        row.pointerBytes = header.pointerBytes
        this.#hash.set(index, header.hash)
        byRuntimeAddress.set(header.address, index)
        return index
      }
    }
  }

  #addRuntime(header: RtypeHeader, name: string): TypeIndex {
    const row: GoType = {
      ...UNNAMED,
      name,
      package: readable(() => this.#names.packageOf(header)),
      kind: goKindOf(name, header),
      size: header.size,
      pointerBytes: header.pointerBytes,
      runtimeAddress: header.address,
    }
    const index = this.#add(row)
    if (index === NONE) return NONE
    this.#hash.set(index, header.hash)
    this.table.byRuntimeAddress.set(header.address, index)
    this.#unfilled.push(() => {
      if (readable(() => this.#fillRuntime(index, row, header)) === undefined) this.#reject(header.address)
    })
    return index
  }

  #fillRuntime(index: TypeIndex, row: GoType, header: RtypeHeader): boolean {
    const { memory } = this.#process
    const element = readElement(memory, header)
    if (element !== 0) row.element = this.#runtimeRow(element)
    if (header.kind === 'map') row.key = this.#runtimeRow(memory.readWord(header.address + RTYPE.first))
    if (header.kind === 'interface' && readMethodCount(memory, header) === 0) this.#emptyInterfaces.add(index)
    if (header.kind === 'array') row.length = readArrayLength(memory, header)
    if (header.kind === 'struct') {
      const fields = readFields(memory, header) ?? []
      row.fields = this.#knownFields(
        row,
        fields.map(({ type, ...field }) => ({ ...field, type: this.#runtimeRow(type) })),
      )
    }
    return true
  }

  #dwarfRow(type: DwarfTypeIndex): TypeIndex {
    const { dwarf, modules } = this.#process
    if (dwarf === undefined) return NONE
    let at = type
    for (let depth = 0; depth < 100 && at >= 0; depth++) {
      const { kind, goKind, type: target } = dwarf.types[at]
      if (kind !== 'typedef' || goKind !== 0) break
      at = target
    }
    if (at < 0) return NONE
    const known = this.#rowOfDwarf.get(at)
    if (known !== undefined) return known
    const entry = dwarf.types[at]
    const offset = entry.runtimeTypeOffset
    const address = offset === undefined ? 0 : modules[0].types + offset
    const joined = this.#dwarfByAddress.has(address) ? this.#runtimeRow(address) : NONE
    const index = joined === NONE ? this.#addDwarf(entry) : joined
    this.#rowOfDwarf.set(at, index)
    return index
  }

  #addDwarf(entry: DwarfType): TypeIndex {
    const kind = dwarfKind(entry)
    const size = entry.size ?? DEFAULT_SIZES[kind] ?? 0
    const name = dwarfName(entry)
    for (let n = 1; ; n++) {
      const unique = n === 1 ? name : `${name}·${n}`
      const index = this.table.byName.get(unique)
      if (index !== undefined) {
        const row = this.table.rows[index]
        if (row.kind === kind && row.size === size) return index
        continue
      }
      return this.#addDwarfRow(entry, { ...UNNAMED, name: unique, kind, size, package: packageOfName(name) })
    }
  }

  #addDwarfRow(entry: DwarfType, row: GoType): TypeIndex {
    const index = this.#add(row)
    if (index === NONE) return NONE
    this.#shapeless.push(index)
    // All nameless types of C of one size share a row.
    if (entry.name === '') return index
    this.#unfilled.push(() => {
      const part = (type: DwarfTypeIndex) => (type < 0 ? NONE : this.#dwarfRow(type))
      if (row.kind === 'ptr' || row.kind === 'array') row.element = part(entry.type)
      else if (row.kind === 'chan' || row.kind === 'slice' || row.kind === 'map')
        row.element = part(entry.element)
      if (row.kind === 'map') row.key = part(entry.key)
      if (row.kind === 'array') row.length = entry.length
      if (row.kind === 'struct' || row.kind === 'map group') {
        row.fields = this.#knownFields(
          row,
          entry.members.map(({ name, offset, type, isEmbedded }) => ({
            name,
            offset,
            type: part(type),
            isEmbedded,
          })),
        )
      }
      if (row.kind === 'interface' && targetName(this.#process.dwarf?.types ?? [], entry) === 'runtime.eface')
        this.#emptyInterfaces.add(index)
      // Arrays of C, and of Go before its linker gave them a size.
      if (row.kind === 'array' && entry.size === undefined && row.element !== NONE) {
        row.size = (row.length ?? 0) * this.table.rows[row.element].size
      }
    })
    return index
  }

  /** A field of a type that cannot be told is no field that anything can be said of. */
  #knownFields(row: GoType, fields: TypeField[]): TypeField[] {
    const known = fields.filter(({ type }) => type !== NONE)
    if (known.length < fields.length) {
      const message = `${row.name} has fields of types that cannot be read`
      this.#process.problems.add('types', 'field-lost', 'warning', message)
    }
    return known
  }

  #add(row: GoType): TypeIndex {
    const { rows, byName } = this.table
    if (rows.length >= MAX_TYPES) {
      this.#process.problems.add('types', 'too-many-types', 'error', `more than ${MAX_TYPES} types`)
      return NONE
    }
    const index = rows.push(row) - 1
    byName.set(row.name, index)
    return index
  }

  #reject(address: number): typeof NONE {
    this.#invalid.add(address)
    this.#process.problems.add(
      'types',
      'type-unreadable',
      'warning',
      'words that should be addresses of type descriptors lead to something else',
      { address },
    )
    return NONE
  }
}

const UNNAMED = {
  package: undefined,
  pointerBytes: undefined,
  element: NONE,
  key: NONE,
  length: undefined,
  runtimeAddress: undefined,
  fields: [],
} satisfies Partial<GoType>
