import type { ByteReader } from '../../base/byte-reader.ts'
import { GoheapError } from '../../errors.ts'
import { FORM } from './encoding.ts'

/** One abbreviation: the shape that entries share. */
export interface Abbrev {
  tag: number
  hasChildren: boolean
  /** DW_AT_*, and the DW_FORM_* of each. */
  attributes: readonly number[]
  forms: readonly number[]
  /** Values of DW_FORM_implicit_const, by attribute. */
  implicitValues: readonly number[]
  /** How to move behind the attributes: bytes to skip when >= 0, else one of SKIP. */
  skipPlan: Int32Array
}

/** Abbreviations of one unit by code. */
export interface AbbrevTable {
  /** Codes below DENSE_CODES. */
  readonly dense: readonly (Abbrev | undefined)[]
  readonly sparse: ReadonlyMap<number, Abbrev>
}

/** Steps of a skip plan whose length only the entry tells. */
export const SKIP = {
  string: -1,
  leb: -2,
  block1: -3,
  block2: -4,
  block4: -5,
  block: -6,
  indirect: -7,
  unknown: -8,
} as const

/** Codes are small and dense in practice; a table wider than this is not worth an array. */
const DENSE_CODES = 4096

/** The sizes that the forms of one unit depend on. */
export interface UnitFormat {
  version: number
  addressSize: number
}

/** Reads the table at the reader's position. Throws GoheapError 'corrupt' when it does not end. */
export function readAbbrevTable(reader: ByteReader, format: UnitFormat): AbbrevTable {
  const dense: (Abbrev | undefined)[] = []
  const sparse = new Map<number, Abbrev>()
  for (;;) {
    const code = reader.uleb()
    if (code === 0) return { dense, sparse }
    const abbrev = readAbbrev(reader, format)
    if (code < DENSE_CODES) dense[code] = abbrev
    else sparse.set(code, abbrev)
  }
}

export function findAbbrev(table: AbbrevTable, code: number): Abbrev | undefined {
  return code < DENSE_CODES ? table.dense[code] : table.sparse.get(code)
}

/** Bytes of a form that always has the same length, else one of SKIP. */
export function planForm(form: number, format: UnitFormat): number {
  switch (form) {
    case FORM.flagPresent:
    case FORM.implicitConst:
      return 0
    case FORM.data1:
    case FORM.flag:
    case FORM.ref1:
    case FORM.strx1:
    case FORM.addrx1:
      return 1
    case FORM.data2:
    case FORM.ref2:
    case FORM.strx2:
    case FORM.addrx2:
      return 2
    case FORM.strx3:
    case FORM.addrx3:
      return 3
    case FORM.data4:
    case FORM.ref4:
    case FORM.strx4:
    case FORM.addrx4:
    case FORM.refSup4:
    case FORM.strp:
    case FORM.lineStrp:
    case FORM.strpSup:
    case FORM.secOffset:
    case FORM.gnuRefAlt:
    case FORM.gnuStrpAlt:
      return 4
    case FORM.data8:
    case FORM.ref8:
    case FORM.refSig8:
    case FORM.refSup8:
      return 8
    case FORM.data16:
      return 16
    case FORM.addr:
      return format.addressSize
    case FORM.refAddr:
      // An address in DWARF 2, a section offset since.
      return format.version <= 2 ? format.addressSize : 4
    case FORM.string:
      return SKIP.string
    case FORM.sdata:
    case FORM.udata:
    case FORM.refUdata:
    case FORM.strx:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
    case FORM.gnuAddrIndex:
    case FORM.gnuStrIndex:
      return SKIP.leb
    case FORM.block1:
      return SKIP.block1
    case FORM.block2:
      return SKIP.block2
    case FORM.block4:
      return SKIP.block4
    case FORM.block:
    case FORM.exprloc:
      return SKIP.block
    case FORM.indirect:
      return SKIP.indirect
    default:
      return SKIP.unknown
  }
}

/** Moves the reader behind the attributes of an entry. Throws 'unsupported' on a form of unknown length. */
export function skipAttributes(reader: ByteReader, abbrev: Abbrev, format: UnitFormat): void {
  const plan = abbrev.skipPlan
  for (let i = 0; i < plan.length; i++) skipStep(reader, plan[i], format)
}

export function missingAbbrev(offset: number, code: number): GoheapError {
  return new GoheapError('corrupt', `DWARF entry at 0x${offset.toString(16)} has no abbreviation ${code}`)
}

/** Names the form in the error when its length is not known. */
export function unknownForm(form: number): GoheapError {
  return new GoheapError('unsupported', `DWARF form 0x${form.toString(16)}`)
}

function skipStep(reader: ByteReader, step: number, format: UnitFormat): void {
  if (step >= 0) {
    reader.skip(step)
    return
  }
  switch (step) {
    case SKIP.string:
      reader.skipString()
      return
    case SKIP.leb:
      reader.skipLeb()
      return
    case SKIP.block1:
      reader.skip(reader.u8())
      return
    case SKIP.block2:
      reader.skip(reader.u16())
      return
    case SKIP.block4:
      reader.skip(reader.u32())
      return
    case SKIP.block:
      reader.skip(reader.uleb())
      return
    case SKIP.indirect: {
      // Each level of indirection takes a byte, so this ends; a loop, as a chain of them must not overflow the stack.
      let form = reader.uleb()
      while (form === FORM.indirect) form = reader.uleb()
      if (form === FORM.implicitConst) throw unknownForm(form)
      const inner = planForm(form, format)
      if (inner === SKIP.unknown) throw unknownForm(form)
      skipStep(reader, inner, format)
      return
    }
    default:
      throw new GoheapError('unsupported', 'DWARF form of unknown length')
  }
}

function readAbbrev(reader: ByteReader, format: UnitFormat): Abbrev {
  const tag = reader.uleb()
  const hasChildren = reader.u8() !== 0
  const attributes: number[] = []
  const forms: number[] = []
  const implicitValues: number[] = []
  const plan: number[] = []
  for (;;) {
    const attribute = reader.uleb()
    const form = reader.uleb()
    if (attribute === 0 && form === 0) break
    attributes.push(attribute)
    forms.push(form)
    implicitValues.push(form === FORM.implicitConst ? reader.sleb() : 0)
    const step = planForm(form, format)
    const last = plan.length - 1
    if (step >= 0 && last >= 0 && plan[last] >= 0) plan[last] += step
    else plan.push(step)
  }
  return { tag, hasChildren, attributes, forms, implicitValues, skipPlan: Int32Array.from(plan) }
}
