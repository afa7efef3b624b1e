import { describe, expect, it } from 'vitest'
import { AT, FORM, TAG } from '../../../src/extract/dwarf/encoding.ts'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import {
  type AssembledUnit,
  assemble,
  type Die,
  little,
  type RawSections,
  text,
  type Value,
} from './assemble.ts'

const base = (name: string, size: number, label?: string): Die => ({
  tag: TAG.baseType,
  attributes: [
    [AT.name, FORM.string, name],
    [AT.byteSize, FORM.data1, size],
  ],
  ...(label === undefined ? {} : { label }),
})
const unit = (
  version: number,
  children: readonly Die[],
  attributes: Die['attributes'] = [],
): AssembledUnit => ({
  version,
  root: { tag: TAG.compileUnit, attributes, children },
})
const open = (units: readonly AssembledUnit[], others: RawSections = {}) => openDwarf(assemble(units, others))

/** A type whose attribute is given in a form, with a name behind it that tells whether the form's length was right. */
function readWith(attribute: number, form: number, value: Value, others: RawSections = {}, inner?: number) {
  const die: Die = {
    tag: TAG.baseType,
    attributes: [
      [attribute, form, value, inner],
      [AT.goKind, FORM.data1, 11],
    ],
  }
  const dwarf = open([unit(5, [die, base('next', 4, 'next')])], others)
  expect(dwarf.warnings).toEqual([])
  expect(dwarf.types.map(({ goKind }) => goKind)).toEqual([11, 0])
  expect(dwarf.types[1].name).toBe('next')
  return dwarf.types[0]
}

describe('forms of constants', () => {
  it.each([
    ['data1', FORM.data1, 200],
    ['data2', FORM.data2, 40_000],
    ['data4', FORM.data4, 4_000_000_000],
    ['data8', FORM.data8, 2 ** 53 - 1],
    ['udata', FORM.udata, 100_000],
    ['sdata', FORM.sdata, 100_000],
    ['implicit_const', FORM.implicitConst, 70_000],
    ['sec_offset', FORM.secOffset, 70_000],
  ])('%s', (_, form, value) => {
    expect(readWith(AT.byteSize, form, value).size).toBe(value)
  })

  it('indirect, the form being in the entry', () => {
    expect(readWith(AT.byteSize, FORM.indirect, 300, {}, FORM.data2).size).toBe(300)
    expect(readWith(AT.name, FORM.indirect, 'inner', {}, FORM.string).name).toBe('inner')
  })

  it('flags', () => {
    const member = (form: number, value: number): Die => ({
      tag: TAG.member,
      attributes: [[AT.goEmbeddedField, form, value]],
    })
    const struct = {
      tag: TAG.structureType,
      children: [member(FORM.flag, 1), member(FORM.flag, 0), member(FORM.flagPresent, 0)],
    }
    expect(open([unit(4, [struct])]).types[0].members.map(({ isEmbedded }) => isEmbedded)).toEqual([
      true,
      false,
      true,
    ])
  })

  it.each([
    ['exprloc', FORM.exprloc],
    ['block', FORM.block],
    ['block1', FORM.block1],
    ['block2', FORM.block2],
    ['block4', FORM.block4],
  ])('%s, as the offset of a member', (_, form) => {
    const member: Die = { tag: TAG.member, attributes: [[AT.dataMemberLocation, form, [0x23, 0xac, 0x02]]] }
    const dwarf = open([unit(2, [{ tag: TAG.structureType, children: [member] }])])
    expect(dwarf.types[0].members.map(({ offset }) => offset)).toEqual([300])
  })
})

describe('forms of texts', () => {
  const others = {
    str: [...text('zero'), ...text('first'), ...text('second')],
    line_str: [...text('x'), ...text('of a line')],
    // A table of offsets behind its header of 8 bytes.
    str_offsets: [...little(12, 4), 5, 0, 0, 0, ...little(0, 4), ...little(5, 4), ...little(11, 4)],
  }
  it.each([
    ['string', FORM.string, 'in place', 'in place'],
    ['strp', FORM.strp, 5, 'first'],
    ['line_strp', FORM.lineStrp, 2, 'of a line'],
    ['strx', FORM.strx, 2, 'second'],
    ['strx1', FORM.strx1, 1, 'first'],
    ['strx2', FORM.strx2, 2, 'second'],
    ['strx3', FORM.strx3, 0, 'zero'],
    ['strx4', FORM.strx4, 2, 'second'],
    ['GNU_str_index', FORM.gnuStrIndex, 1, 'first'],
  ])('%s', (_, form, value, expected) => {
    expect(readWith(AT.name, form, value, others).name).toBe(expected)
  })

  it('strx of a unit with its own table, before the attribute that tells where', () => {
    const table = [...others.str_offsets, ...little(8, 4), 5, 0, 0, 0, ...little(11, 4)]
    const die: Die = { tag: TAG.baseType, attributes: [[AT.name, FORM.strx1, 0]] }
    const root: Die['attributes'] = [
      [AT.name, FORM.strx1, 0],
      [AT.strOffsetsBase, FORM.secOffset, others.str_offsets.length + 8],
    ]
    expect(open([unit(5, [die], root)], { ...others, str_offsets: table }).types[0].name).toBe('second')
  })

  it('texts that are not there are no names', () => {
    expect(readWith(AT.name, FORM.strp, 5000, others).name).toBe('')
    expect(readWith(AT.name, FORM.strp, 5000).name).toBe('')
  })
})

describe('forms that are stepped over', () => {
  it.each([
    ['data16', FORM.data16, Array.from({ length: 16 }, (_, i) => i)],
    ['strp_sup', FORM.strpSup, 1],
    ['GNU_strp_alt', FORM.gnuStrpAlt, 1],
    ['ref_sup4', FORM.refSup4, 1],
    ['ref_sup8', FORM.refSup8, 1],
    ['GNU_ref_alt', FORM.gnuRefAlt, 1],
    ['ref_sig8 of no unit', FORM.refSig8, 77n],
  ])('%s', (_, form, value) => {
    const type = readWith(AT.type, form, value)
    expect([type.name, type.type]).toEqual(['', -1])
    expect(readWith(AT.name, form, value).name).toBe('')
  })
})

describe('references', () => {
  const pointer = (form: number): Die => ({
    tag: TAG.pointerType,
    attributes: [[AT.type, form, { to: 'target' }]],
  })
  const first = unit(4, [base('other', 1)])

  it.each([
    ['ref1', FORM.ref1],
    ['ref2', FORM.ref2],
    ['ref4', FORM.ref4],
    ['ref8', FORM.ref8],
    ['ref_udata', FORM.refUdata],
    ['ref_addr', FORM.refAddr],
  ])('%s, forwards and backwards', (_, form) => {
    for (const version of [2, 3, 4, 5]) {
      const dwarf = open([first, unit(version, [pointer(form), base('target', 8, 'target'), pointer(form)])])
      expect(dwarf.types.map(({ type }) => type)).toEqual([-1, 2, -1, 2])
    }
  })

  it('ref_addr into another unit', () => {
    const dwarf = open([unit(5, [pointer(FORM.refAddr)]), unit(4, [base('target', 8, 'target')])])
    expect(dwarf.types[dwarf.types[0].type].name).toBe('target')
  })

  it('ref_sig8 to the type of a type unit', () => {
    const signature = 0xfedc_ba98_7654_3210n
    const types: AssembledUnit = {
      version: 5,
      signature,
      typeLabel: 'target',
      root: { tag: TAG.typeUnit, children: [base('not this', 1), base('target', 8, 'target')] },
    }
    const die: Die = { tag: TAG.pointerType, attributes: [[AT.type, FORM.refSig8, signature]] }
    const dwarf = open([unit(5, [die]), types])
    expect(dwarf.types[dwarf.types[0].type].name).toBe('target')
  })
})

describe('units', () => {
  const good = unit(5, [base('good', 8)])
  const types = (units: readonly AssembledUnit[]) => {
    const dwarf = open(units)
    return { names: dwarf.types.map(({ name }) => name), warnings: dwarf.warnings }
  }

  it('of 64-bit DWARF are left out with a warning', () => {
    const raw = [...little(0xffff_ffff, 4), ...little(20, 8), ...Array<number>(20).fill(7)]
    expect(types([{ ...good, raw }, good])).toEqual({
      names: ['good'],
      warnings: ['64-bit DWARF unit at 0x0 skipped'],
    })
  })

  it('of another version are left out with a warning', () => {
    expect(types([unit(6, [base('six', 1)]), good])).toEqual({
      names: ['good'],
      warnings: ['unit skipped: DWARF version 6'],
    })
  })

  it('end where a form of unknown length comes, with a warning', () => {
    const odd: Die = { tag: TAG.baseType, attributes: [[AT.name, 0x7e, 1]] }
    expect(types([unit(5, [base('before', 1), odd, base('after', 1)]), good])).toEqual({
      names: ['before', 'good'],
      warnings: ['rest of unit skipped: DWARF form 0x7e'],
    })
  })

  it('have tags that nobody knows, with children, and go on behind them', () => {
    const odd: Die = { tag: 0x4abc, attributes: [[0x3abc, FORM.string, 'odd']], children: [{ tag: 0x4abd }] }
    expect(types([unit(5, [odd, base('after', 1)]), good])).toEqual({
      names: ['after', 'good'],
      warnings: [],
    })
  })

  it('cut off at the end leave what is before', () => {
    const source = assemble([good, good])
    const info = source.sectionBytes('.debug_info') ?? new Uint8Array()
    const cut = {
      sectionBytes: (name: string) =>
        name === '.debug_info' ? info.subarray(0, info.length - 2) : source.sectionBytes(name),
    }
    const dwarf = openDwarf(cut)
    expect(dwarf.types).toHaveLength(1)
    expect(dwarf.warnings).toEqual(['unit length: a unit reaches past the end of .debug_info'])
  })

  it('are none without .debug_info', () => {
    const dwarf = openDwarf({ sectionBytes: () => undefined })
    expect([dwarf.types, dwarf.globals, dwarf.warnings, dwarf.functionAt(1), dwarf.variablesAt(1)]).toEqual([
      [],
      [],
      [],
      undefined,
      [],
    ])
  })
})
