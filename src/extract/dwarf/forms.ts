import type { ByteReader } from '../../base/byte-reader.ts'
import { planForm, SKIP, unknownForm } from './abbrev.ts'
import { FORM } from './encoding.ts'
import type { DebugSections, SectionName } from './sections.ts'
import { BASE_UNKNOWN, readSignature, type Unit } from './units.ts'

/** What a form's value is. */
export const VALUE = {
  /** Nothing that can be used: a form of another file, or an index that leads nowhere. */
  none: 0,
  /** A constant or a flag. */
  number: 1,
  address: 2,
  /** Offset into a section that the attribute tells. */
  sectionOffset: 3,
  /** Index into .debug_loclists' or .debug_rnglists' offset table. */
  listIndex: 4,
  text: 5,
  /** Bytes of .debug_info: `number` is where they begin, `length` how many. */
  block: 6,
  /** Offset of another entry in .debug_info. */
  reference: 7,
} as const
export type ValueKind = (typeof VALUE)[keyof typeof VALUE]

/** The value of an attribute, reused from one to the next. */
export interface FormValue {
  kind: ValueKind
  number: number
  /** Blocks only. */
  length: number
  /** Texts only: the section whose offset `number` is. */
  section: SectionName
}

/** What references are resolved with. */
export interface FormContext {
  sections: DebugSections
  typeBySignature: ReadonlyMap<string, number>
}

/** Reads the value of a form into `value` and moves the reader behind it. Throws 'unsupported' on an unknown form. */
export function readForm(
  reader: ByteReader,
  form: number,
  implicitValue: number,
  unit: Unit,
  context: FormContext,
  value: FormValue,
): void {
  switch (form) {
    case FORM.flagPresent:
      set(value, VALUE.number, 1)
      return
    case FORM.implicitConst:
      set(value, VALUE.number, implicitValue)
      return
    case FORM.data1:
    case FORM.flag:
      set(value, VALUE.number, reader.u8())
      return
    case FORM.data2:
      set(value, VALUE.number, reader.u16())
      return
    case FORM.data4:
      set(value, unit.version <= 3 ? VALUE.sectionOffset : VALUE.number, reader.u32())
      return
    case FORM.data8:
      set(value, VALUE.number, reader.u64())
      return
    case FORM.udata:
      set(value, VALUE.number, reader.uleb())
      return
    case FORM.sdata:
      set(value, VALUE.number, reader.sleb())
      return
    case FORM.secOffset:
      set(value, VALUE.sectionOffset, reader.u32())
      return
    case FORM.loclistx:
    case FORM.rnglistx:
      set(value, VALUE.listIndex, reader.uleb())
      return
    case FORM.addr:
      set(value, VALUE.address, unit.addressSize === 8 ? reader.i64() : reader.u32())
      return
    case FORM.string:
      set(value, VALUE.text, reader.skipString())
      value.section = 'info'
      return
    case FORM.strp:
      set(value, VALUE.text, reader.u32())
      value.section = 'str'
      return
    case FORM.lineStrp:
      set(value, VALUE.text, reader.u32())
      value.section = 'line_str'
      return
    case FORM.exprloc:
    case FORM.block:
      setBlock(value, reader, reader.uleb())
      return
    case FORM.block1:
      setBlock(value, reader, reader.u8())
      return
    case FORM.block2:
      setBlock(value, reader, reader.u16())
      return
    case FORM.block4:
      setBlock(value, reader, reader.u32())
      return
    case FORM.data16:
      setBlock(value, reader, 16)
      return
    case FORM.refAddr:
      set(value, VALUE.reference, unit.version <= 2 && unit.addressSize === 8 ? reader.u64() : reader.u32())
      return
    case FORM.ref1:
      set(value, VALUE.reference, unit.offset + reader.u8())
      return
    case FORM.ref2:
      set(value, VALUE.reference, unit.offset + reader.u16())
      return
    case FORM.ref4:
      set(value, VALUE.reference, unit.offset + reader.u32())
      return
    case FORM.ref8:
      set(value, VALUE.reference, unit.offset + reader.u64())
      return
    case FORM.refUdata:
      set(value, VALUE.reference, unit.offset + reader.uleb())
      return
    case FORM.refSig8: {
      const target = context.typeBySignature.get(readSignature(reader))
      set(value, target === undefined ? VALUE.none : VALUE.reference, target ?? 0)
      return
    }
    case FORM.indirect: {
      let inner = reader.uleb()
      while (inner === FORM.indirect) inner = reader.uleb()
      if (inner === FORM.implicitConst) throw unknownForm(inner)
      readForm(reader, inner, 0, unit, context, value)
      return
    }
    default:
      readIndexedForm(reader, form, unit, context, value)
  }
}

/** The address at an index of the unit's part of .debug_addr. Throws 'corrupt' when it is not there. */
export function readAddressAt(unit: Unit, index: number, sections: DebugSections): number {
  const reader = sections.reader('addr', unit.addressBase + index * unit.addressSize)
  return unit.addressSize === 8 ? reader.i64() : reader.u32()
}

function readIndexedForm(
  reader: ByteReader,
  form: number,
  unit: Unit,
  context: FormContext,
  value: FormValue,
): void {
  switch (form) {
    case FORM.strx:
    case FORM.gnuStrIndex:
      setIndexedText(value, reader.uleb(), unit, context)
      return
    case FORM.strx1:
      setIndexedText(value, reader.u8(), unit, context)
      return
    case FORM.strx2:
      setIndexedText(value, reader.u16(), unit, context)
      return
    case FORM.strx3:
      setIndexedText(value, reader.u24(), unit, context)
      return
    case FORM.strx4:
      setIndexedText(value, reader.u32(), unit, context)
      return
    case FORM.addrx:
    case FORM.gnuAddrIndex:
      setIndexedAddress(value, reader.uleb(), unit, context)
      return
    case FORM.addrx1:
      setIndexedAddress(value, reader.u8(), unit, context)
      return
    case FORM.addrx2:
      setIndexedAddress(value, reader.u16(), unit, context)
      return
    case FORM.addrx3:
      setIndexedAddress(value, reader.u24(), unit, context)
      return
    case FORM.addrx4:
      setIndexedAddress(value, reader.u32(), unit, context)
      return
    default: {
      // Forms that point into a supplementary file have a length, but nothing to be read from here.
      const length = planForm(form, unit)
      if (length < 0)
        throw length === SKIP.unknown ? unknownForm(form) : new Error(`DWARF form ${form} is planned only`)
      reader.skip(length)
      set(value, VALUE.none, 0)
    }
  }
}

function set(value: FormValue, kind: ValueKind, number: number): void {
  value.kind = kind
  value.number = number
}

function setBlock(value: FormValue, reader: ByteReader, length: number): void {
  value.number = reader.skip(length)
  value.length = length
  value.kind = VALUE.block
}

function setIndexedAddress(value: FormValue, index: number, unit: Unit, context: FormContext): void {
  if (unit.addressBase === BASE_UNKNOWN) {
    set(value, VALUE.none, 0)
    return
  }
  set(value, VALUE.address, readAddressAt(unit, index, context.sections))
}

function setIndexedText(value: FormValue, index: number, unit: Unit, context: FormContext): void {
  if (unit.stringOffsetsBase === BASE_UNKNOWN) {
    set(value, VALUE.none, 0)
    return
  }
  const offset = context.sections.reader('str_offsets', unit.stringOffsetsBase + index * 4)
  value.number = offset.u32()
  value.section = 'str'
  value.kind = VALUE.text
}
