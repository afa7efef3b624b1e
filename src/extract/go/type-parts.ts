import { NONE, type TypeIndex } from '../../model/types.ts'
import type { DwarfType, DwarfTypeIndex } from '../dwarf/dwarf.ts'
import { readable } from '../file/readable.ts'
import { findDescriptors } from './descriptors.ts'
import type { GoProcess } from './process.ts'
import { readArrayLength, readElement, readFields } from './rtype.ts'
import type { TypeCatalog } from './type-catalog.ts'

/** One type, as far as it takes to see what lies in it. */
export interface PartType {
  /** Bytes. */
  size: number
  /** The runtime has a descriptor of it, as of all that is allocated by itself and not only within something else. */
  isDescribed: boolean
  kind: 'struct' | 'array' | 'other'
  /** Fields of a struct. */
  members: readonly { type: PartId; offset: number }[]
  /** Of an array. */
  element: PartId
  length: number
}

/** The type's entry in DWARF, or the address of its descriptor. */
export type PartId = number

/** All types of the program, whether they have a row in the catalog or not. */
export interface PartTypes {
  readonly types: ReadonlyMap<PartId, PartType>
  /** NONE for a type that is not among them. */
  idOf(type: TypeIndex): PartId
  /** The type's row, made when missing; NONE when it can have none. */
  rowOf(id: PartId): TypeIndex
}

/**
 * From DWARF; without it, from the runtime's descriptors: what is allocated has one, and so has all that lies in it.
 */
export function openPartTypes(process: GoProcess, catalog: TypeCatalog): PartTypes {
  return process.layoutSource === 'dwarf'
    ? {
        types: dwarfTypes(process),
        idOf: (type) => catalog.dwarfOf(type),
        rowOf: (id) => catalog.fromDwarf(id),
      }
    : {
        types: describedTypes(process),
        idOf: (type) => catalog.table.rows[type].runtimeAddress ?? NONE,
        rowOf: (id) => catalog.fromRuntime(id),
      }
}

function describedTypes(process: GoProcess): Map<PartId, PartType> {
  const found = new Map<PartId, PartType>()
  const { memory } = process
  for (const header of findDescriptors(process)) {
    const { size, kind } = header
    const part: PartType = { size, isDescribed: true, kind: 'other', members: [], element: NONE, length: 0 }
    if (kind === 'struct') {
      part.kind = kind
      part.members = readable(() => readFields(memory, header)) ?? []
    } else if (kind === 'array') {
      part.kind = kind
      part.element = readable(() => readElement(memory, header)) ?? NONE
      part.length = readable(() => readArrayLength(memory, header)) ?? 0
    }
    found.set(header.address, part)
  }
  return found
}

function dwarfTypes(process: GoProcess): Map<PartId, PartType> {
  const types = process.dwarf?.types ?? []
  const found = new Map<PartId, PartType>()
  types.forEach((entry, id) => {
    const { goKind, members, length = 0 } = entry
    found.set(id, {
      size: sizeOf(entry),
      isDescribed: entry.runtimeTypeOffset !== undefined,
      kind: goKind === STRUCT ? 'struct' : goKind === ARRAY ? 'array' : 'other',
      members:
        goKind === STRUCT ? members.map(({ type, offset }) => ({ type: resolve(types, type), offset })) : [],
      element: goKind === ARRAY ? resolve(types, entry.type) : NONE,
      length,
    })
  })
  return found
}

function sizeOf({ size, kind }: DwarfType): number {
  return size ?? (kind === 'pointer' || kind === 'typedef' ? 8 : 0)
}

/** Past the typedef entries that repeat the name of what they stand for. */
function resolve(types: readonly DwarfType[], type: DwarfTypeIndex): DwarfTypeIndex {
  let at = type
  for (let depth = 0; depth < MAX_DEPTH && at >= 0; depth++) {
    const { kind, goKind, type: target } = types[at]
    if (kind !== 'typedef' || goKind !== 0) break
    at = target
  }
  return at
}

/** reflect.Kind */
const ARRAY = 17
const STRUCT = 25

const MAX_DEPTH = 100
