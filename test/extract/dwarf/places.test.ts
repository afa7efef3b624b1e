import { describe, expect, it } from 'vitest'
import type { Dwarf } from '../../../src/extract/dwarf/dwarf.ts'
import { AT, FORM, TAG } from '../../../src/extract/dwarf/encoding.ts'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import { assemble, type Die, leb, little, type RawSections } from './assemble.ts'

const CFA = [0x9c]
const FBREG_16 = [0x91, 0x10]
const REG_3 = [0x53]
const LOW = 0x40_1000

/** A function of 0x100 bytes at LOW with these children, in a unit with that low pc. */
function openFunction(
  version: number,
  children: readonly Die[],
  others: RawSections = {},
  attributes: Die['attributes'] = [],
  frameBase: readonly number[] = CFA,
): Dwarf {
  const fn: Die = {
    tag: TAG.subprogram,
    attributes: [
      [AT.name, FORM.string, 'f'],
      [AT.lowPc, FORM.addr, LOW],
      [AT.highPc, FORM.data4, 0x100],
      [AT.frameBase, FORM.exprloc, frameBase],
    ],
    children,
  }
  const root: Die = {
    tag: TAG.compileUnit,
    attributes: [[AT.lowPc, FORM.addr, LOW], ...attributes],
    children: [fn],
  }
  return openDwarf(assemble([{ version, root }], others))
}

const variable = (name: string, form: number, value: number | readonly number[]): Die => ({
  tag: TAG.variable,
  attributes: [
    [AT.name, FORM.string, name],
    [AT.location, form, value],
  ],
})

/** Where a variable with this expression is. */
function placeOf(expression: readonly number[], frameBase: readonly number[] = CFA) {
  const dwarf = openFunction(4, [variable('x', FORM.exprloc, expression)], {}, [], frameBase)
  const variables = dwarf.variablesAt(LOW)
  expect(dwarf.warnings).toEqual([])
  return variables.map(({ name, pieces, isIndirect }) => ({ name, pieces, isIndirect }))
}

const frame = (offset: number, size?: number) => ({ kind: 'frame', offset, size })
const register = (number: number, size?: number) => ({ kind: 'register', register: number, size })
const unknown = (size?: number) => ({ kind: 'unknown', size })

describe('location expressions', () => {
  it.each([
    ['DW_OP_fbreg', [0x91, 0x70], [frame(-16)]],
    ['DW_OP_fbreg, long', [0x91, 0x80, 0x7f], [frame(-128)]],
    ['DW_OP_call_frame_cfa', CFA, [frame(0)]],
    ['DW_OP_call_frame_cfa DW_OP_plus_uconst', [0x9c, 0x23, 0x08], [frame(8)]],
    ['DW_OP_call_frame_cfa DW_OP_consts DW_OP_plus', [0x9c, 0x11, 0x78, 0x22], [frame(-8)]],
    ['DW_OP_reg3', REG_3, [register(3)]],
    ['DW_OP_regx', [0x90, 0x21], [register(33)]],
    [
      'a register and a frame slot',
      [0x53, 0x93, 0x08, 0x91, 0x10, 0x93, 0x08],
      [register(3, 8), frame(16, 8)],
    ],
    ['a piece that is nowhere', [0x93, 0x08, 0x50, 0x93, 0x08], [unknown(8), register(0, 8)]],
    ['DW_OP_bit_piece', [0x50, 0x9d, 0x0c, 0x00], [unknown(2)]],
    ['an empty expression', [], []],
    ['DW_OP_breg7', [0x77, 0x10], [unknown()]],
    ['DW_OP_bregx', [0x92, 0x07, 0x10], [unknown()]],
    ['DW_OP_lit5 DW_OP_stack_value', [0x35, 0x9f], [unknown()]],
    ['DW_OP_fbreg DW_OP_stack_value', [0x91, 0x10, 0x9f], [unknown()]],
    ['DW_OP_implicit_value', [0x9e, 0x02, 0x91, 0x10, 0x93, 0x02], [unknown(2)]],
    ['DW_OP_entry_value', [0xa3, 0x01, 0x55, 0x9f], [unknown()]],
    [
      'DW_OP_implicit_pointer',
      [0xa0, 1, 0, 0, 0, 0x00, 0x93, 0x08, 0x53, 0x93, 0x08],
      [unknown(8), register(3, 8)],
    ],
    ['DW_OP_const4u DW_OP_stack_value', [0x0c, 0x91, 0x10, 0x93, 0x08, 0x9f], [unknown()]],
    ['DW_OP_const_type', [0xa4, 0x01, 0x02, 0x91, 0x10, 0x9f], [unknown()]],
    ['an operation that nobody knows', [0x53, 0x93, 0x08, 0xe7, 0x93, 0x08], [register(3, 8), unknown()]],
    ['two places at once', [0x91, 0x10, 0x91, 0x18], [unknown()]],
    ['DW_OP_fbreg DW_OP_deref DW_OP_piece', [0x91, 0x10, 0x06, 0x93, 0x08], [unknown(8)]],
  ])('%s', (_, expression, pieces) => {
    expect(placeOf(expression)).toEqual([{ name: 'x', pieces, isIndirect: false }])
  })

  it('that end in DW_OP_deref tell the place of the address', () => {
    expect(placeOf([0x91, 0x70, 0x06])).toEqual([{ name: '&x', pieces: [frame(-16)], isIndirect: true }])
  })

  it('relative to a frame base that is not the canonical frame address are unknown', () => {
    expect(placeOf(FBREG_16, [0x56])).toEqual([{ name: 'x', pieces: [unknown()], isIndirect: false }])
    expect(placeOf(REG_3, [0x56])[0].pieces).toEqual([register(3)])
  })

  it('of a fixed address are in no frame', () => {
    expect(placeOf([0x03, ...little(0x5000, 8)])).toEqual([])
  })

  it('that are cut off are a warning', () => {
    const dwarf = openFunction(4, [variable('x', FORM.exprloc, [0x91])])
    expect(dwarf.variablesAt(LOW).map(({ pieces }) => pieces)).toEqual([[]])
    expect(dwarf.warnings).toEqual([expect.stringContaining('variable location: a location expression ends')])
  })
})

/** Offsets from LOW at which a variable with this list is in the frame, and at which it is in register 3. */
function walk(dwarf: Dwarf, pcs: readonly number[]) {
  const places = pcs.map((pc) => {
    const [piece] = dwarf.variablesAt(LOW + pc)[0].pieces
    return piece?.kind
  })
  expect(dwarf.warnings).toEqual([])
  return places
}

describe('location lists of DWARF 4', () => {
  const entry = (low: number, high: number, expression: readonly number[]) => [
    ...little(low, 8),
    ...little(high, 8),
    ...little(expression.length, 2),
    ...expression,
  ]
  const end = [...little(0, 8), ...little(0, 8)]

  it('are relative to the unit, or to the base that they select', () => {
    const loc = [
      ...little(0, 7),
      ...entry(0x10, 0x20, FBREG_16),
      ...little(-1, 8),
      ...little(LOW + 0x80, 8),
      ...entry(0, 0x10, REG_3),
      ...entry(-0x20, -0x10, FBREG_16),
      ...end,
    ]
    const dwarf = openFunction(4, [variable('x', FORM.secOffset, 7)], { loc })
    expect(walk(dwarf, [0, 0x0f, 0x10, 0x1f, 0x20, 0x60, 0x6f, 0x70, 0x80, 0x8f, 0x90])).toEqual([
      ...[undefined, undefined, 'frame', 'frame', undefined],
      ...['frame', 'frame', undefined],
      ...['register', 'register', undefined],
    ])
  })

  it('can be given as data4 by DWARF 3', () => {
    const dwarf = openFunction(3, [variable('x', FORM.data4, 0)], { loc: [...entry(0, 0x10, REG_3), ...end] })
    // DWARF 3 has high pcs as addresses only.
    expect(dwarf.functionAt(LOW)?.name).toBe('f')
    expect(walk(dwarf, [0, 0x10])).toEqual(['register', undefined])
  })
})

describe('location lists of DWARF 5', () => {
  const addr = [...little(0, 8), ...little(LOW + 0x20, 8), ...little(LOW + 0x40, 8)]
  const block = (expression: readonly number[]) => [...leb(expression.length), ...expression]
  const lists: [string, readonly number[], readonly (string | undefined)[]][] = [
    ['offset_pair', [4, ...leb(0x20), ...leb(0x40), ...block(REG_3)], [undefined, 'register', undefined]],
    [
      'base_address and offset_pair',
      [6, ...little(LOW + 0x10, 8), 4, ...leb(0x10), ...leb(0x30), ...block(REG_3)],
      [undefined, 'register', undefined],
    ],
    [
      'base_addressx and a negative offset_pair',
      [1, ...leb(2), 4, 0xe0, ...Array<number>(8).fill(0xff), 0x01, ...leb(0), ...block(REG_3)],
      [undefined, 'register', undefined],
    ],
    ['startx_endx', [2, ...leb(1), ...leb(2), ...block(FBREG_16)], [undefined, 'frame', undefined]],
    ['startx_length', [3, ...leb(1), ...leb(0x20), ...block(FBREG_16)], [undefined, 'frame', undefined]],
    [
      'start_end',
      [7, ...little(LOW + 0x20, 8), ...little(LOW + 0x40, 8), ...block(FBREG_16)],
      [undefined, 'frame', undefined],
    ],
    [
      'start_length',
      [8, ...little(LOW + 0x20, 8), ...leb(0x20), ...block(REG_3)],
      [undefined, 'register', undefined],
    ],
    [
      'default_location before another',
      [5, ...block(FBREG_16), 4, ...leb(0x20), ...leb(0x40), ...block(REG_3)],
      ['frame', 'register', 'frame'],
    ],
    [
      'GNU_view_pair',
      [9, ...leb(1), ...leb(2), 4, ...leb(0x20), ...leb(0x40), ...block(REG_3)],
      [undefined, 'register', undefined],
    ],
  ]
  const base: Die['attributes'] = [[AT.addrBase, FORM.secOffset, 0]]

  it.each(lists)('%s', (_, list, expected) => {
    const dwarf = openFunction(5, [variable('x', FORM.secOffset, 0)], { loclists: [...list, 0], addr }, base)
    expect(walk(dwarf, [0x1f, 0x20, 0x3f, 0x40])).toEqual([
      expected[0],
      expected[1],
      expected[1],
      expected[2],
    ])
  })

  it('loclistx: by index into the offsets behind the header', () => {
    const list = [4, ...leb(0), ...leb(0x40), ...block(REG_3), 0]
    const loclists = [...Array<number>(12).fill(0), ...little(100, 4), ...little(9, 4), 0xee, ...list]
    for (const attributes of [[], [[AT.loclistsBase, FORM.secOffset, 12] as const]]) {
      const dwarf = openFunction(5, [variable('x', FORM.loclistx, 1)], { loclists }, attributes)
      expect(walk(dwarf, [0, 0x40])).toEqual(['register', undefined])
    }
  })

  it('with an entry of no kind are a warning', () => {
    const dwarf = openFunction(5, [variable('x', FORM.secOffset, 0)], { loclists: [0x1f] })
    expect(dwarf.variablesAt(LOW)[0].pieces).toEqual([])
    expect(dwarf.warnings).toEqual(['variable location: .debug_loclists has an entry of kind 31'])
  })
})

describe('code ranges', () => {
  const fn = (attributes: Die['attributes']): Die => ({ tag: TAG.subprogram, attributes: attributes ?? [] })
  const open = (version: number, die: Die, others: RawSections = {}, attributes: Die['attributes'] = []) => {
    const root = {
      tag: TAG.compileUnit,
      attributes: [[AT.lowPc, FORM.addr, LOW] as const, ...(attributes ?? [])],
      children: [die],
    }
    const { functions, warnings } = openDwarf(assemble([{ version, root }], others))
    expect(warnings).toEqual([])
    return [...functions.lowPcs].map((low, row) => [low - LOW, functions.highPcs[row] - LOW])
  }
  const addr = [...little(LOW + 0x20, 8), ...little(LOW + 0x40, 8)]
  const base: Die['attributes'] = [[AT.addrBase, FORM.secOffset, 0]]

  it('by low and high pc, the second an address or a length', () => {
    const low = [AT.lowPc, FORM.addr, LOW + 1] as const
    expect(open(2, fn([low, [AT.highPc, FORM.addr, LOW + 9]]))).toEqual([[1, 9]])
    expect(open(4, fn([low, [AT.highPc, FORM.udata, 8]]))).toEqual([[1, 9]])
  })

  it.each([
    ['addrx', FORM.addrx],
    ['addrx1', FORM.addrx1],
    ['addrx2', FORM.addrx2],
    ['addrx3', FORM.addrx3],
    ['addrx4', FORM.addrx4],
    ['GNU_addr_index', FORM.gnuAddrIndex],
  ])('by %s', (_, form) => {
    const die = fn([
      [AT.lowPc, form, 0],
      [AT.highPc, form, 1],
    ])
    expect(open(5, die, { addr }, base)).toEqual([[0x20, 0x40]])
    // Without DW_AT_addr_base the table is behind the section's header of 8 bytes.
    expect(open(5, die, { addr: [...little(0, 8), ...addr] })).toEqual([[0x20, 0x40]])
  })

  it('by .debug_ranges, with a base', () => {
    const pairs = [0x10, 0x18, -1, LOW + 0x50, 0, 8, 0, 0].flatMap((word) => little(word, 8))
    expect(open(4, fn([[AT.ranges, FORM.secOffset, 0]]), { ranges: pairs })).toEqual([
      [0x10, 0x18],
      [0x50, 0x58],
    ])
  })

  it('by every kind of entry of .debug_rnglists', () => {
    const rnglists = [
      ...[4, ...leb(0), ...leb(1)],
      ...[1, ...leb(1), 4, ...leb(2), ...leb(3)],
      ...[2, ...leb(0), ...leb(1)],
      ...[3, ...leb(1), ...leb(5)],
      ...[5, ...little(LOW + 0x60, 8), 4, ...leb(6), ...leb(7)],
      ...[6, ...little(LOW + 0x70, 8), ...little(LOW + 0x71, 8)],
      ...[7, ...little(LOW + 0x80, 8), ...leb(9), 0],
    ]
    const die = fn([[AT.ranges, FORM.secOffset, 0]])
    expect(open(5, die, { rnglists, addr }, base)).toEqual([
      [0, 1],
      [0x20, 0x40],
      [0x40, 0x45],
      [0x42, 0x43],
      [0x66, 0x67],
      [0x70, 0x71],
      [0x80, 0x89],
    ])
    const indexed = [...Array<number>(12).fill(0), ...little(4, 4), ...rnglists]
    const byIndex = fn([[AT.ranges, FORM.rnglistx, 0]])
    expect(open(5, byIndex, { rnglists: indexed, addr }, base)).toHaveLength(7)
  })

  it('leave out code that the linker dropped', () => {
    const low = (address: number) =>
      fn([
        [AT.lowPc, FORM.addr, address],
        [AT.highPc, FORM.data1, 8],
      ])
    expect(open(4, low(0))).toEqual([])
    expect(open(4, low(-1))).toEqual([])
  })
})
