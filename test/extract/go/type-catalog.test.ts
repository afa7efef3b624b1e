import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCore } from '../../../src/extract/file/core.ts'
import { forEachPointer, TypeMasks } from '../../../src/extract/go/gc-mask.ts'
import { openProcess } from '../../../src/extract/go/process.ts'
import { openTypeCatalog } from '../../../src/extract/go/type-catalog.ts'
import { Problems } from '../../../src/model/problem.ts'
import { NONE } from '../../../src/model/types.ts'
import { because, buildProgram, crashProgram, GO_VERSIONS, missingGo } from '../../oracle/toolchain.ts'

/** What fixtures/programs/types writes: reflect's own words on a type. */
interface Description {
  Address: number
  String: string
  Name: string
  Package: string
  Kind: string
  Size: number
  Elem: number
  Key: number
  Len: number
  Fields: { Name: string; Offset: number; Type: number; Embedded: boolean }[] | null
  Pointers: number[] | null
  TypeWords: number[] | null
  PointerBytes: number
}

/** `net/http.Header·2` as reflect writes it: `http.Header`. */
const withoutPaths = (name: string) => name.replace(/[\w~-][\w.~-]*\//g, '').replace(/·\d+/g, '')

describe.each(GO_VERSIONS)('the types of a Go %s program', (version) => {
  const missing = missingGo(version)

  test.skipIf(missing)(`are described as reflect describes them${because(missing)}`, () => {
    const run = crashProgram(buildProgram('types', version), 'types.json')
    const described = readFileSync(join(run.folder, 'types.json'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Description)
    const problems = new Problems()
    const core = openCore(run.core, run.binary, problems)
    const process = openProcess(core, problems)
    const catalog = openTypeCatalog(process)
    const masks = new TypeMasks(process.memory, process.facts)
    const { rows } = catalog.table
    const rowAt = (address: number) => rows[catalog.fromRuntime(address)]
    const [{ types, etypes }] = process.modules
    const isMadeByReflect = (address: number) => address < types || address >= etypes
    const wrong: string[] = []
    const hold = (type: Description, what: string, actual: unknown, expected: unknown) => {
      if (JSON.stringify(actual) !== JSON.stringify(expected))
        wrong.push(`${type.String}: ${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`)
    }
    for (const type of described) {
      const index = catalog.fromRuntime(type.Address)
      if (index === NONE) {
        wrong.push(`${type.String}: no row`)
        continue
      }
      const row = rows[index]
      hold(type, 'kind', row.kind, type.Kind)
      hold(type, 'size', row.size, type.Size)
      hold(type, 'pointerBytes', row.pointerBytes, type.PointerBytes)
      hold(type, 'element', row.element === NONE ? 0 : rows[row.element].runtimeAddress, type.Elem)
      hold(type, 'key', row.key === NONE ? 0 : rows[row.key].runtimeAddress, type.Key)
      hold(type, 'length', row.length ?? 0, type.Len)
      hold(type, 'package', row.package ?? '', type.Name === '' ? '' : type.Package)
      if (type.Name !== '') {
        const path = type.Package === '' ? '' : `${type.Package}.`
        hold(type, 'name', row.name.replace(/·\d+/g, ''), `${path}${type.Name}`.replace(/·\d+/g, ''))
      } else if (!/struct \{|interface \{/.test(row.name)) {
        hold(type, 'name', withoutPaths(row.name), withoutPaths(type.String))
      }
      const fields = row.fields.map((field) => ({
        Name: field.name,
        Offset: field.offset,
        Type: rows[field.type].runtimeAddress,
        Embedded: field.isEmbedded,
      }))
      hold(type, 'fields', fields, type.Fields ?? [])
      const mask = masks.maskOf(type.Address)
      const words: number[] = []
      const typeWords = new Set(isMadeByReflect(type.Address) ? type.TypeWords : [])
      if (mask) {
        forEachPointer(mask, type.PointerBytes / 8, (word) => {
          if (!typeWords.has(word)) words.push(word)
        })
      }
      if (mask === undefined) wrong.push(`${type.String}: no mask`)
      else if (type.Size < 1 << 20) hold(type, 'mask', words, type.Pointers ?? [])
    }
    core.close()
    expect(wrong.slice(0, 20)).toEqual([])
    expect(new Set(described.map((type) => rowAt(type.Address).name)).size).toBe(described.length)
    expect(described.length).toBeGreaterThan(500)
    expect(problems.rows).toEqual([])
  })
})
