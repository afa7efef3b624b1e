import type { Dwarf, DwarfFunction, DwarfTypeIndex } from './dwarf.ts'
import { Entry } from './entry.ts'
import type { FormContext } from './forms.ts'
import { findFunction, lastAtOrBelow } from './functions.ts'
import { createScan, scanUnit } from './scan.ts'
import { loadSections, type SectionSource } from './sections.ts'
import type { TypeContext } from './types.ts'
import { readUnits, type Unit, type UnitTable, unitAt } from './units.ts'
import {
  readAllPlaces,
  readCaptured,
  readFunctionName,
  readInlinedCalls,
  readInlinedVariables,
  readVariables,
} from './variables.ts'
import { Warnings } from './warnings.ts'

/**
 * Reads the DWARF of a binary. `source` is an opened Elf, or anything that gives decompressed `.debug_*` sections.
 * Without .debug_info everything is empty. Never throws for what the sections hold: damage and what is not supported
 * become warnings.
 */
export function openDwarf(source: SectionSource): Dwarf {
  const sections = loadSections(source)
  const warnings = new Warnings()
  const table = readUnits(sections, warnings)
  const forms: FormContext = { sections, typeBySignature: table.typeBySignature }
  const scan = createScan()
  const context = createContext(forms, table, warnings, {
    typeOffsets: () => typeOffsets,
    pointerTo: (target) => pointers().get(target) ?? -1,
  })
  const entry = new Entry(forms)
  for (const unit of table.units) {
    warnings.guard('rest of unit skipped', () => scanUnit(unit, scan, entry, context), undefined)
  }
  const typeOffsets = scan.typeOffsets.finish()
  const functions = scan.functions.finish()
  for (const global of scan.globals) global.type = context.indexOf(global.type)
  scan.globals.sort((a, b) => a.address - b.address)
  const pointers = lazily(() => indexPointers(scan.types))

  /** Calls `read` with the subprogram whose code has `pc`. */
  const withFunction = <T>(
    pc: number,
    fallback: T,
    read: (row: number, unit: Unit, offset: number) => T,
  ): T => {
    const row = findFunction(functions, pc)
    if (row < 0) return fallback
    const offset = functions.offsets[row]
    const unit = unitAt(table.units, offset)
    if (unit === undefined) return fallback
    return warnings.guard('function skipped', () => read(row, unit, offset), fallback)
  }
  return {
    types: scan.types,
    globals: scan.globals,
    constants: scan.constants,
    typesByName: scan.typesByName,
    functionAt: (pc) =>
      withFunction<DwarfFunction | undefined>(pc, undefined, (row, unit, offset) => ({
        name: readFunctionName(unit, offset, context),
        lowPc: functions.lowPcs[row],
        highPc: functions.highPcs[row],
      })),
    variablesAt: (pc) => withFunction(pc, [], (_, unit, offset) => readVariables(unit, offset, pc, context)),
    inlinedVariablesAt: (pc) =>
      withFunction(pc, [], (_, unit, offset) => readInlinedVariables(unit, offset, pc, context)),
    frameUsesOf: (pc) => withFunction(pc, [], (_, unit, offset) => readAllPlaces(unit, offset, context)),
    capturedBy: (pc) =>
      withFunction(pc, [], (row, unit, offset) =>
        functions.lowPcs[row] === pc ? readCaptured(unit, offset, context) : [],
      ),
    inlinedAt: (pc) => withFunction(pc, [], (_, unit, offset) => readInlinedCalls(unit, offset, pc, context)),
    functions,
    get warnings() {
      return warnings.list
    },
  }
}

/** Tables that the scan finishes after the context is made. */
interface LateTables {
  typeOffsets(): Float64Array
  pointerTo(target: DwarfTypeIndex): DwarfTypeIndex
}

function createContext(
  forms: FormContext,
  table: UnitTable,
  warnings: Warnings,
  late: LateTables,
): TypeContext {
  const other = new Entry(forms)
  return {
    ...forms,
    warnings,
    entry: new Entry(forms),
    readOther: (offset) => {
      const unit = unitAt(table.units, offset)
      return unit && offset >= unit.firstEntry && other.read(unit, offset) ? other : undefined
    },
    indexOf: (offset) => {
      const offsets = late.typeOffsets()
      const index = lastAtOrBelow(offsets, offset)
      return index >= 0 && offsets[index] === offset ? index : -1
    },
    pointerTo: late.pointerTo,
  }
}

/** Pointer type by the type it points to; the first when there are several. */
function indexPointers(types: Dwarf['types']): Map<DwarfTypeIndex, DwarfTypeIndex> {
  const pointers = new Map<DwarfTypeIndex, DwarfTypeIndex>()
  types.forEach((type, index) => {
    if (type.kind === 'pointer' && type.type >= 0 && !pointers.has(type.type)) pointers.set(type.type, index)
  })
  return pointers
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
