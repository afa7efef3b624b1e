import { beforeAll, describe, expect, it } from 'vitest'
import { GoheapError } from '../../../src/errors.ts'
import type { Dwarf } from '../../../src/extract/dwarf/dwarf.ts'
import { AT, FORM, LANGUAGE_GO, TAG } from '../../../src/extract/dwarf/encoding.ts'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import { type Elf, openElf } from '../../../src/extract/file/elf.ts'
import { dwarfLayouts } from '../../../src/extract/go/dwarf-layouts.ts'
import type { Layouts } from '../../../src/extract/go/layouts.ts'
import {
  because,
  buildProgram,
  GO_VERSIONS,
  type GoVersion,
  missingC,
  missingGo,
} from '../../oracle/toolchain.ts'
import { assemble, type Die } from '../dwarf/assemble.ts'

const base = (name: string, size: number): Die => ({
  tag: TAG.baseType,
  label: name,
  attributes: [
    [AT.name, FORM.string, name],
    [AT.byteSize, FORM.udata, size],
  ],
})
/** Members as [name, offset, type], embedded ones with a `+` before the name. */
const struct = (
  name: string,
  size: number,
  members: readonly (readonly [string, number, string])[],
): Die => ({
  tag: TAG.structureType,
  label: name,
  attributes: [
    [AT.name, FORM.string, name],
    [AT.byteSize, FORM.udata, size],
  ],
  children: members.map(([name, offset, type]) => ({
    tag: TAG.member,
    attributes: [
      [AT.name, FORM.string, name.replace('+', '')],
      [AT.dataMemberLocation, FORM.udata, offset],
      [AT.type, FORM.ref4, { to: type }],
      [AT.goEmbeddedField, FORM.flag, name.startsWith('+') ? 1 : 0],
    ],
  })),
})
const referring = (tag: number, name: string, to: string): Die => ({
  tag,
  label: name,
  attributes: [
    [AT.name, FORM.string, name],
    [AT.type, FORM.ref4, { to }],
  ],
})

describe('layouts from drawn types', () => {
  const children = [
    base('uint8', 1),
    base('uint32', 4),
    base('uint64', 8),
    struct('internal/runtime/atomic.noCopy', 0, []),
    struct('internal/runtime/atomic.Uint8', 1, [
      ['noCopy', 0, 'internal/runtime/atomic.noCopy'],
      ['value', 0, 'uint8'],
    ]),
    struct('internal/runtime/atomic.Bool', 1, [['u', 0, 'internal/runtime/atomic.Uint8']]),
    struct('runtime/internal/atomic.Uint64', 16, [
      ['noCopy', 0, 'internal/runtime/atomic.noCopy'],
      ['value', 8, 'uint64'],
    ]),
    struct('pkg.deep', 16, [
      ['low', 0, 'uint64'],
      ['name', 8, 'uint64'],
    ]),
    struct('pkg.shallow', 24, [
      ['name', 0, 'uint32'],
      ['+deep', 8, 'pkg.deep'],
    ]),
    referring(TAG.pointerType, '*pkg.deep', 'pkg.deep'),
    referring(TAG.typedef, 'pkg.alias', 'pkg.shallow'),
    referring(TAG.typedef, 'pkg.left', 'pkg.right'),
    referring(TAG.typedef, 'pkg.right', 'pkg.left'),
    struct('pkg.T', 100, [
      ['flag', 1, 'internal/runtime/atomic.Bool'],
      ['wide', 16, 'runtime/internal/atomic.Uint64'],
      ['inner', 32, 'pkg.alias'],
      ['+shallow', 56, 'pkg.shallow'],
      ['next', 80, '*pkg.deep'],
      ['lost', 88, 'pkg.left'],
    ]),
    struct('pkg.self', 8, [['+self', 0, 'pkg.self']]),
  ]
  const attributes = [[AT.language, FORM.data1, LANGUAGE_GO]] as const
  const dwarf = openDwarf(assemble([{ version: 4, root: { tag: TAG.compileUnit, attributes, children } }]))
  const layouts = dwarfLayouts(dwarf, 0)
  const t = layouts.struct('pkg.T')

  it('have paths into nested structs, through typedefs', () => {
    expect(t.size).toBe(100)
    expect(t.field('inner.deep.name')).toEqual({ offset: 48, size: 8, type: 'uint64' })
    expect(t.field('inner')).toEqual({ offset: 32, size: 24, type: 'pkg.alias' })
    expect(layouts.struct('pkg.alias').offset('low')).toBe(8)
  })

  it('have promoted fields of embedded structs, the shallowest of a name', () => {
    expect(t.offset('low')).toBe(64)
    expect(t.field('name')).toEqual({ offset: 56, size: 4, type: 'uint32' })
    expect(t.offset('deep.name')).toBe(72)
  })

  it('have atomics as the value that they wrap, and by its name as well', () => {
    expect(t.field('flag')).toEqual({ offset: 1, size: 1, type: 'uint8' })
    expect(t.field('wide')).toEqual({ offset: 24, size: 8, type: 'uint64' })
    expect(t.field('wide.value')).toEqual({ offset: 24, size: 8, type: 'uint64' })
  })

  it('have pointers as one word, which paths do not follow', () => {
    expect(t.field('next')).toEqual({ offset: 80, size: 8, type: '*pkg.deep' })
    expect(t.has('next.low')).toBe(false)
  })

  it('have nothing where types go in circles', () => {
    expect([t.has('lost'), layouts.hasStruct('pkg.left')]).toEqual([false, false])
    expect([layouts.struct('pkg.self').has('self.self'), layouts.struct('pkg.self').has('x')]).toEqual([
      true,
      false,
    ])
  })

  it('name the struct and the field that are missing', () => {
    expect(() => t.offset('gone')).toThrow(
      new GoheapError('unsupported', "the binary's pkg.T has no field gone"),
    )
    expect(() => layouts.struct('pkg.gone')).toThrow("the binary's DWARF has no struct pkg.gone")
    expect([layouts.hasStruct('uint8'), layouts.hasStruct('pkg.gone'), t.has('')]).toEqual([
      false,
      false,
      false,
    ])
  })
})

/** go1.N of a version. */
const minor = (version: GoVersion): number => Number(version.split('.')[1])

describe.each(GO_VERSIONS)('Go %s', (version) => {
  const reason = missingGo(version) ?? missingC()
  describe.skipIf(reason)(`layouts of the runtime${because(reason)}`, () => {
    let elf: Elf
    let dwarf: Dwarf
    let layouts: Layouts
    beforeAll(() => {
      elf = openElf(buildProgram('cgomix', version, { cgo: true }))
      dwarf = openDwarf(elf)
      layouts = dwarfLayouts(dwarf, 0x1000)
    })

    it('are what runtime/runtime2.go and runtime/mheap.go of that version make them', () => {
      const g = layouts.struct('runtime.g')
      const gobuf = minor(version) >= 25 ? 48 : 56
      expect(layouts.struct('runtime.gobuf').size).toBe(gobuf)
      expect([g.offset('stack.lo'), g.offset('stack.hi'), g.offset('m'), g.offset('sched.sp')]).toEqual([
        0, 8, 48, 56,
      ])
      // An atomic.Uint32 all along; syncGroup came before it in Go 1.23 ... and gobuf lost ret in Go 1.25.
      const status = minor(version) === 23 || minor(version) === 24 ? 152 : 144
      expect(g.field('atomicstatus')).toEqual({ offset: status, size: 4, type: 'uint32' })
      const nelems = layouts.struct('runtime.mspan').field('nelems')
      expect([nelems.size, nelems.type]).toEqual(minor(version) >= 22 ? [2, 'uint16'] : [8, 'uintptr'])
      expect(layouts.struct('runtime.mspan').field('state.s')).toMatchObject({ size: 1, type: 'uint8' })
      const type = layouts.struct('internal/abi.Type')
      expect(layouts.struct('internal/abi.StructType').offset('Hash')).toBe(type.offset('Hash'))
    })

    it('have the constants', () => {
      expect(layouts.constant('runtime._PageSize')).toBe(8192)
      expect(layouts.constant('runtime._Grunning')).toBe(2)
      expect(
        layouts.constant('runtime._NumSizeClasses') ?? layouts.constant('internal/runtime/gc.NumSizeClasses'),
      ).toBe(68)
      expect(layouts.constant('runtime.none')).toBeUndefined()
    })

    it('have variables at the addresses of the symbol table, moved by the bias', () => {
      const symbols = new Map(elf.symbols().map(({ name, address }) => [name, address]))
      let compared = 0
      for (const { name } of dwarf.globals) {
        const address = symbols.get(name)
        if (!name.startsWith('runtime.') || address === undefined) continue
        expect([name, layouts.variable(name)]).toEqual([name, address + 0x1000])
        compared++
      }
      expect(compared).toBeGreaterThan(200)
      expect(layouts.variable('runtime.none')).toBeUndefined()
    })

    it('have sizes that are those of the runtime’s own type descriptors', () => {
      const symbols = new Map(elf.symbols().map(({ name, address }) => [name, address]))
      const types = symbols.get('runtime.types') ?? 0
      const segment = elf.segments.find(
        ({ virtualAddress, fileSize }) => types >= virtualAddress && types < virtualAddress + fileSize,
      )
      if (segment === undefined) throw new Error('runtime.types is in no segment')
      let compared = 0
      for (const { name, size, runtimeTypeOffset } of dwarf.types) {
        if (runtimeTypeOffset === undefined || size === undefined) continue
        // Up to Go 1.22 uintptr alone has an address.
        const address =
          name === 'uintptr' && minor(version) <= 22 ? runtimeTypeOffset : types + runtimeTypeOffset
        const bytes = elf.read(segment.offset + address - segment.virtualAddress, 8)
        const described = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
        expect([name, Number(described)]).toEqual([name, size])
        compared++
      }
      expect(compared).toBeGreaterThan(250)
    })
  })
})
