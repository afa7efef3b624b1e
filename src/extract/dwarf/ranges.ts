import type { ByteReader } from '../../base/byte-reader.ts'
import { GoheapError } from '../../errors.ts'
import { ABSENT, type Entry } from './entry.ts'
import { readAddressAt, VALUE } from './forms.ts'
import type { DebugSections, SectionName } from './sections.ts'
import type { Unit } from './units.ts'

/** DW_RLE_*: entries of a DWARF 5 range list. */
const RLE = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const

/**
 * Calls `visit` with each [low, high) of code that an entry covers: DW_AT_low_pc and DW_AT_high_pc, or DW_AT_ranges.
 * An address of 0 or below is code that the linker dropped. Throws GoheapError on damage.
 */
export function forEachRange(
  entry: Entry,
  unit: Unit,
  sections: DebugSections,
  visit: (low: number, high: number) => void,
): void {
  const take = (low: number, high: number) => {
    if (low > 0 && high > low) visit(low, high)
  }
  if (entry.ranges !== ABSENT) {
    const offset = listOffset(
      { kind: entry.rangesKind, number: entry.ranges, base: unit.rangeListsBase, section: 'rnglists' },
      sections,
    )
    if (unit.version >= 5) walkRangeList(sections.reader('rnglists', offset), unit, sections, take)
    else walkOldRangeList(sections.reader('ranges', offset), unit, take)
  } else if (entry.lowPc !== ABSENT && entry.highPc !== ABSENT) {
    // DWARF 4: a high pc that is no address is the length.
    take(entry.lowPc, entry.highPcKind === VALUE.address ? entry.highPc : entry.lowPc + entry.highPc)
  }
}

/** Whether an entry's code has `pc`; true for an entry without any code of its own. */
export function coversPc(entry: Entry, unit: Unit, pc: number, sections: DebugSections): boolean {
  if (entry.ranges === ABSENT && entry.lowPc === ABSENT) return true
  let isCovered = false
  forEachRange(entry, unit, sections, (low, high) => {
    if (pc >= low && pc < high) isCovered = true
  })
  return isCovered
}

/** A list that an attribute names: by offset, or by index into the offsets behind the unit's table header. */
export interface ListReference {
  kind: number
  number: number
  base: number
  section: SectionName
}

/** Where the list begins in its section. */
export function listOffset(list: ListReference, sections: DebugSections): number {
  if (list.kind === VALUE.sectionOffset || list.kind === VALUE.number) return list.number
  if (list.kind !== VALUE.listIndex)
    throw new GoheapError('corrupt', `.debug_${list.section} reference of no kind`)
  return list.base + sections.reader(list.section, list.base + list.number * 4).u32()
}

export function readAddress(reader: ByteReader, unit: Unit): number {
  return unit.addressSize === 8 ? reader.i64() : reader.u32()
}

function walkRangeList(
  reader: ByteReader,
  unit: Unit,
  sections: DebugSections,
  take: (low: number, high: number) => void,
): void {
  let base = unit.lowPc
  const indexed = () => readAddressAt(unit, reader.uleb(), sections)
  for (;;) {
    const entry = reader.u8()
    switch (entry) {
      case RLE.endOfList:
        return
      case RLE.baseAddressx:
        base = indexed()
        break
      case RLE.startxEndx: {
        const low = indexed()
        take(low, indexed())
        break
      }
      case RLE.startxLength: {
        const low = indexed()
        take(low, low + reader.uleb())
        break
      }
      case RLE.offsetPair: {
        const low = base + reader.wrappedUleb()
        take(low, base + reader.wrappedUleb())
        break
      }
      case RLE.baseAddress:
        base = readAddress(reader, unit)
        break
      case RLE.startEnd: {
        const low = readAddress(reader, unit)
        take(low, readAddress(reader, unit))
        break
      }
      case RLE.startLength: {
        const low = readAddress(reader, unit)
        take(low, low + reader.uleb())
        break
      }
      default:
        throw new GoheapError('corrupt', `.debug_rnglists has an entry of kind ${entry}`)
    }
  }
}

/** DWARF 2 to 4: pairs of offsets from a base; a pair that begins with all ones sets the base; 0 0 ends. */
function walkOldRangeList(reader: ByteReader, unit: Unit, take: (low: number, high: number) => void): void {
  const allOnes = unit.addressSize === 8 ? -1 : 0xffff_ffff
  let base = unit.lowPc
  for (;;) {
    const low = readAddress(reader, unit)
    const high = readAddress(reader, unit)
    if (low === 0 && high === 0) return
    if (low === allOnes) base = high
    else take(base + low, base + high)
  }
}
