import { describe, expect, it } from 'vitest'
import { namesInSources } from '../../../scripts/layouts/names.ts'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import { openElf } from '../../../src/extract/file/elf.ts'
import { dwarfLayouts } from '../../../src/extract/go/dwarf-layouts.ts'
import { NEWEST_MINOR, OLDEST_MINOR } from '../../../src/extract/go/facts.ts'
import { readLayoutTable, tableLayouts } from '../../../src/extract/go/layout-table.ts'
import { because, buildProgram, chooseVersions, missingGo } from '../../oracle/toolchain.ts'

const VERSIONS = chooseVersions('1.21.13', '1.27.4')

describe('shipped layout tables', () => {
  const minors = Array.from({ length: NEWEST_MINOR - OLDEST_MINOR + 1 }, (_, i) => OLDEST_MINOR + i)

  it.each(minors)('the table of Go 1.%i covers all that the readers ask for', (minor) => {
    const table = readLayoutTable(minor)
    expect(table?.go).toMatch(new RegExp(`^go1\\.${minor}(\\.|$)`))
    const missing = namesInSources().filter((name) => !table?.covers.includes(name))
    // New names in src/extract: npm run layouts -- VERSION --fast, for each version.
    expect(missing).toEqual([])
  })

  it('a name that no table was made for is a defect, and not an absent structure', () => {
    const table = readLayoutTable(NEWEST_MINOR)
    if (table === undefined) throw new Error('no table')
    const layouts = tableLayouts({ table, arch: 'amd64', experiments: [], variables: new Map() })
    expect(() => layouts.hasStruct('runtime.notAsked')).toThrow('does not cover runtime.notAsked')
    expect(layouts.hasStruct('runtime.finblock')).toBe(false)
    expect(layouts.variable('runtime.mheap_')).toBeUndefined()
  })
})

describe.each(VERSIONS)('the table of Go %s', (version) => {
  const reason = missingGo(version)

  it.skipIf(reason)(`says what the DWARF of another program says${because(reason)}`, () => {
    const elf = openElf(buildProgram('truth', version))
    const dwarf = openDwarf(elf)
    elf.close()
    const told = dwarfLayouts(dwarf, 0)
    const table = readLayoutTable(Number(version.split('.')[1]))
    if (table === undefined) throw new Error('no table')
    const layouts = tableLayouts({ table, arch: 'amd64', experiments: [], variables: new Map() })
    let fields = 0
    for (const [name, text] of Object.entries(table.amd64.structs)) {
      if (text === null || !told.hasStruct(name)) continue
      expect([name, layouts.struct(name).size]).toEqual([name, told.struct(name).size])
      for (const row of text.split(' ').slice(1)) {
        const path = row.slice(0, row.indexOf(','))
        expect([name, path, layouts.struct(name).field(path)]).toEqual([
          name,
          path,
          told.struct(name).field(path),
        ])
        fields++
      }
    }
    expect(fields).toBeGreaterThan(250)
    for (const [name, value] of Object.entries(table.amd64.constants)) {
      expect([name, told.constant(name)]).toEqual([name, value])
    }
  })
})
