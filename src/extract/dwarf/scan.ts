import { GrowableColumn } from '../../base/columns.ts'
import { findAbbrev, missingAbbrev, skipAttributes } from './abbrev.ts'
import type { DwarfGlobal, DwarfTypeIndex } from './dwarf.ts'
import { LANGUAGE_GO, TAG } from './encoding.ts'
import { ABSENT, type Entry } from './entry.ts'
import { FunctionTableBuilder } from './functions.ts'
import { readStaticAddress } from './locations.ts'
import { type TypeContext, TypeRow, typeKindOf } from './types.ts'
import type { Unit } from './units.ts'

/** What the one pass over .debug_info keeps. */
export interface Scan {
  readonly types: TypeRow[]
  /** Offset in .debug_info of each type's entry, ascending. */
  readonly typeOffsets: GrowableColumn<Float64Array>
  readonly typesByName: Map<string, DwarfTypeIndex>
  /** Names in typesByName that are of another language than Go: a Go type of that name takes them over. */
  readonly foreignNames: Set<string>
  readonly globals: DwarfGlobal[]
  readonly constants: Map<string, number>
  readonly functions: FunctionTableBuilder
}

export function createScan(): Scan {
  return {
    types: [],
    typeOffsets: new GrowableColumn(Float64Array),
    typesByName: new Map(),
    foreignNames: new Set(),
    globals: [],
    constants: new Map(),
    functions: new FunctionTableBuilder(),
  }
}

/** Reads the unit's own entry: language, low pc and the bases that other forms need. */
function readUnitEntry(unit: Unit, entry: Entry): void {
  entry.read(unit, unit.firstEntry)
  // A DWARF 5 unit without the attribute uses the table behind the only header of the section: 8 or 12 bytes.
  const isV5 = unit.version >= 5
  const baseOf = (attribute: number, headerSize: number) =>
    attribute !== ABSENT ? attribute : isV5 ? headerSize : 0
  unit.stringOffsetsBase = baseOf(entry.stringOffsetsBase, 8)
  unit.addressBase = baseOf(entry.addressBase, 8)
  unit.rangeListsBase = baseOf(entry.rangeListsBase, 12)
  unit.locationListsBase = baseOf(entry.locationListsBase, 12)
  entry.read(unit, unit.firstEntry)
  unit.language = Math.max(entry.language, 0)
  unit.lowPc = entry.lowPc !== ABSENT ? entry.lowPc : 0
}

/**
 * Adds everything in a unit to the scan. Entries that are not kept are stepped over by the skip plan of their
 * abbreviation; Go writes no DW_AT_sibling, so the children of functions are passed one by one too.
 */
export function scanUnit(unit: Unit, scan: Scan, entry: Entry, context: TypeContext): void {
  readUnitEntry(unit, entry)
  const reader = entry.reader
  let offset = unit.firstEntry
  let depth = 0
  // Depth of the outermost subprogram around the entry; what is inside is local to it.
  let functionDepth = Number.POSITIVE_INFINITY
  while (offset < unit.end) {
    reader.position = offset
    reader.limit = unit.end
    const code = reader.uleb()
    if (code === 0) {
      offset = reader.position
      depth--
      if (depth <= functionDepth) functionDepth = Number.POSITIVE_INFINITY
      // The unit's entry is closed; padding may follow.
      if (depth <= 0) return
      continue
    }
    const abbrev = findAbbrev(unit.abbrevs, code)
    if (abbrev === undefined) throw missingAbbrev(offset, code)
    const isLocal = depth > functionDepth
    const tag = abbrev.tag
    if (tag === TAG.subprogram) {
      entry.read(unit, offset)
      const addCode = () => scan.functions.add(entry, unit, context.sections)
      context.warnings.guard('code of a function', addCode, undefined)
      if (!isLocal && abbrev.hasChildren) functionDepth = depth
      offset = entry.next
    } else if (tag === TAG.variable || tag === TAG.constant) {
      if (isLocal) {
        skipAttributes(reader, abbrev, unit)
        offset = reader.position
      } else {
        entry.read(unit, offset)
        offset = entry.next
        if (tag === TAG.constant) addConstant(entry, scan)
        else context.warnings.guard('global variable', () => addGlobal(entry, unit, scan, context), undefined)
      }
    } else {
      const kind = typeKindOf(tag)
      if (kind === undefined) {
        skipAttributes(reader, abbrev, unit)
        offset = reader.position
      } else {
        entry.read(unit, offset)
        const row = new TypeRow(kind, entry, unit, context)
        scan.types.push(row)
        scan.typeOffsets.push(offset)
        offset = entry.next
        if (!isLocal) addTypeName(entry, unit, scan)
      }
    }
    if (abbrev.hasChildren) depth++
    else if (depth === 0) return
  }
}

function addTypeName(entry: Entry, unit: Unit, scan: Scan): void {
  const index = scan.types.length - 1
  const { name } = scan.types[index]
  if (name === '' || entry.isDeclaration) return
  const isGo = unit.language === LANGUAGE_GO
  if (!scan.typesByName.has(name)) {
    scan.typesByName.set(name, index)
    if (!isGo) scan.foreignNames.add(name)
  } else if (isGo && scan.foreignNames.delete(name)) scan.typesByName.set(name, index)
}

function addGlobal(entry: Entry, unit: Unit, scan: Scan, context: TypeContext): void {
  const address = readStaticAddress(entry, unit, context.sections)
  if (address === undefined) return
  let { name, type } = entry
  if (entry.specification !== ABSENT && (name === undefined || type === ABSENT)) {
    const declaration = context.readOther(entry.specification)
    name ??= declaration?.name
    if (type === ABSENT && declaration) type = declaration.type
  }
  // Rows of types further down are not known yet: the reference becomes one when the scan is over.
  scan.globals.push({ name: name ?? '', address, type })
}

function addConstant(entry: Entry, scan: Scan): void {
  const { name, constValue } = entry
  // A constant that a Number cannot hold exactly is left out.
  if (name === undefined || !Number.isSafeInteger(constValue) || scan.constants.has(name)) return
  scan.constants.set(name, constValue)
}
