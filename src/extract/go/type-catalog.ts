import type { GoType, TypeIndex, TypeTable } from '../../model/types.ts'
import type { DwarfTypeIndex } from '../dwarf/dwarf.ts'
import type { GoProcess } from './process.ts'
import { RowMaker } from './type-rows.ts'

/**
 * Types of the process: runtime descriptors and DWARF entries, joined; each type has one row whichever way it is found.
 *
 * Rows are made when first asked for, together with all types they refer to. A descriptor's row takes its shape from the
 * descriptor and its name from DWARF, where DWARF has the type (DW_AT_go_runtime_type); see type-names.ts for how names
 * are written.
 */
export interface TypeCatalog {
  readonly table: TypeTable
  /** Row of the abi.Type at that run-time address; NONE (and one problem row) when there is no valid descriptor. */
  fromRuntime(address: number): TypeIndex
  fromDwarf(type: DwarfTypeIndex): TypeIndex
  /** Entry of the type in DWARF; NONE for a type that DWARF does not have. */
  dwarfOf(type: TypeIndex): DwarfTypeIndex
  /** Row by qualified name, made from DWARF when not met before; NONE when no such type is known. */
  byName(name: string): TypeIndex
  /** The row `*element`, made when missing. */
  pointerTo(element: TypeIndex): TypeIndex
  /** The row `[]element`, made when missing. */
  sliceOf(element: TypeIndex): TypeIndex
  /** The row `[length]element`, made when missing. */
  arrayOf(element: TypeIndex, length: number): TypeIndex
  /**
   * The row of that name, for what goheap names itself: the parts of maps and channels, closures. `make` is called when
   * there is none yet; its pointerBytes, when undefined, follow from its fields.
   */
  named(name: string, make: () => Omit<GoType, 'name'>): TypeIndex
  /** True for interfaces without methods: their first word is a type, and not an itab. */
  isEmptyInterface(type: TypeIndex): boolean
  /** True for types whose values lie in the data word of an interface; for others it points at a copy. */
  isDirect(type: TypeIndex): boolean
  /** Row of the groups or buckets of a map type, by the map type's row; NONE when not known. */
  groupOf(map: TypeIndex): TypeIndex
}

export function openTypeCatalog(process: GoProcess): TypeCatalog {
  return new RowMaker(process)
}
