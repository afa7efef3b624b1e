import { FORM } from '../../../src/extract/dwarf/encoding.ts'
import type { SectionSource } from '../../../src/extract/dwarf/sections.ts'

/** A value in the form it is written with: a number, a text, bytes, or the place of an entry that has this label. */
export type Value = number | bigint | string | readonly number[] | { to: string }

export interface Die {
  tag: number
  /** [DW_AT_*, DW_FORM_*, value]. For DW_FORM_indirect the value is written after the inner form. */
  attributes?: readonly (readonly [number, number, Value, inner?: number | undefined])[]
  children?: readonly Die[]
  label?: string
}

export interface AssembledUnit {
  version: number
  root: Die
  /** A type unit of DWARF 5: its signature, and the label of its type. */
  signature?: bigint
  typeLabel?: string
  /** Bytes instead of a unit. */
  raw?: readonly number[]
}

/** Sections given as bytes by name: `addr`, `loclists`, ... */
export type RawSections = Readonly<Record<string, readonly number[]>>

/** Writes .debug_info and .debug_abbrev for units. Every entry has an abbreviation of its own. */
export function assemble(units: readonly AssembledUnit[], others: RawSections = {}): SectionSource {
  const abbrev: number[] = []
  const labels = new Map<string, number>()
  const layout = () => {
    abbrev.length = 0
    const info: number[] = []
    for (const unit of units) info.push(...(unit.raw ?? assembleUnit(unit, info.length, abbrev, labels)))
    return info
  }
  // The first pass finds where the labels are: no form's length depends on its value.
  layout()
  const sections = new Map<string, readonly number[]>([
    ['.debug_info', layout()],
    ['.debug_abbrev', [...abbrev, 0]],
    ...Object.entries(others).map(([name, bytes]) => [`.debug_${name}`, bytes] as const),
  ])
  return {
    sectionBytes: (name) => {
      const bytes = sections.get(name)
      return bytes && Uint8Array.from(bytes)
    },
  }
}

export function little(value: number | bigint, size: number): number[] {
  const wrapped = BigInt.asUintN(size * 8, BigInt(value))
  return Array.from({ length: size }, (_, i) => Number((wrapped >> BigInt(8 * i)) & 0xffn))
}

/** LEB128 of either sign, padded to four bytes. */
export function leb(value: number): number[] {
  return [0, 7, 14].map((shift) => ((value >> shift) & 0x7f) | 0x80).concat((value >> 21) & 0x7f)
}

export const text = (value: string): number[] => [...Buffer.from(value), 0]

function assembleUnit(
  unit: AssembledUnit,
  offset: number,
  abbrev: number[],
  labels: Map<string, number>,
): number[] {
  const { version, signature } = unit
  const abbrevOffset = abbrev.length
  const isType = signature !== undefined
  const header = [
    ...little(version, 2),
    ...(version >= 5 ? [isType ? 2 : 1, 8, ...little(abbrevOffset, 4)] : [...little(abbrevOffset, 4), 8]),
    ...(isType
      ? [...little(signature, 8), ...little((labels.get(unit.typeLabel ?? '') ?? offset) - offset, 4)]
      : []),
  ]
  const body: number[] = []
  let code = 0
  const emit = (die: Die) => {
    code++
    const at = offset + 4 + header.length + body.length
    if (die.label !== undefined) labels.set(die.label, at)
    const attributes = die.attributes ?? []
    abbrev.push(...leb(code), ...leb(die.tag), die.children ? 1 : 0)
    body.push(...leb(code))
    for (const [attribute, form, value, inner] of attributes) {
      abbrev.push(...leb(attribute), ...leb(form))
      if (form === FORM.implicitConst) abbrev.push(...leb(Number(value)))
      else if (inner !== undefined) body.push(...leb(inner), ...encode(inner, value, version, offset, labels))
      else body.push(...encode(form, value, version, offset, labels))
    }
    abbrev.push(0, 0)
    if (die.children) {
      for (const child of die.children) emit(child)
      body.push(0)
    }
  }
  emit(unit.root)
  abbrev.push(0)
  return [...little(header.length + body.length, 4), ...header, ...body]
}

const SIZES: Readonly<Record<number, number>> = {
  [FORM.data1]: 1,
  [FORM.flag]: 1,
  [FORM.ref1]: 1,
  [FORM.strx1]: 1,
  [FORM.addrx1]: 1,
  [FORM.data2]: 2,
  [FORM.ref2]: 2,
  [FORM.strx2]: 2,
  [FORM.addrx2]: 2,
  [FORM.strx3]: 3,
  [FORM.addrx3]: 3,
  [FORM.data4]: 4,
  [FORM.ref4]: 4,
  [FORM.strx4]: 4,
  [FORM.addrx4]: 4,
  [FORM.strp]: 4,
  [FORM.lineStrp]: 4,
  [FORM.strpSup]: 4,
  [FORM.refSup4]: 4,
  [FORM.secOffset]: 4,
  [FORM.gnuRefAlt]: 4,
  [FORM.gnuStrpAlt]: 4,
  [FORM.data8]: 8,
  [FORM.ref8]: 8,
  [FORM.refSup8]: 8,
  [FORM.refSig8]: 8,
  [FORM.addr]: 8,
  [FORM.flagPresent]: 0,
}

function encode(
  form: number,
  value: Value,
  version: number,
  unitOffset: number,
  labels: ReadonlyMap<string, number>,
): number[] {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'object' && 'to' in value) {
    const target = labels.get(value.to) ?? unitOffset
    if (form === FORM.refAddr) return little(target, version <= 2 ? 8 : 4)
    return encode(form, target - unitOffset, version, unitOffset, labels)
  }
  if (typeof value === 'object') {
    if (form === FORM.data16) return [...value]
    if (form === FORM.block1) return [value.length, ...value]
    if (form === FORM.block2) return [...little(value.length, 2), ...value]
    if (form === FORM.block4) return [...little(value.length, 4), ...value]
    return [...leb(value.length), ...value]
  }
  const size = SIZES[form]
  if (size !== undefined) return little(value, size)
  return leb(Number(value))
}
