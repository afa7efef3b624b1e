import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unpackFixture } from '../../../scripts/unpack-fixture.ts'
import { because, buildProgram, crashProgram, missingGo } from '../../oracle/toolchain.ts'
import { hunt } from './hunt.ts'

/** Damaged copies of each core; GOHEAP_MUTATIONS=5000 for a long hunt, GOHEAP_SEED for another one. */
const RUNS = Number(process.env.GOHEAP_MUTATIONS ?? 40)
const SEED = Number(process.env.GOHEAP_SEED ?? 20_260_805)

async function expectNoDefects(run: { core: string; binary: string }, runs: number): Promise<void> {
  const { outcomes, noticed, slowestMs, defects } = await hunt(run, { seed: SEED, runs })
  const counts = [...outcomes].map(([result, count]) => `${count} ${result}`).join(', ')
  console.log(
    `seed ${SEED}, ${runs} mutations: ${counts}; ${noticed} of ok with problems; slowest ${slowestMs} ms of cpu`,
  )
  expect(defects).toEqual([])
  expect(outcomes.get('ok')).toBeGreaterThan(runs / 4)
  // The hunt is worth something only while damage is met.
  expect(noticed + runs - (outcomes.get('ok') ?? 0)).toBeGreaterThan(runs / 10)
}

describe.each(['1.23.12', '1.27.4'] as const)('a damaged core of Go %s', (version) => {
  const reason = missingGo(version)
  test.skipIf(reason)(
    `is indexed with problems, or refused with one error${because(reason)}`,
    { timeout: RUNS * 30_000 },
    () => expectNoDefects(crashProgram(buildProgram('tiny', version)), RUNS),
  )
})

test('a damaged core with a larger program is indexed with problems, or refused with one error', {
  timeout: RUNS * 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
  try {
    await expectNoDefects(unpackFixture('dumpself-1.21', folder), Math.ceil(RUNS / 4))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
