import { describe, expect, it } from 'vitest'
import { AT, FORM, LANGUAGE_GO, TAG } from '../../../src/extract/dwarf/encoding.ts'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import { type AssembledUnit, assemble, type Die, little } from './assemble.ts'

const LOW = 0x40_1000

type Attributes = NonNullable<Die['attributes']>
const die = (tag: number, name: string, attributes: Attributes = [], children?: readonly Die[]): Die => ({
  tag,
  attributes: name === '' ? attributes : [[AT.name, FORM.string, name], ...attributes],
  ...(children === undefined ? {} : { children }),
})
const labelled = (label: string, entry: Die): Die => ({ ...entry, label })
const sized = (size: number) => [AT.byteSize, FORM.data1, size] as const
const typed = (label: string) => [AT.type, FORM.ref4, { to: label }] as const
const at = (address: number) => [AT.location, FORM.exprloc, [0x03, ...little(address, 8)]] as const
const code = (low: number, high: number) =>
  [
    [AT.lowPc, FORM.addr, LOW + low],
    [AT.highPc, FORM.addr, LOW + high],
  ] as const
const go: Attributes = [[AT.language, FORM.data1, LANGUAGE_GO]]
const unit = (children: readonly Die[], attributes: Attributes = go): AssembledUnit => ({
  version: 4,
  root: { tag: TAG.compileUnit, attributes, children },
})
const open = (...units: AssembledUnit[]) => openDwarf(assemble(units))

describe('types', () => {
  it('have the length of all dimensions of an array', () => {
    const range = (attribute: number, value: number, form: number = FORM.data1) =>
      die(TAG.subrangeType, '', [[attribute, form, value]])
    const arrays = [
      [range(AT.count, 5)],
      [range(AT.upperBound, 5)],
      [range(AT.upperBound, 1), range(AT.count, 3)],
      [range(AT.upperBound, -1, FORM.sdata)],
      [die(TAG.subrangeType, '')],
      [],
    ]
    const dwarf = open(unit(arrays.map((children) => die(TAG.arrayType, '', [], children))))
    expect(dwarf.types.map(({ length }) => length)).toEqual([5, 6, 6, 0, undefined, undefined])
  })

  it('have members: bit fields, unions, nested types between them', () => {
    const dwarf = open(
      unit([
        die(
          TAG.structureType,
          's',
          [sized(24)],
          [
            die(TAG.member, 'a', [[AT.dataMemberLocation, FORM.udata, 8]]),
            die(TAG.structureType, 'nested', [sized(4)], [die(TAG.member, 'not of s')]),
            die(TAG.member, 'bits', [[AT.dataBitOffset, FORM.data1, 77]]),
            die(TAG.member, 'static', [
              [AT.external, FORM.flag, 1],
              [AT.declaration, FORM.flag, 1],
            ]),
          ],
        ),
        die(TAG.unionType, 'u', [sized(8)], [die(TAG.member, 'left'), die(TAG.member, 'right')]),
      ]),
    )
    const members = dwarf.types.map((type) => type.members.map(({ name, offset }) => [name, offset]))
    expect(members).toEqual([
      [
        ['a', 8],
        ['bits', 9],
      ],
      [['not of s', 0]],
      [
        ['left', 0],
        ['right', 0],
      ],
    ])
  })

  it('leave out members whose offset has to be computed, with a warning', () => {
    const computed = die(TAG.member, 'c', [[AT.dataMemberLocation, FORM.exprloc, [0x12, 0x06, 0x22]]])
    const dwarf = open(unit([die(TAG.structureType, 's', [sized(8)], [computed, die(TAG.member, 'd')])]))
    expect(dwarf.types[0].members.map(({ name }) => name)).toEqual(['d'])
    expect(dwarf.warnings).toEqual(['members of s at computed offsets skipped'])
  })

  it('can be typedefs in a circle', () => {
    const dwarf = open(
      unit([
        labelled('a', die(TAG.typedef, 'A', [typed('b')])),
        labelled('b', die(TAG.typedef, 'B', [typed('a')])),
      ]),
    )
    expect(dwarf.types.map(({ kind, type }) => [kind, type])).toEqual([
      ['typedef', 1],
      ['typedef', 0],
    ])
  })

  it('are found by name: Go’s before those of C, definitions and not declarations, none local to functions', () => {
    const dwarf = open(
      unit(
        [die(TAG.baseType, 'int', [sized(4)]), die(TAG.baseType, 'char', [sized(1)])],
        [[AT.language, FORM.data1, 12]],
      ),
      unit([
        die(TAG.structureType, 'node', [[AT.declaration, FORM.flagPresent, 0]]),
        die(TAG.structureType, 'node', [sized(16)]),
        die(TAG.typedef, 'node'),
        die(TAG.baseType, 'int', [sized(8)]),
        die(TAG.baseType, 'int', [sized(2)]),
        die(TAG.subprogram, 'f', [], [die(TAG.typedef, '.param1', [[AT.goDictIndex, FORM.udata, 0]])]),
      ]),
    )
    const named = (name: string) => dwarf.types[dwarf.typesByName.get(name) ?? -1]
    expect([named('int')?.size, named('char')?.size, named('node')?.size]).toEqual([8, 1, 16])
    expect(named('.param1')).toBeUndefined()
    expect(dwarf.types.find(({ name }) => name === '.param1')?.dictIndex).toBe(0)
  })
})

describe('globals and constants', () => {
  it('are those with a fixed address, by address, with the name of their declaration', () => {
    const dwarf = open(
      unit([
        labelled('int', die(TAG.baseType, 'int', [sized(8)])),
        die(TAG.variable, 'high', [at(0x9000), typed('int')]),
        labelled('declared', die(TAG.variable, 'low', [typed('int'), [AT.declaration, FORM.flag, 1]])),
        die(TAG.variable, '', [at(0x8000), [AT.specification, FORM.ref4, { to: 'declared' }]]),
        die(TAG.variable, 'thread local', [[AT.location, FORM.exprloc, [0x0e, ...little(8, 8), 0xe0]]]),
        die(TAG.variable, 'gone', [at(0)]),
        die(TAG.variable, 'nowhere', []),
        die(TAG.subprogram, 'f', [...code(0, 8)], [die(TAG.variable, 'static', [at(0x8500)])]),
      ]),
    )
    expect(dwarf.globals).toEqual([
      { name: 'low', address: 0x8000, type: 0 },
      { name: 'high', address: 0x9000, type: 0 },
    ])
    expect(dwarf.warnings).toEqual([])
  })

  it('are constants that a Number can hold, the first of each name', () => {
    const constant = (name: string, value: number | bigint) =>
      die(TAG.constant, name, [[AT.constValue, FORM.data8, value]])
    const dwarf = open(
      unit([
        constant('a', 1),
        constant('a', 2),
        constant('most', 2n ** 53n - 1n),
        constant('more', 2n ** 53n + 1n),
      ]),
    )
    expect([...dwarf.constants]).toEqual([
      ['a', 1],
      ['most', 2 ** 53 - 1],
    ])
  })
})

describe('functions', () => {
  const origin = (label: string) => [AT.abstractOrigin, FORM.ref4, { to: label }] as const
  const inFrame = (offset: number) => [AT.location, FORM.exprloc, [0x91, offset]] as const
  const cfa = [AT.frameBase, FORM.exprloc, [0x9c]] as const
  const dwarf = open(
    unit([
      labelled('int', die(TAG.baseType, 'int', [sized(8)])),
      labelled(
        'inlined',
        die(
          TAG.subprogram,
          'pkg.inlined',
          [],
          [
            labelled(
              'parameter',
              die(TAG.formalParameter, 'x', [typed('int'), [AT.variableParameter, FORM.flag, 0]]),
            ),
            labelled(
              'result',
              die(TAG.formalParameter, 'r', [typed('int'), [AT.variableParameter, FORM.flag, 1]]),
            ),
            labelled('local', die(TAG.variable, '&v', [typed('int'), [AT.goClosureOffset, FORM.udata, 8]])),
          ],
        ),
      ),
      labelled('inner', die(TAG.subprogram, 'pkg.inner')),
      // The same function out of line.
      die(
        TAG.subprogram,
        '',
        [origin('inlined'), ...code(0x100, 0x140), cfa],
        [
          die(TAG.formalParameter, '', [origin('parameter'), inFrame(8)]),
          die(TAG.formalParameter, '', [origin('result'), inFrame(16)]),
          die(TAG.variable, '', [origin('local'), inFrame(24)]),
        ],
      ),
      die(
        TAG.subprogram,
        'pkg.caller',
        [...code(0, 0x80), cfa],
        [
          die(TAG.formalParameter, 'a', [inFrame(8)]),
          // Go's blocks can cover the code of calls inlined beside them.
          die(TAG.lexicalBlock, '', [...code(0x08, 0x40)], [die(TAG.variable, 'z', [inFrame(48)])]),
          die(
            TAG.inlinedSubroutine,
            '',
            [
              origin('inlined'),
              ...code(0x10, 0x40),
              [AT.callFile, FORM.data1, 3],
              [AT.callLine, FORM.udata, 50],
            ],
            [
              die(TAG.variable, '', [origin('local'), inFrame(32)]),
              die(
                TAG.lexicalBlock,
                '',
                [...code(0x18, 0x30)],
                [
                  die(TAG.inlinedSubroutine, '', [
                    origin('inner'),
                    ...code(0x20, 0x28),
                    [AT.callLine, FORM.udata, 60],
                  ]),
                ],
              ),
            ],
          ),
          die(
            TAG.lexicalBlock,
            '',
            [...code(0x40, 0x60)],
            [
              die(TAG.variable, 'b', [inFrame(40)]),
              die(TAG.lexicalBlock, '', [...code(0x48, 0x50)], [die(TAG.variable, 'c', [inFrame(48)])]),
            ],
          ),
          die(TAG.lexicalBlock, '', [...code(0x60, 0x70)], [die(TAG.variable, 'd', [inFrame(56)])]),
          die(TAG.variable, 'e', [inFrame(60)]),
        ],
      ),
      die(
        TAG.subprogram,
        'pkg.loop',
        [...code(0x200, 0x210)],
        [
          labelled('one', die(TAG.variable, '', [origin('two')])),
          labelled('two', die(TAG.variable, '', [origin('one')])),
        ],
      ),
    ]),
  )
  const names = (pc: number) => dwarf.variablesAt(LOW + pc).map(({ name }) => name)

  it('are found by pc, their end not included', () => {
    const found = [-1, 0, 0x7f, 0x80, 0x100, 0x13f, 0x140].map((pc) => dwarf.functionAt(LOW + pc)?.name)
    expect(found).toEqual([
      undefined,
      'pkg.caller',
      'pkg.caller',
      undefined,
      'pkg.inlined',
      'pkg.inlined',
      undefined,
    ])
    expect(dwarf.functionAt(LOW)).toEqual({ name: 'pkg.caller', lowPc: LOW, highPc: LOW + 0x80 })
  })

  it('have the variables of the blocks around the pc, and none of inlined calls', () => {
    expect(names(0)).toEqual(['a', 'e'])
    expect(names(0x20)).toEqual(['a', 'z', 'e'])
    expect(names(0x40)).toEqual(['a', 'b', 'e'])
    expect(names(0x48)).toEqual(['a', 'b', 'c', 'e'])
    expect(names(0x50)).toEqual(['a', 'b', 'e'])
    expect(names(0x60)).toEqual(['a', 'd', 'e'])
  })

  it('take names, types and roles from their abstract instance', () => {
    expect(dwarf.variablesAt(LOW + 0x100)).toEqual([
      {
        name: 'x',
        role: 'argument',
        type: 0,
        pieces: [{ kind: 'frame', offset: 8, size: undefined }],
        isIndirect: false,
        isListed: false,
        since: [Number.NEGATIVE_INFINITY],
      },
      {
        name: 'r',
        role: 'result',
        type: 0,
        pieces: [{ kind: 'frame', offset: 16, size: undefined }],
        isIndirect: false,
        isListed: false,
        since: [Number.NEGATIVE_INFINITY],
      },
      {
        name: '&v',
        role: 'local',
        type: 0,
        pieces: [{ kind: 'frame', offset: 24, size: undefined }],
        isIndirect: true,
        isListed: false,
        since: [Number.NEGATIVE_INFINITY],
      },
    ])
  })

  it('have captured variables where their code starts', () => {
    expect(dwarf.capturedBy(LOW + 0x100)).toEqual([{ name: '&v', offset: 8, type: 0 }])
    expect(dwarf.capturedBy(LOW + 0x101)).toEqual([])
    expect(dwarf.capturedBy(LOW)).toEqual([])
  })

  it('have the calls inlined at a pc, innermost first', () => {
    const outer = { function: 'pkg.inlined', callFile: 3, callLine: 50 }
    expect(dwarf.inlinedAt(LOW)).toEqual([])
    expect(dwarf.inlinedAt(LOW + 0x10)).toEqual([outer])
    expect(dwarf.inlinedAt(LOW + 0x20)).toEqual([
      { function: 'pkg.inner', callFile: undefined, callLine: 60 },
      outer,
    ])
    expect(dwarf.inlinedAt(LOW + 0x28)).toEqual([outer])
    expect(dwarf.inlinedAt(LOW + 0x40)).toEqual([])
  })

  it('end where entries refer to each other in a circle', () => {
    expect(names(0x200)).toEqual(['', ''])
  })
})
