import { describe, expect, test } from 'vitest'
import { openCore } from '../../../src/extract/file/core.ts'
import { openProcess } from '../../../src/extract/go/process.ts'
import { RTYPE } from '../../../src/extract/go/rtype.ts'
import { SIZE_CLASSES } from '../../../src/extract/go/size-classes.ts'
import { Problems } from '../../../src/model/problem.ts'
import { because, buildProgram, crashProgram, GO_VERSIONS, missingGo } from '../../oracle/toolchain.ts'

/** What workers know of descriptors without DWARF must be what DWARF says. */
describe.each(GO_VERSIONS)('in a Go %s program', (version) => {
  const missing = missingGo(version)
  const open = () => {
    const run = crashProgram(buildProgram('types', version), 'types.json')
    const problems = new Problems()
    const core = openCore(run.core, run.binary, problems)
    return openProcess(core, problems)
  }

  test.skipIf(missing)(`descriptors have the offsets that RTYPE gives${because(missing)}`, () => {
    const { layouts, core } = open()
    const offset = (struct: string, field: string) => layouts.struct(`internal/abi.${struct}`).offset(field)
    const mapType = layouts.hasStruct('internal/abi.SwissMapType') ? 'SwissMapType' : 'MapType'
    expect({
      size: offset('Type', 'Size_'),
      pointerBytes: offset('Type', 'PtrBytes'),
      hash: offset('Type', 'Hash'),
      flags: offset('Type', 'TFlag'),
      align: offset('Type', 'Align_'),
      kind: offset('Type', 'Kind_'),
      gcData: offset('Type', 'GCData'),
      name: offset('Type', 'Str'),
      bytes: layouts.struct('internal/abi.Type').size,
      first: offset('ArrayType', 'Elem'),
      mapElement: offset(mapType, 'Elem'),
      slice: offset('StructType', 'Fields'),
      arrayLength: offset('ArrayType', 'Len'),
    }).toEqual(RTYPE)
    const firsts = [
      ['PtrType', 'Elem'],
      ['SliceType', 'Elem'],
      ['ChanType', 'Elem'],
      [mapType, 'Key'],
      ['StructType', 'PkgPath'],
      ['InterfaceType', 'PkgPath'],
      ['FuncType', 'InCount'],
    ].map(([struct, field]) => offset(struct, field))
    expect(new Set(firsts)).toEqual(new Set([RTYPE.first]))
    expect(offset('InterfaceType', 'Methods')).toBe(RTYPE.slice)
    core.close()
  })

  test.skipIf(missing)(`slots have the sizes of SIZE_CLASSES${because(missing)}`, () => {
    const { layouts, memory, core } = open()
    const table =
      layouts.variable('runtime.class_to_size') ?? layouts.variable('internal/runtime/gc.SizeClassToSize')
    expect(table).toBeDefined()
    // Class 0 stands for large objects.
    const sizes = SIZE_CLASSES.map((_, i) => memory.readU16((table as number) + 2 * (i + 1)))
    expect(sizes).toEqual(SIZE_CLASSES)
    expect(sizes.at(-1)).toBe(32768)
    core.close()
  })
})
