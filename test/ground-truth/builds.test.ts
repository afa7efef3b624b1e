import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, test } from 'vitest'
import { findBuild } from '../oracle/builds.ts'
import { compareTypesOf, differingParts } from '../oracle/compare-heaps.ts'
import { extractRun } from '../oracle/extracted.ts'
import { IMAGES, imagePath } from '../oracle/images.ts'
import { compareFigures, type Judgement, judgeRun } from '../oracle/judge-run.ts'
import { missingStrip } from '../oracle/strip.ts'
import { because, crashProgram, type GoVersion, missingGo } from '../oracle/toolchain.ts'

/**
 * One of each kind of build, each version with one at least. All of them with all versions: npm run matrix, docs/builds.md.
 * PIE and stripped binaries: stripped.test.ts.
 */
const CELLS: readonly [build: string, version: GoVersion][] = [
  ['c-archive', '1.21.13'],
  ['cgo, static', '1.22.12'],
  ['-race', '1.23.12'],
  ['c-shared', '1.24.13'],
  ['noswissmap, stripped', '1.24.13'],
  ['plugin', '1.25.11'],
  ['cgo, DWARF 4 and 5', '1.26.8'],
  ['c-shared, stripped', '1.27.4'],
  ['-N -l', '1.27.4'],
  ['arm64, -s -w', '1.27.4'],
]

/** On the first run the programs are built. */
const SETUP_MS = 300_000

const crash = (build: string, version: GoVersion) =>
  crashProgram(findBuild(build).make(version), 'truth', 'crash')

const plain = new Map<GoVersion, Promise<Judgement>>()
function judgePlain(version: GoVersion): Promise<Judgement> {
  const known = plain.get(version) ?? judgeRun(crash('plain', version))
  plain.set(version, known)
  return known
}

describe.each(CELLS)('%s, Go %s', (name, version) => {
  const build = findBuild(name)
  const missing = build.missing?.()
  const reason =
    missingGo(version) ?? (missing === undefined ? undefined : missing.replace(/^(?!NOT RUN)/, 'NOT RUN: '))

  it.skipIf(reason)(
    `agrees with the program’s own record, and has the plain build’s figures${because(reason)}`,
    async () => {
      const found = await judgeRun(crash(name, version), build)
      expect(found.wrong).toEqual([])
      const problems = found.problems.filter((code) => !build.callsC || code !== 'goroutine-place-unknown')
      expect(problems).toEqual(build.isStripped ? ['stripped'] : [])
      expect(found.objects).toBeGreaterThan(2000)
      if (!build.isStripped) expect(found.untyped / found.objects).toBeLessThan(0.02)
      const figures = compareFigures(await judgePlain(version), found, build.differing?.labels)
      expect(figures).toEqual([])
      expect(found.figures.size).toBeGreaterThan(2000)
    },
    SETUP_MS,
  )
})

const VERSION = '1.25.11'
const reason = missingGo(VERSION) ?? missingStrip()

describe.skipIf(reason)(`the same core with another form of its binary${because(reason)}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-images-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(['DWARF packed by zstd', 'DWARF in a file of its own'])(
    '%s changes nothing',
    async (name) => {
      const run = crash('plain', VERSION)
      const binary = imagePath(folder, name)
      IMAGES[name].make(run.binary, binary)
      const [full, other] = [await extractRun(run), await extractRun({ core: run.core, binary })]
      expect(differingParts(full.heap, other.heap)).toEqual([])
      expect(other.heap.roots.name).toEqual(full.heap.roots.name)
      const types = compareTypesOf(full.heap, other.heap)
      expect(types).toEqual({ typed: types.typed, typedInOther: types.typed, differing: [] })
      expect(types.typed).toBeGreaterThan(10_000)
      expect(other.heap.problems).toEqual([])
      full.core.close()
      other.core.close()
    },
    SETUP_MS,
  )
})
