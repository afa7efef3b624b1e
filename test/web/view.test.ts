import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { unpackFixture } from '../../scripts/unpack-fixture.ts'
import { STAGES } from '../../src/progress.ts'
import { type Started, startCliWith } from '../cli/run-cli.ts'
import { Asker } from './started.ts'

vi.setConfig({ testTimeout: 120_000 })

/** A folder that the command takes for that of temporary files, and the bundled core. */
function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-web-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, ...unpackFixture('leaky', join(folder, 'leaky')) }
}

/** The first line of stdout: the address. */
function addressOf(child: Started['child']): Promise<Asker> {
  return new Promise((resolve) => {
    let text = ''
    child.stdout?.on('data', (part: string) => {
      text += part
      if (text.includes('\n')) resolve(new Asker(text.trim()))
    })
  })
}

test('goheap view shows the progress, then the heap, and leaves nothing behind', async () => {
  const { folder, core, binary } = prepare()
  const { child, finished } = startCliWith(folder, 'view', core, binary, '--no-open')
  const asker = await addressOf(child)
  const stages: string[] = []
  for (;;) {
    const now = await asker.ask('readiness')
    expect(now.stages).toEqual(STAGES)
    if (now.state === 'ready') break
    expect(now.state).toBe('indexing')
    if (stages.at(-1) !== now.stage) stages.push(now.stage)
    // Nothing is known yet, and nothing is made up.
    const early = await asker.send('/api/overview', { headers: { 'x-goheap-token': asker.token } })
    if (early.status !== 200)
      expect([early.status, early.text]).toEqual([503, expect.stringContaining('index')])
  }
  expect(stages.length).toBeGreaterThan(2)
  expect(stages.map((name) => STAGES.indexOf(name as never))).toEqual(
    stages.map((name) => STAGES.indexOf(name as never)).sort((a, b) => a - b),
  )
  const { metadata } = await asker.ask('overview')
  expect(metadata.go_version).toBe('go1.26.8')
  expect(readdirSync(folder).filter((name) => name.startsWith('goheap-view-'))).toHaveLength(1)
  child.kill('SIGTERM')
  expect(await finished).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(folder)).toEqual(['leaky'])
})

test('goheap view keeps the database where -o says', async () => {
  const { folder, core, binary } = prepare()
  const output = join(folder, 'kept.db')
  // The binary is found by its build id.
  const { child, finished } = startCliWith(
    folder,
    'view',
    core,
    '--binary-dir',
    dirname(binary),
    '-o',
    output,
    '--no-open',
  )
  const asker = await addressOf(child)
  await vi.waitUntil(async () => (await asker.ask('readiness')).state === 'ready', { timeout: 60_000 })
  child.kill('SIGINT')
  expect((await finished).code).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['kept.db', 'leaky'])
})

test('goheap view tells in the page and on stderr why there is no heap to see', async () => {
  const { folder, core } = prepare()
  const { child, finished } = startCliWith(folder, 'view', core, process.execPath, '--no-open')
  const asker = await addressOf(child)
  const failed = await vi.waitUntil(
    async () => {
      const now = await asker.ask('readiness')
      return now.state === 'failed' ? now : undefined
    },
    { timeout: 30_000, interval: 100 },
  )
  const { code, stderr } = await finished
  expect(stderr).toBe(`${failed.reason}\n`)
  expect(stderr).toMatch(/^goheap: .*; .*\n$/)
  expect(code).toBeGreaterThan(2)
  expect(readdirSync(folder)).toEqual(['leaky'])
})

test('Ctrl-C while the core is being indexed leaves nothing behind', async () => {
  const { folder, core, binary } = prepare()
  const { child, finished } = startCliWith(folder, 'view', core, binary, '--no-open')
  await addressOf(child)
  child.kill('SIGINT')
  expect((await finished).code).toBe(130)
  expect(existsSync(folder) && readdirSync(folder)).toEqual(['leaky'])
})
