import type { TypeIndex, TypeTable } from '../../model/types.ts'
import type { DwarfTypeIndex } from '../dwarf/dwarf.ts'

/** Types of the process: runtime descriptors and DWARF entries, joined; each type has one row whichever way it is found. */
export interface TypeCatalog {
  readonly table: TypeTable
  /** Row of the abi.Type at that run-time address; NONE (and one problem row) when there is no valid descriptor. */
  fromRuntime(address: number): TypeIndex
  fromDwarf(type: DwarfTypeIndex): TypeIndex
  /** Row by qualified name, made from DWARF when not met before; NONE when no such type is known. */
  byName(name: string): TypeIndex
  /** The row `*element`, made when missing. */
  pointerTo(element: TypeIndex): TypeIndex
}
