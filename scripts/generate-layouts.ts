/**
 * Makes layouts/go1.<minor>.json, the tables that goheap reads stripped binaries with, from Go toolchains:
 *
 *   npm run layouts -- 1.27.4           one release; go fetches it when it is not there
 *   npm run layouts -- 1.27.4 --fast    without trying experiments of which the table there is says that they change nothing
 *
 * Builds fixtures/programs/layouts and empty, for amd64 and arm64, and reads their DWARF and code. What the tables have to
 * cover is found in src/extract and src/verify: every runtime structure, constant and variable that is named there.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GoArch } from '../src/extract/file/core.ts'
import {
  type LayoutPart,
  type LayoutTable,
  readLayoutTable,
  tablePath,
} from '../src/extract/go/layout-table.ts'
import { BUILDS, buildFor, runtimeExperiments, UNREADABLE } from './layouts/build.ts'
import { describeBuild, type Vocabulary } from './layouts/describe.ts'
import { differenceOf, TypePool } from './layouts/difference.ts'
import { namesInSources, wordsInSources } from './layouts/names.ts'

const versions = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const isFast = process.argv.includes('--fast')
if (versions.length === 0) {
  console.error('usage: npm run layouts -- VERSION... [--fast]   (as 1.27.4)')
  process.exit(2)
}
for (const version of versions) generate(version)

function generate(version: string): void {
  const minor = Number(version.split('.')[1])
  const folder = mkdtempSync(join(tmpdir(), 'goheap-layouts-'))
  const vocabulary: Vocabulary = {
    covers: namesInSources(),
    words: wordsInSources(),
    omits: new Set(),
    types: new TypePool(),
  }
  const describe = (arch: GoArch, experiment: string, programs: readonly string[] = BUILDS) => {
    console.error(`go${version} ${arch} ${experiment}`)
    const binaries = programs.map((program) => buildFor({ program, version, arch, experiment, folder }))
    return describeBuild(binaries, arch, vocabulary)
  }
  try {
    const { part: amd64, variables } = describe('amd64', '')
    const { part: arm64 } = describe('arm64', '')
    const experiments: Record<string, LayoutPart> = {}
    for (const experiment of isFast ? knownExperiments(minor) : ['race', ...runtimeExperiments(version)]) {
      for (const [arch, plain] of [
        ['amd64', amd64],
        ['arm64', arm64],
      ] as const) {
        // The race detector needs a C compiler for arm64.
        if (experiment === 'race' && arch === 'arm64') continue
        if (differenceOf(describe(arch, experiment, ['layouts']).part, plain) === undefined) break
        const difference = differenceOf(describe(arch, experiment).part, plain)
        if (difference !== undefined) experiments[`${arch} ${experiment}`] = difference
      }
    }
    const table: LayoutTable = {
      go: `go${version}`,
      covers: vocabulary.covers,
      omits: [...vocabulary.omits].sort(),
      variables,
      types: vocabulary.types.names,
      amd64,
      arm64: differenceOf(arm64, amd64) ?? { structs: {}, arrays: {}, constants: {}, references: {} },
      experiments,
      unreadable: UNREADABLE,
    }
    writeFileSync(tablePath(minor), format(table))
    console.error(`written: ${tablePath(minor)} (${readFileSync(tablePath(minor)).length} bytes)`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Those that the table has that is there. */
function knownExperiments(minor: number): string[] {
  const names = Object.keys(readLayoutTable(minor)?.experiments ?? {})
  const known = new Set(names.map((name) => name.slice(name.indexOf(' ') + 1)))
  return [...known].filter((name) => !UNREADABLE.includes(name))
}

/** JSON with a line for each structure and function, so that a difference can be read. */
function format(table: LayoutTable): string {
  const lines = (value: unknown, depth: number): string => {
    if (depth === 0 || value === null || typeof value !== 'object' || Array.isArray(value))
      return JSON.stringify(value)
    const rows = Object.entries(value).map(
      ([key, inner]) => `${JSON.stringify(key)}: ${lines(inner, depth - 1)}`,
    )
    return rows.length === 0 ? '{}' : `{\n${rows.join(',\n')}\n}`
  }
  return `${lines(table, 4)}\n`
}
