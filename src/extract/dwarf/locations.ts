import { GoheapError } from '../../errors.ts'
import type { VariablePiece } from './dwarf.ts'
import { ABSENT, type Entry } from './entry.ts'
import { type Expression, type Place, readConstantOffset, readPlace } from './expressions.ts'
import { readAddressAt, VALUE } from './forms.ts'
import { listOffset, readAddress } from './ranges.ts'
import type { DebugSections } from './sections.ts'
import type { Unit } from './units.ts'

/** DW_LLE_*: entries of a DWARF 5 location list. */
const LLE = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  defaultLocation: 5,
  baseAddress: 6,
  startEnd: 7,
  startLength: 8,
  /** GNU: a pair of view numbers before the entry that they belong to. */
  viewPair: 9,
} as const

/** A place, and for each of its pieces the pc since when it has been there without a gap. */
export type PlaceSince = Place & { since: number[] }

/** The place of a variable's entry at a pc; undefined when it has no location there at all. */
export function readPlaceAt(
  entry: Entry,
  pc: number,
  unit: Unit,
  sections: DebugSections,
  isFrameBaseCfa: boolean,
): PlaceSince | undefined {
  const before: { low: number; high: number; expression: Expression }[] = []
  let found: (typeof before)[number] | undefined
  forEachExpression(entry, unit, sections, (low, high, expression) => {
    if (found !== undefined) return
    if (pc >= low && pc < high) found = { low, high, expression }
    else before.push({ low, high, expression })
  })
  if (found === undefined) return undefined
  let { low } = found
  const place = readPlace(found.expression, unit, sections, isFrameBaseCfa)
  const since = place.pieces.map(() => low)
  for (let last = before.pop(); last !== undefined && last.high === low; last = before.pop()) {
    const { pieces } = readPlace(last.expression, unit, sections, isFrameBaseCfa)
    let isSame = false
    place.pieces.forEach((piece, i) => {
      if (since[i] !== low || !isSamePlace(piece, pieces[i])) return
      since[i] = last.low
      isSame = true
    })
    if (!isSame) break
    low = last.low
  }
  return { ...place, since }
}

function isSamePlace(a: VariablePiece, b: VariablePiece | undefined): boolean {
  return a.kind === 'frame' && b?.kind === 'frame' && a.offset === b.offset
}

/** The places of a variable's entry at all pcs; the same place may come several times. */
export function readPlaces(
  entry: Entry,
  unit: Unit,
  sections: DebugSections,
  isFrameBaseCfa: boolean,
): Place[] {
  const places: Place[] = []
  forEachExpression(entry, unit, sections, (_low, _high, expression) => {
    places.push(readPlace(expression, unit, sections, isFrameBaseCfa))
  })
  return places
}

/** The fixed address that an entry's location tells; undefined for any other location. */
export function readStaticAddress(entry: Entry, unit: Unit, sections: DebugSections): number | undefined {
  if (entry.location === ABSENT || entry.locationKind !== VALUE.block) return undefined
  const { address } = readPlace(blockOf(entry, sections), unit, sections, false)
  return address !== undefined && address > 0 ? address : undefined
}

/** DW_AT_data_member_location in bytes; undefined when it has to be computed. */
export function readMemberOffset(entry: Entry, sections: DebugSections): number | undefined {
  // Members of a union have none; a bit field of DWARF 4 and later has its offset in bits.
  if (entry.memberLocation === ABSENT)
    return entry.dataBitOffset >= 0 ? Math.floor(entry.dataBitOffset / 8) : 0
  if (entry.memberLocationKind !== VALUE.block) return entry.memberLocation
  return readConstantOffset({
    bytes: sections.bytes('info'),
    start: entry.memberLocation,
    length: entry.memberLocationLength,
  })
}

function blockOf(entry: Entry, sections: DebugSections): Expression {
  return { bytes: sections.bytes('info'), start: entry.location, length: entry.locationLength }
}

/** Takes a location for the pcs in [low, high). */
type Visit = (low: number, high: number, expression: Expression) => void

/** Visits the locations of an entry, each with its pcs; the default of a list, which yields to all others, last. */
function forEachExpression(entry: Entry, unit: Unit, sections: DebugSections, visit: Visit): void {
  if (entry.location === ABSENT) return
  if (entry.locationKind === VALUE.block) {
    visit(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, blockOf(entry, sections))
    return
  }
  const list = {
    kind: entry.locationKind,
    number: entry.location,
    base: unit.locationListsBase,
    section: 'loclists',
  } as const
  const offset = listOffset(list, sections)
  if (unit.version >= 5) walkList(offset, unit, sections, visit)
  else walkOldList(offset, unit, sections, visit)
}

/** The DWARF 5 list at `offset` of .debug_loclists. */
function walkList(offset: number, unit: Unit, sections: DebugSections, visit: Visit): void {
  const reader = sections.reader('loclists', offset)
  const indexed = () => readAddressAt(unit, reader.uleb(), sections)
  let base = unit.lowPc
  let fallback: Expression | undefined
  for (;;) {
    const kind = reader.u8()
    let low = 0
    let high = 0
    switch (kind) {
      case LLE.endOfList:
        if (fallback) visit(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, fallback)
        return
      case LLE.baseAddressx:
        base = indexed()
        continue
      case LLE.baseAddress:
        base = readAddress(reader, unit)
        continue
      case LLE.viewPair:
        reader.skipLeb()
        reader.skipLeb()
        continue
      case LLE.startxEndx:
        low = indexed()
        high = indexed()
        break
      case LLE.startxLength:
        low = indexed()
        high = low + reader.uleb()
        break
      case LLE.offsetPair:
        low = base + reader.wrappedUleb()
        high = base + reader.wrappedUleb()
        break
      case LLE.startEnd:
        low = readAddress(reader, unit)
        high = readAddress(reader, unit)
        break
      case LLE.startLength:
        low = readAddress(reader, unit)
        high = low + reader.uleb()
        break
      case LLE.defaultLocation:
        break
      default:
        throw new GoheapError('corrupt', `.debug_loclists has an entry of kind ${kind}`)
    }
    const length = reader.uleb()
    const expression = { bytes: reader.bytes, start: reader.skip(length), length }
    if (kind === LLE.defaultLocation) fallback = expression
    else visit(low, high, expression)
  }
}

/** The list at `offset` of .debug_loc: DWARF 2 to 4. */
function walkOldList(offset: number, unit: Unit, sections: DebugSections, visit: Visit): void {
  const reader = sections.reader('loc', offset)
  const allOnes = unit.addressSize === 8 ? -1 : 0xffff_ffff
  let base = unit.lowPc
  for (;;) {
    const low = readAddress(reader, unit)
    const high = readAddress(reader, unit)
    if (low === 0 && high === 0) return
    if (low === allOnes) {
      base = high
      continue
    }
    const length = reader.u16()
    const start = reader.skip(length)
    visit(base + low, base + high, { bytes: reader.bytes, start, length })
  }
}
