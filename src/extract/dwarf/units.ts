import type { ByteReader } from '../../base/byte-reader.ts'
import { GoheapError } from '../../errors.ts'
import { type AbbrevTable, readAbbrevTable } from './abbrev.ts'
import { UNIT_TYPE } from './encoding.ts'
import type { DebugSections } from './sections.ts'
import type { Warnings } from './warnings.ts'

/** A base that the unit's entry has yet to tell: forms that need it read as absent. */
export const BASE_UNKNOWN = -1

/** A unit of .debug_info. Offsets are from the start of the section. */
export interface Unit {
  offset: number
  end: number
  /** The unit's own entry. */
  firstEntry: number
  version: number
  addressSize: number
  abbrevs: AbbrevTable
  /** Offset of the type that a type unit defines, -1 for other units. */
  typeOffset: number
  /** DW_AT_language of the unit's entry, 0 until it is read. */
  language: number
  /** DW_AT_low_pc: the base of location and range lists. */
  lowPc: number
  /** Offsets into .debug_str_offsets, .debug_addr, .debug_rnglists, .debug_loclists; BASE_UNKNOWN until the entry is read. */
  stringOffsetsBase: number
  addressBase: number
  rangeListsBase: number
  locationListsBase: number
}

export interface UnitTable {
  /** By offset. */
  readonly units: readonly Unit[]
  /** Offset of the type that a signature (16 hex digits) names. */
  readonly typeBySignature: ReadonlyMap<string, number>
}

/** Reads all unit headers. A unit of a kind that is not read is left out with a warning. */
export function readUnits(sections: DebugSections, warnings: Warnings): UnitTable {
  const units: Unit[] = []
  const typeBySignature = new Map<string, number>()
  const abbrevTables = new Map<string, AbbrevTable>()
  const reader = sections.reader('info', 0)
  const total = reader.limit
  while (reader.position < total) {
    const offset = reader.position
    const end = warnings.guard('unit length', () => readUnitEnd(reader, total), -1)
    // Without a length there is no way to the next unit.
    if (end < 0) break
    if (end > 0) {
      reader.limit = end
      const read = () => readUnit(reader, offset, { sections, abbrevTables, typeBySignature })
      const unit = warnings.guard('unit skipped', read, undefined)
      if (unit) units.push(unit)
      reader.limit = total
      reader.position = end
    } else {
      warnings.add('64-bit DWARF', `64-bit DWARF unit at 0x${offset.toString(16)} skipped`)
    }
  }
  return { units, typeBySignature }
}

/** The unit that has this offset of .debug_info. */
export function unitAt(units: readonly Unit[], offset: number): Unit | undefined {
  let low = 0
  let high = units.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (units[middle].offset <= offset) low = middle + 1
    else high = middle
  }
  const unit = units[low - 1]
  return unit && offset < unit.end ? unit : undefined
}

/** The 64-bit signature of a type unit, or of a reference to one. */
export function readSignature(reader: ByteReader): string {
  const low = reader.u32()
  return reader.u32().toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

/** End of the unit whose length is next; 0 for a 64-bit one, behind which the reader is left. */
function readUnitEnd(reader: ByteReader, total: number): number {
  const length = reader.u32()
  if (length === 0xffff_ffff) {
    reader.skip(reader.u64())
    return 0
  }
  if (length >= 0xffff_fff0) throw new GoheapError('corrupt', 'reserved unit length')
  const end = reader.position + length
  if (end > total) throw new GoheapError('corrupt', `a unit reaches past the end of .debug_info`)
  return end
}

interface UnitContext {
  sections: DebugSections
  abbrevTables: Map<string, AbbrevTable>
  typeBySignature: Map<string, number>
}

function readUnit(reader: ByteReader, offset: number, context: UnitContext): Unit | undefined {
  const version = reader.u16()
  if (version < 2 || version > 5) throw new GoheapError('unsupported', `DWARF version ${version}`)
  const unitType = version >= 5 ? reader.u8() : UNIT_TYPE.compile
  let addressSize = version >= 5 ? reader.u8() : 0
  const abbrevOffset = reader.u32()
  if (version < 5) addressSize = reader.u8()
  if (addressSize !== 8 && addressSize !== 4) {
    throw new GoheapError('unsupported', `DWARF address size ${addressSize}`)
  }
  let typeOffset = -1
  let signature = ''
  if (unitType === UNIT_TYPE.type || unitType === UNIT_TYPE.splitType) {
    signature = readSignature(reader)
    typeOffset = offset + reader.u32()
  } else if (unitType === UNIT_TYPE.skeleton || unitType === UNIT_TYPE.splitCompile) {
    reader.skip(8)
  } else if (unitType !== UNIT_TYPE.compile && unitType !== UNIT_TYPE.partial) {
    throw new GoheapError('unsupported', `DWARF unit type ${unitType}`)
  }
  const key = `${abbrevOffset}/${addressSize}/${version <= 2}`
  let abbrevs = context.abbrevTables.get(key)
  if (abbrevs === undefined) {
    abbrevs = readAbbrevTable(context.sections.reader('abbrev', abbrevOffset), { version, addressSize })
    context.abbrevTables.set(key, abbrevs)
  }
  if (signature !== '') context.typeBySignature.set(signature, typeOffset)
  return {
    offset,
    end: reader.limit,
    firstEntry: reader.position,
    version,
    addressSize,
    abbrevs,
    typeOffset,
    language: 0,
    lowPc: 0,
    stringOffsetsBase: BASE_UNKNOWN,
    addressBase: BASE_UNKNOWN,
    rangeListsBase: BASE_UNKNOWN,
    locationListsBase: BASE_UNKNOWN,
  }
}
