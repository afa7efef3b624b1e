import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GoheapError } from '../../src/errors.ts'
import { openCore } from '../../src/extract/file/core.ts'
import { openProcess } from '../../src/extract/go/process.ts'
import type { ExtractedHeap } from '../../src/model/heap-graph.ts'
import { Problems } from '../../src/model/problem.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { runCli } from '../cli/run-cli.ts'
import { differingParts } from '../oracle/compare-heaps.ts'
import { extractRun } from '../oracle/extracted.ts'
import { renameRelease } from '../oracle/rename-release.ts'
import { STRIPS } from '../oracle/strip.ts'
import { because, buildProgram, type CrashedRun, crashProgram, missingGo } from '../oracle/toolchain.ts'

const reason = missingGo('1.27.4') ?? missingGo('1.21.13')

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface Kind {
  name: string
  isStripped: boolean
}
const KINDS: Kind[] = [
  { name: 'with DWARF', isStripped: false },
  { name: 'stripped', isStripped: true },
]

function crash(version: '1.21.13' | '1.27.4'): CrashedRun {
  return crashProgram(buildProgram('truth', version), 'truth', 'crash')
}

/** The run as a release of another name. */
function rename(run: { core: string; binary: string }, release: string, { isStripped }: Kind) {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-renamed-'))
  folders.push(folder)
  if (!isStripped) return renameRelease(run, release, folder)
  const binary = join(folder, 'stripped')
  STRIPS['no section table'](run.binary, binary)
  return renameRelease({ ...run, binary }, release, folder)
}

/** runtime.moduledata says in the core that its mask of bss has half the bits. */
function halveMaskOfBss(run: { core: string; binary: string }): void {
  const core = openCore(run.core, run.binary, new Problems())
  const [{ gcbssmask }] = openProcess(core, new Problems()).modules
  core.close()
  // runtime.bitvector { n int32; bytedata *uint8 }
  const mask = Buffer.alloc(16)
  mask.writeInt32LE(gcbssmask.bits, 0)
  mask.writeBigUInt64LE(BigInt(gcbssmask.address), 8)
  const bytes = readFileSync(run.core)
  const at = bytes.indexOf(mask)
  expect([at > 0, bytes.indexOf(mask, at + 1)]).toEqual([true, -1])
  bytes.writeInt32LE(gcbssmask.bits >>> 1, at)
  writeFileSync(run.core, bytes)
}

const failureOf = async (work: Promise<unknown>): Promise<GoheapError> => {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof GoheapError) return error
  throw error
}

describe.skipIf(reason)(`a Go release that goheap does not know${because(reason)}`, () => {
  let known: ExtractedHeap
  let newest: CrashedRun
  let oldest: CrashedRun

  beforeAll(async () => {
    newest = crash('1.27.4')
    oldest = crash('1.21.13')
    known = (await extractRun(newest)).heap
  })

  describe.each(KINDS)('$name', (kind) => {
    it.each(['go1.28.0', 'go1.28-devel_5e4c3b2a1f Mon Nov 23 10:00:00 2026 +0000', 'devel +5e4c3b2a1f'])(
      'that is as the newest known is read as that one, and says so: %s',
      async (release) => {
        const { heap } = await extractRun(rename(newest, release, kind))
        // A longer name takes the place of the list of modules.
        const parts = differingParts(known, heap).filter((part) => part !== 'modules' && part !== 'metadata')
        expect(parts).toEqual([])
        expect(heap.metadata.get('go_version')).toBe(release)
        expect(heap.metadata.get('go_read_as')).toBe('go1.27')
        const row = heap.problems.find(({ code }) => code === 'unknown-release')
        expect(row).toMatchObject({ severity: 'warning', message: expect.stringContaining('Go 1.27') })
      },
    )

    it('that is older than all known ones is refused', async () => {
      const error = await failureOf(extractRun(rename(newest, 'go1.20.9', kind)))
      expect([error.code, error.message]).toEqual([
        'old-go',
        'the program was built with go1.20.9; goheap reads Go 1.21 to 1.27',
      ])
    })
  })

  it('whose variables are not where the newest known one has them is refused', async () => {
    // Go 1.21 without DWARF, by the layouts of Go 1.27.
    const run = rename(oldest, 'go1.28.02', KINDS[1])
    const output = join(dirname(run.core), 'heap.db')
    for (const force of [[], ['--force']]) {
      expect(await runCli('index', run.core, run.binary, '-o', output, ...force)).toEqual({
        code: 9,
        stdout: '',
        stderr: expect.stringMatching(
          /^goheap: .* has no DWARF, and its runtime\..* is not found by the layout of go1\.27\.4; a newer goheap may read it\n$/,
        ),
      })
    }
  })

  it('of which an invariant does not hold is refused with the one that does not; --force goes on', async () => {
    const run = rename(oldest, 'go1.28.02', KINDS[0])
    halveMaskOfBss(run)
    const output = join(dirname(run.core), 'heap.db')
    const fact = 'the masks of data and bss have a bit for each word \\(not so: 1 of 2\\)'
    expect(await runCli('index', run.core, run.binary, '-o', output)).toEqual({
      code: 9,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^goheap: .*go1\\.28\\.02.*does not hold: ${fact}; .*\n$`)),
    })
    const forced = await runCli('index', run.core, run.binary, '-o', output, '--force')
    expect(forced.code).toBe(0)
    const database = HeapDb.open(output)
    const rows = database.problems().filter(({ code }) => code === 'invariants-broken')
    database.close()
    expect(rows).toMatchObject([
      { severity: 'error', message: expect.stringMatching(new RegExp(`${fact}$`)) },
    ])
  })

  it('is told in the closing summary', async () => {
    const run = rename(newest, 'go1.28.0', KINDS[0])
    const output = join(dirname(run.core), 'heap.db')
    const { code, stdout } = await runCli('index', run.core, run.binary, '-o', output)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^go +go1\.28\.0 linux\/\w+ \(newer than goheap knows: read as go1\.27\)$/m)
  })
})
