/**
 * How long the web viewer's answers take: node bench/viewer.ts heap.db [--compare old.db] [--write]
 *
 * Asks each route of the API three times, over HTTP as the page does, for the views that a reader opens first; then, when
 * Chromium is there, how long the page itself takes to show each view. --write puts the tables into
 * docs/viewer-latency.md. fixtures/programs/many makes a heap of ten million objects.
 */
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { HeapDb } from '../src/index.ts'
import { serve } from '../src/web/server/serve.ts'

const PAGE = fileURLToPath(new URL('../docs/viewer-latency.md', import.meta.url))
const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { compare: { type: 'string' }, write: { type: 'boolean' } },
})
const [path] = positionals
if (path === undefined) {
  console.error('usage: node bench/viewer.ts heap.db [--compare old.db] [--write]')
  process.exit(2)
}

const db = HeapDb.open(path)
const first = (sql: string) => [...db.query(sql).rows][0]?.[0] ?? 0
const objects = Number(first('SELECT COUNT(*) FROM objects'))
const heaviest = first('SELECT id FROM objects ORDER BY retained_size DESC LIMIT 1')
const typical = first(`SELECT id FROM objects WHERE id = ${Math.floor(objects / 2)}`)
const popular = first('SELECT target_id FROM edges GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1')
const [[type, typeName]] = db.query(
  'SELECT type_id, type FROM histogram WHERE type_id IS NOT NULL ORDER BY reachable_objects DESC LIMIT 1',
).rows
const goroutine = first('SELECT goroutine_id FROM goroutine_stacks ORDER BY id LIMIT 1')
const goVersion = db.metadata().get('go_version')
db.close()

const group = new URLSearchParams({ id: '0', by: 'type', kind: 'object', label: String(typeName) })
const ROUTES = [
  'overview',
  'histogram?by=type',
  'histogram?by=package',
  'histogram?by=kind',
  'histogram?by=size',
  `objects?type=${type}`,
  `root-paths?type=${type}`,
  'root-paths?package=main',
  'dominated?id=0',
  'dominated?id=0&by=type',
  'dominated?id=0&by=package',
  'dominated?id=0&by=goroutine',
  `dominated?${group}`,
  `dominated?id=${heaviest}`,
  `dominated?id=${heaviest}&by=type`,
  'slices?id=0',
  `slices?id=${heaviest}`,
  'merged?id=0',
  'goroutines',
  'goroutine-group?id=1',
  `node?id=${heaviest}`,
  `node?id=${typical}`,
  `node?id=${popular}`,
  `node?id=${goroutine}`,
  `values?id=${typical}`,
  'search?q=main.',
  'duplicate-strings',
  'memory',
  'query?name=waste',
  'query?name=waste-types&kind=rounding',
  'query?name=duplicate-arrays',
  'query?name=pinned-holders',
  'query?name=pinned-arrays',
  'query?name=padding',
  'query?name=fragmentation',
  'query?name=garbage',
  'queries',
  'schema',
  ...(flags.compare === undefined
    ? []
    : ['type', 'package', 'module', 'root', 'path', 'goroutine'].map((by) => `compare?by=${by}`)),
]

/** Views as the page shows them, in an order in which none is seen before. */
const VIEWS = [
  'histogram',
  'histogram?by=package',
  `objects?type=${type}`,
  `objects?type=${type}&as=paths`,
  'objects?package=main',
  'dominators',
  'dominators?by=type',
  `dominators?open=${heaviest}`,
  'picture',
  'picture?kind=icicle',
  'picture?kind=merged-treemap',
  'goroutines',
  `node?id=${heaviest}`,
  `node?id=${typical}`,
  `node?id=${goroutine}`,
  'memory',
  'waste',
  'waste?query=waste-types',
  'waste?query=duplicate-strings',
  'waste?query=duplicate-arrays',
  'waste?query=pinned-holders',
  'waste?query=pinned-arrays',
  'waste?query=padding',
  'waste?query=fragmentation',
  'waste?query=garbage',
  'sql',
  ...(flags.compare === undefined ? [] : ['compare', 'compare?by=path']),
]

/** Milliseconds from `start` until the page shows what its address says, with all answers. */
const untilShown = (start: string) => `new Promise((resolve) => {
  const start = ${start}
  const look = () => {
    const isShown = document.querySelector('main')?.dataset.address === window.location.hash &&
      document.querySelector('h1') && !document.querySelector('.waiting, .picture:not(:has(.box))')
    if (isShown) resolve(performance.now() - start)
    else requestAnimationFrame(look)
  }
  look()
})`

const load = loadavg()[0]
const viewer = await serve(path, flags.compare === undefined ? {} : { compare: flags.compare })
const routes = await timeRoutes(new URL(viewer.url))
const views = await timeViews(viewer.url)
await viewer.close()
if (flags.write) write()

async function timeRoutes(url: URL): Promise<string[]> {
  const headers = { 'x-goheap-token': url.searchParams.get('token') ?? '' }
  const lines: string[] = []
  for (const route of ROUTES) {
    const runs: Timed[] = []
    let bytes = 0
    for (let i = 0; i < 3; i++) {
      runs.push(
        await time(async () => {
          const response = await fetch(`${url.origin}/api/${route}`, { headers })
          bytes = (await response.arrayBuffer()).byteLength
          if (!response.ok) throw new Error(`${route}: ${response.status}`)
        }),
      )
    }
    const [first, ...again] = runs
    const best = Math.min(...again.map(({ elapsed }) => elapsed))
    lines.push(
      `| \`${route}\` | ${ms(first.elapsed)} | ${ms(first.cpu)} | ${ms(best)} | ${(bytes / 1024).toFixed(0)} KiB |`,
    )
    console.log(lines.at(-1))
  }
  return lines
}

/** From the change of the address until the view has all its answers and is drawn; the first page from its address on. */
async function timeViews(url: string): Promise<string[]> {
  const executablePath = process.env.GOHEAP_CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) return []
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const readPageCpu = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
  }
  const lines: string[] = []
  const add = async (view: string, show: () => Promise<number>) => {
    const before = await readPageCpu()
    let elapsed = 0
    const { cpu } = await time(async () => {
      elapsed = await show()
    })
    lines.push(`| \`${view}\` | ${ms(elapsed)} | ${ms(cpu)} | ${ms((await readPageCpu()) - before)} |`)
    console.log(lines.at(-1))
  }
  await add('first page', async () => {
    await page.goto(url)
    return page.evaluate<number>(untilShown('0'))
  })
  for (const view of VIEWS) {
    const go = `(window.location.hash = ${JSON.stringify(`#/${view}`)}, performance.now())`
    await add(view, () => page.evaluate<number>(untilShown(go)))
  }
  await browser.close()
  return lines
}

interface Timed {
  /** Milliseconds that it took, and that this process, the server among it, was at work. */
  elapsed: number
  cpu: number
}

async function time(run: () => Promise<void>): Promise<Timed> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  await run()
  const { user, system } = process.cpuUsage(before)
  return { elapsed: performance.now() - start, cpu: (user + system) / 1000 }
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(0)} ms`
}

function write(): void {
  writeFileSync(
    PAGE,
    [
      '# Latency of the web viewer',
      '',
      '<!-- Made by bench/viewer.ts; edits by hand are lost. -->',
      '',
      `On a heap of ${objects.toLocaleString('en-US')} objects (${goVersion}, a database of ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB). One run on`,
      `the machine at hand, ${cpus().length} cores with ${load.toFixed(0)} other tasks waiting for them at the start: so there is the time at work as well,`,
      'which is what a quiet machine takes. `node bench/viewer.ts heap.db --write` takes the figures again.',
      '',
      '## Views in Chromium',
      '',
      'From the click until all answers are there and drawn, nothing of it asked before; of this the server and the page at work.',
      '',
      '| view | shown after | server | page |',
      '|---|--:|--:|--:|',
      ...views,
      '',
      '## Answers of the API',
      '',
      'Over HTTP as the page asks: the first time, of this at work, and the better of two more.',
      '',
      '| route | first | at work | again | answer |',
      '|---|--:|--:|--:|--:|',
      ...routes,
      '',
    ].join('\n'),
  )
}
