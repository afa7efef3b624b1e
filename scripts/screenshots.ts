/**
 * Takes the pictures of docs/viewer.md and of the walk in docs/guide.md again: node scripts/screenshots.ts
 *
 * Indexes the bundled cores, serves that of the leaking shop beside the other, and has Chromium (GOHEAP_CHROMIUM, default
 * /usr/bin/chromium) open each view. Pictures are WebP of moderate size, so that the repository stays small.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { analyse, extract, HeapDb, openCore, Problems, writeDatabase } from '../src/index.ts'
import { serve } from '../src/web/server/serve.ts'
import { unpackFixture } from './unpack-fixture.ts'

const FOLDER = fileURLToPath(new URL('../docs/viewer/', import.meta.url))

/** A view by its address behind `#/`, and how to show it. */
interface Shot {
  view: string
  height?: number
  isDark?: boolean
}

const folder = mkdtempSync(join(tmpdir(), 'goheap-screenshots-'))
try {
  const leaky = await index('leaky')
  const older = await index('dumpself-1.21')
  const viewer = await serve(leaky.path, { ...leaky.files, compare: older.path })
  const browser = await chromium.launch({
    executablePath: process.env.GOHEAP_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER)
  for (const [name, shot] of Object.entries(listShots(leaky.path))) {
    const bytes = await take(browser, viewer.url, shot)
    writeFileSync(join(FOLDER, `${name}.webp`), bytes)
    console.log(`${name}.webp ${(bytes.length / 1024).toFixed(0)} KiB`)
  }
  await browser.close()
  await viewer.close()
} finally {
  rmSync(folder, { recursive: true })
}

async function index(fixture: string) {
  const files = unpackFixture(fixture, join(folder, fixture))
  const path = join(folder, `${fixture}.db`)
  const problems = new Problems()
  const core = openCore(files.core, files.binary, problems)
  await writeDatabase(analyse(await extract(core, problems)), path)
  core.close()
  return { path, files: { core: files.core, binary: files.binary } }
}

function listShots(path: string): Record<string, Shot> {
  const db = HeapDb.open(path)
  const first = (sql: string) => String([...db.query(sql).rows][0][0])
  const session = first(
    `SELECT id FROM objects WHERE type_id = (SELECT id FROM types WHERE name = 'main.Session') ORDER BY retained_size DESC LIMIT 1`,
  )
  const type = first(`SELECT id FROM types WHERE name = 'main.Session'`)
  const goroutine = first('SELECT goroutine_id FROM goroutine_stacks ORDER BY id LIMIT 1')
  const shop = first(`SELECT id FROM dominator_paths WHERE name = 'main.Shop' LIMIT 1`)
  const open = first(
    `SELECT group_concat(id, '~') FROM (SELECT id FROM nodes WHERE kind = 'object' ORDER BY retained_size DESC LIMIT 8)`,
  )
  db.close()
  const sql = [
    '-- @chart bar kind bytes',
    'SELECT name AS kind, objects, reachable_bytes AS bytes',
    "FROM group_totals WHERE grouping = 'kind'",
    'ORDER BY bytes DESC',
  ].join('\n')
  return {
    overview: { view: 'overview', height: 1080 },
    'overview-dark': { view: 'overview', isDark: true },
    histogram: { view: 'histogram?filter=main.' },
    dominators: { view: `dominators?open=${open}` },
    'dominators-grouped': { view: 'dominators?by=goroutine' },
    flame: { view: 'picture', height: 620 },
    'flame-zoomed': { view: `picture?id=${shop}&find=time.`, height: 520 },
    treemap: { view: 'picture?kind=merged-treemap' },
    paths: { view: `objects?type=${type}&as=paths`, height: 640 },
    object: { view: `node?id=${session}`, height: 900 },
    goroutines: { view: 'goroutines?group=1', height: 720 },
    goroutine: { view: `node?id=${goroutine}`, height: 720 },
    memory: { view: 'memory', height: 1000 },
    waste: { view: 'waste', height: 720 },
    strings: { view: 'waste?query=duplicate-strings' },
    compare: { view: 'compare' },
    sql: { view: `sql?sql=${encodeURIComponent(sql)}` },
  }
}

async function take(
  browser: Browser,
  url: string,
  { view, height = 800, isDark = false }: Shot,
): Promise<Buffer> {
  const context = await browser.newContext({
    viewport: { width: 1280, height },
    colorScheme: isDark ? 'dark' : 'light',
  })
  // On a busy machine too.
  context.setDefaultTimeout(180_000)
  const page = await context.newPage()
  await page.goto(`${url}#/${view}`)
  await page.waitForSelector('h1')
  await page.waitForSelector('.waiting', { state: 'detached' })
  // Pictures are drawn once their width is known, results of SQL come by themselves.
  await page.waitForTimeout(800)
  const bytes = await toWebp(await context.newPage(), await page.screenshot())
  await context.close()
  return bytes
}

/** Chromium itself has the encoder; at this quality text stays clear. */
async function toWebp(page: Page, png: Buffer): Promise<Buffer> {
  const text = await page.evaluate<string>(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png.toString('base64')}'
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
    canvas.getContext('2d').drawImage(image, 0, 0)
    return canvas.toDataURL('image/webp', 0.72)
  })()`)
  return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64')
}
