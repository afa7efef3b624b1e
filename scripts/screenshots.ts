/**
 * Takes the pictures of docs/viewer.md again: node scripts/screenshots.ts
 *
 * Indexes the bundled core, serves it, and has Chromium (GOHEAP_CHROMIUM, default /usr/bin/chromium) open each view.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { analyse, extract, HeapDb, openCore, Problems, writeDatabase } from '../src/index.ts'
import { serve } from '../src/web/server/serve.ts'
import { unpackFixture } from './unpack-fixture.ts'

const FOLDER = fileURLToPath(new URL('../docs/viewer/', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'goheap-screenshots-'))
try {
  const files = unpackFixture('leaky', join(folder, 'leaky'))
  const path = join(folder, 'heap.db')
  const problems = new Problems()
  const core = openCore(files.core, files.binary, problems)
  await writeDatabase(analyse(await extract(core, problems)), path)
  core.close()
  const db = HeapDb.open(path)
  const [[session]] = db.query(
    `SELECT id FROM objects_named WHERE type = 'main.Session' AND reachable LIMIT 1`,
  ).rows
  db.close()
  await takeAll(path, files, {
    overview: 'overview',
    histogram: 'histogram?by=type&filter=main',
    dominators: 'dominators?by=type',
    icicle: 'picture?kind=merged',
    treemap: 'picture?kind=treemap',
    object: `node?id=${session}`,
    goroutines: 'goroutines?group=1',
    waste: 'waste',
    sql: 'sql?query=histogram-by&sql=SELECT+type,+reachable_bytes%0AFROM+histogram%0AORDER+BY+2+DESC%0ALIMIT+10',
  })
} finally {
  rmSync(folder, { recursive: true })
}

async function takeAll(
  path: string,
  files: { core: string; binary: string },
  views: Record<string, string>,
): Promise<void> {
  const viewer = await serve(path, { ...files, compare: path })
  const browser = await chromium.launch({
    executablePath: process.env.GOHEAP_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  for (const [name, hash] of Object.entries(views)) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(`${viewer.url}#/${hash}`)
    await page.waitForSelector('h1')
    await page.waitForSelector('.waiting', { state: 'detached' })
    // Pictures are drawn once their width is known.
    await page.waitForTimeout(300)
    await page.screenshot({ path: join(FOLDER, `${name}.png`) })
    await page.close()
    console.log(name)
  }
  await browser.close()
  await viewer.close()
}
