import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePages, PROJECT } from '../../scripts/docs/pages.ts'

test('the generated pages are those of this source: `npm run docs` writes them', async () => {
  for (const [name, text] of await makePages()) {
    expect.soft(readFileSync(join(PROJECT, name), 'utf8'), `${name} is stale: npm run docs`).toBe(text)
  }
}, 120_000)
