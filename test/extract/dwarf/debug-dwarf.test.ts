import { beforeAll, describe, expect, it } from 'vitest'
import type { Dwarf } from '../../../src/extract/dwarf/dwarf.ts'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import { openBinary } from '../../../src/extract/file/binary.ts'
import {
  type BuildOptions,
  because,
  buildProgram,
  GO_VERSIONS,
  type GoVersion,
  missingC,
  missingGo,
} from '../../oracle/toolchain.ts'
import { type Dump, dumpWithGo, dumpWithGoheap, sorted } from './debug-dwarf.ts'

/** DW_TAG_* by what goheap calls them. */
const KINDS: Record<number, string> = {
  1: 'array',
  4: 'base',
  15: 'pointer',
  19: 'struct',
  21: 'subroutine',
  22: 'typedef',
  23: 'union',
  36: 'base',
  38: 'typedef',
  53: 'typedef',
  55: 'typedef',
  59: 'other',
}

interface Case {
  version: GoVersion
  program: string
  options: BuildOptions
}

const PIE = { flags: ['-buildmode=pie'] }

const CASES: Case[] = [
  ...GO_VERSIONS.flatMap((version): Case[] => [
    { version, program: 'dumpself', options: {} },
    // C code with DWARF 4 and 5 beside Go's.
    { version, program: 'cgomix', options: { cgo: true } },
  ]),
  { version: '1.21.13', program: 'dumpself', options: PIE },
  { version: '1.27.4', program: 'dumpself', options: PIE },
  // Compressed sections are called __zdebug and .zdebug there, of whatever version. Each costs a standard library: one
  // with DWARF 4, one with 5.
  { version: '1.21.13', program: 'values', options: { system: 'darwin', arch: 'arm64' } },
  { version: '1.27.4', program: 'values', options: { system: 'windows', arch: 'amd64' } },
]

describe.each(CASES)('Go $version, $program $options', ({ version, program, options }) => {
  const reason = missingGo(version) ?? missingGo('1.27.4') ?? (options.cgo ? missingC() : undefined)
  describe.skipIf(reason)(`held against Go's debug/dwarf${because(reason)}`, () => {
    let dwarf: Dwarf
    let theirs: Dump
    let ours: Dump
    beforeAll(() => {
      const binary = buildProgram(program, version, options)
      const file = openBinary(binary)
      dwarf = openDwarf(file)
      file.close()
      theirs = dumpWithGo(binary)
      ours = dumpWithGoheap(dwarf)
    })

    it('reads everything: there are no warnings', () => {
      expect(dwarf.warnings).toEqual([])
    })

    it('has the same types, attributes and members, in the same order', () => {
      const expected = (theirs.get('type') ?? []).map(([kind, tag, ...rest]) => [
        kind,
        KINDS[Number(tag)],
        ...rest,
      ])
      expect(expected.length).toBeGreaterThan(1500)
      expect(ours.get('type')?.length).toBe(expected.length)
      const differing = expected.flatMap((row, index) => {
        const own = ours.get('type')?.[index]
        return JSON.stringify(row) === JSON.stringify(own) ? [] : [{ theirs: row, ours: own }]
      })
      expect(differing.slice(0, 5)).toEqual([])
    })

    it('has the same globals', () => {
      expect(theirs.get('global')?.length).toBeGreaterThan(200)
      expect(sorted(ours.get('global'))).toEqual(sorted(theirs.get('global')))
    })

    it('has the same constants, but for those that a Number cannot hold', () => {
      // The first of several with one name counts.
      const expected = new Map<string, string>()
      for (const [, name, value] of theirs.get('constant') ?? []) {
        const isExact = Number.isSafeInteger(Number(value))
        if (isExact && !expected.has(String(name))) expected.set(String(name), String(value))
      }
      expect(expected.size).toBeGreaterThan(1500)
      expect(new Map([...dwarf.constants].map(([name, value]) => [name, String(value)]))).toEqual(expected)
    })

    it('has the same functions at the same addresses', () => {
      expect(theirs.get('function')?.length).toBeGreaterThan(1000)
      expect(sorted(ours.get('function'))).toEqual(sorted(theirs.get('function')))
    })

    it('has the same captured variables of closures', () => {
      const expected = sorted(theirs.get('captured'))
      // DW_AT_go_closure_offset came with Go 1.23.
      if (version >= '1.23') expect(expected.length).toBeGreaterThan(50)
      expect(sorted(ours.get('captured'))).toEqual(expected)
    })
  })
})
