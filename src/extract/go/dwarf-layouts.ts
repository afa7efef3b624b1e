import { GoheapError } from '../../errors.ts'
import type { Dwarf, DwarfMember, DwarfType, DwarfTypeIndex } from '../dwarf/dwarf.ts'
import type { ArrayLayout, FieldLayout, Layouts, StructLayout } from './layouts.ts'

/**
 * Packages whose struct types wrap one value for atomic access: internal/runtime/atomic/types.go, before Go 1.23
 * runtime/internal/atomic.
 */
const ATOMIC_PACKAGES = ['internal/runtime/atomic.', 'runtime/internal/atomic.']

/** Of the architectures that goheap reads. DWARF pointer types of Go have no size of their own. */
const POINTER_SIZE = 8

/** Damaged DWARF can have a type that is made of itself; no Go type nests this deep. */
const MAX_NESTING = 64

/** Layouts as the binary's own DWARF tells them. `bias` is the run-time minus the link-time address of the binary. */
export function dwarfLayouts(dwarf: Dwarf, bias: number): Layouts {
  const structs = new Map<string, StructLayout | undefined>()
  const addresses = new Map<string, number>()
  for (const { name, address } of dwarf.globals) {
    if (!addresses.has(name)) addresses.set(name, address + bias)
  }
  const find = (name: string): StructLayout | undefined => {
    if (!structs.has(name)) structs.set(name, readStruct(dwarf, name))
    return structs.get(name)
  }
  return {
    struct: (name) => {
      const layout = find(name)
      if (layout === undefined)
        throw new GoheapError('unsupported', `the binary's DWARF has no struct ${name}`)
      return layout
    },
    hasStruct: (name) => find(name) !== undefined,
    array: (name) => readArray(dwarf, name),
    constant: (name) => dwarf.constants.get(name),
    variable: (name) => addresses.get(name),
  }
}

function readStruct(dwarf: Dwarf, name: string): StructLayout | undefined {
  const index = dwarf.typesByName.get(name)
  const type = index === undefined ? undefined : resolve(dwarf, index)
  if (type?.kind !== 'struct' || type.size === undefined) return undefined
  const fields = new Map<string, FieldLayout | undefined>()
  const find = (path: string): FieldLayout | undefined => {
    if (!fields.has(path)) fields.set(path, readField(dwarf, type, path))
    return fields.get(path)
  }
  const field = (path: string): FieldLayout => {
    const layout = find(path)
    if (layout === undefined)
      throw new GoheapError('unsupported', `the binary's ${name} has no field ${path}`)
    return layout
  }
  return {
    name,
    size: type.size,
    has: (path) => find(path) !== undefined,
    field,
    offset: (path) => field(path).offset,
  }
}

function readField(dwarf: Dwarf, struct: DwarfType, path: string): FieldLayout | undefined {
  let offset = 0
  let inside: DwarfType | undefined = struct
  let index = -1
  for (const name of path.split('.')) {
    const member: DwarfMember | undefined = inside && findMember(dwarf, inside, name)
    if (member === undefined) return undefined
    offset += member.offset
    index = member.type
    inside = resolve(dwarf, index)
  }
  for (let level = 0; level < MAX_NESTING; level++) {
    const value = atomicValue(dwarf, index)
    if (value === undefined) break
    offset += value.offset
    index = value.type
  }
  const size = sizeOf(dwarf, index)
  return size === undefined ? undefined : { offset, size, type: dwarf.types[index].name }
}

/**
 * The member of a struct by name, its own or promoted from an embedded struct: the shallowest, as in Go. The offset
 * is from the start of `struct`. Embedded pointers are not followed.
 */
function findMember(dwarf: Dwarf, struct: DwarfType, name: string): DwarfMember | undefined {
  let level: { type: DwarfType; offset: number }[] = [{ type: struct, offset: 0 }]
  const seen = new Set<DwarfType>()
  while (level.length > 0) {
    const next: typeof level = []
    for (const { type, offset } of level) {
      if (seen.has(type)) continue
      seen.add(type)
      for (const member of type.members) {
        if (member.name === name) return { ...member, offset: offset + member.offset }
        const inner = member.isEmbedded ? resolve(dwarf, member.type) : undefined
        if (inner?.kind === 'struct') next.push({ type: inner, offset: offset + member.offset })
      }
    }
    level = next
  }
  return undefined
}

function readArray(dwarf: Dwarf, name: string): ArrayLayout | undefined {
  const index = dwarf.typesByName.get(name)
  const type = index === undefined ? undefined : resolve(dwarf, index)
  if (type?.kind !== 'array' || type.length === undefined) return undefined
  const stride = sizeOf(dwarf, type.type)
  return stride === undefined ? undefined : { length: type.length, stride }
}

/** The value that a type of an atomic package wraps: its only member that has a size. Undefined for other types. */
function atomicValue(dwarf: Dwarf, index: DwarfTypeIndex): DwarfMember | undefined {
  const type = resolve(dwarf, index)
  if (type?.kind !== 'struct' || !ATOMIC_PACKAGES.some((prefix) => type.name.startsWith(prefix)))
    return undefined
  const values = type.members.filter((member) => sizeOf(dwarf, member.type) !== 0)
  return values.length === 1 ? values[0] : undefined
}

/** The type behind typedefs: Go gives named maps, channels, functions and interfaces one. */
function resolve(dwarf: Dwarf, index: DwarfTypeIndex): DwarfType | undefined {
  let type: DwarfType | undefined = dwarf.types[index]
  for (let i = 0; i < MAX_NESTING && type?.kind === 'typedef'; i++) type = dwarf.types[type.type]
  return type?.kind === 'typedef' ? undefined : type
}

function sizeOf(dwarf: Dwarf, index: DwarfTypeIndex, nesting = 0): number | undefined {
  const type = resolve(dwarf, index)
  if (type === undefined || nesting > MAX_NESTING) return undefined
  if (type.size !== undefined) return type.size
  if (type.kind === 'pointer') return POINTER_SIZE
  // Go's unsafe.Pointer is a pointer type; C arrays have a length and an element only.
  if (type.kind !== 'array' || type.length === undefined) return undefined
  const element = sizeOf(dwarf, type.type, nesting + 1)
  return element === undefined ? undefined : element * type.length
}
