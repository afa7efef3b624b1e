import type { TypeKind } from '../../model/types.ts'
import type { DwarfType } from '../dwarf/dwarf.ts'
import { kindOf, type RtypeHeader } from './rtype.ts'
import { typeNameOf } from './type-names.ts'

/** Kinds of one pointer, whatever the version. cmd/compile/internal/types, IsDirectIface. */
export const DIRECT_KINDS: ReadonlySet<TypeKind> = new Set(['ptr', 'chan', 'map', 'func', 'unsafe.Pointer'])

/** Kind of a type that the runtime describes. */
export function goKindOf(name: string, header: RtypeHeader): TypeKind {
  return /^map\.(group|bucket)\[/.test(name) ? 'map group' : header.kind
}

/** Entries without DW_AT_go_kind: the linker's own (`hchan<int>`), or C's. */
export function dwarfKind(entry: DwarfType): TypeKind {
  const name = dwarfName(entry)
  if (/^map\.(group|bucket)\[/.test(name)) return 'map group'
  const kind = kindOf(entry.goKind)
  if (kind !== undefined) return kind
  switch (entry.kind) {
    case 'struct':
      return 'struct'
    case 'array':
      return 'array'
    case 'pointer':
      return entry.type < 0 || entry.name === '' ? 'unsafe.Pointer' : 'ptr'
    case 'subroutine':
      return 'func'
    default:
      return 'backing'
  }
}

/**
 * Types of C get the prefix that cgo gives them: their names could be those of Go's. Pointers that Go's linker makes up
 * (`*hchan<int>`, but also `**main.T`) have no DW_AT_go_kind either, but names, which those of C have not.
 */
export function dwarfName(entry: DwarfType): string {
  const { name, kind, goKind } = entry
  const isGo = goKind !== 0 || kind === 'typedef' || name.includes('<') || (kind === 'pointer' && name !== '')
  if (isGo) return typeNameOf(name)
  return `C.${name === '' ? `(${kind})` : name}`
}

/** Bytes of a value where DWARF does not say. */
export const DEFAULT_SIZES: Partial<Record<TypeKind, number>> = {
  ptr: 8,
  'unsafe.Pointer': 8,
  map: 8,
  chan: 8,
  func: 8,
  interface: 16,
  string: 16,
  slice: 24,
}

/** Name of what a typedef entry stands for; DWARF gives interfaces as typedefs of runtime.eface and runtime.iface. */
export function targetName(types: readonly DwarfType[], entry: DwarfType): string {
  let at = entry.type
  for (let depth = 0; depth < 10 && at >= 0; depth++) {
    if (types[at].kind !== 'typedef') return types[at].name
    at = types[at].type
  }
  return ''
}
