import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withBundledHeap } from '../../scripts/docs/bundled-heap.ts'
import { GOLDEN_ROWS } from '../../scripts/docs/golden-rows.ts'
import { makePages, PROJECT } from '../../scripts/docs/pages.ts'

test('the generated pages, and the rows of every bundled query, are those of this source: `npm run docs` writes them', async () => {
  const pages = await makePages()
  for (const [name, text] of pages) {
    const path = join(PROJECT, name)
    expect.soft(existsSync(path), `${name} is missing: npm run docs`).toBe(true)
    if (existsSync(path)) expect.soft(readFileSync(path, 'utf8'), `${name} is stale: npm run docs`).toBe(text)
  }
  const golden = readdirSync(join(PROJECT, GOLDEN_ROWS)).map((file) => `${GOLDEN_ROWS}/${file}`)
  expect(golden.filter((name) => !pages.has(name))).toEqual([])
})

test('the commands of the guide lead to both leaks', () => {
  const guide = readFileSync(join(PROJECT, 'docs/guide.md'), 'utf8')
  const outputs = [...guide.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n')
  // Errors. That a budget is not kept is what the last command is to show.
  expect(outputs.match(/^goheap: .*/gm)).toEqual([expect.stringContaining('budget')])
  // Planted in fixtures/programs/leaky: sessions that pin the body of a request, goroutines that nobody reads from.
  expect(outputs).toMatch(/ {2}main\.SessionStore +4\.2 MiB/)
  expect(outputs).toMatch(/\.Token +\[\]uint8 +len 16 cap \d{4}/)
  expect(outputs).toMatch(/131 goroutines.*chan send [\s\S]*main\.\(\*AuditLog\)\.write/)
})

test('what the README shows of the demo is what its commands print', async () => {
  const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8')
  const [, block] = readme.match(/```\n(\$ goheap [\s\S]*?)```/) ?? []
  const squeeze = (line: string) => line.trim().replace(/\s+/g, ' ')
  await withBundledHeap(({ run }) => {
    for (const part of (block ?? '').split(/^\$ /m).slice(1)) {
      const [command, ...lines] = part.trim().split('\n')
      const printed = run(command).split('\n').map(squeeze)
      const shown = lines.map(squeeze).filter((line) => line !== '...')
      expect(shown.length).toBeGreaterThan(3)
      for (const line of shown) expect(printed).toContain(line)
    }
  })
})
