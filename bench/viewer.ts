/**
 * How long the web viewer's answers take: node bench/viewer.ts heap.db [--write]
 *
 * Asks each route of the API three times, over HTTP as the page does, for the views that a reader opens first. --write
 * puts the table into docs/viewer-latency.md. fixtures/programs/many makes a heap of ten million objects.
 */
import { statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HeapDb } from '../src/index.ts'
import { serve } from '../src/web/server/serve.ts'

const PAGE = fileURLToPath(new URL('../docs/viewer-latency.md', import.meta.url))
const [path, ...flags] = process.argv.slice(2)
if (path === undefined) {
  console.error('usage: node bench/viewer.ts heap.db [--write]')
  process.exit(2)
}

const db = HeapDb.open(path)
const first = (sql: string) => Number([...db.query(sql).rows][0]?.[0] ?? 0)
const objects = first('SELECT COUNT(*) FROM objects')
const heaviest = first('SELECT id FROM objects ORDER BY retained_size DESC LIMIT 1')
const typical = first(`SELECT id FROM objects WHERE id = ${Math.floor(objects / 2)}`)
const popular = first('SELECT target_id FROM edges GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1')
const type = first(
  'SELECT type_id FROM histogram WHERE type_id IS NOT NULL ORDER BY reachable_objects DESC LIMIT 1',
)
const goVersion = db.metadata().get('go_version')
db.close()

const ROUTES = [
  'overview',
  'histogram?by=type',
  'histogram?by=package',
  'histogram?by=kind',
  'histogram?by=size',
  `objects?type=${type}`,
  'dominated?id=0',
  'dominated?id=0&by=type',
  'dominated?id=0&by=package',
  'dominated?id=0&by=goroutine',
  `dominated?id=${heaviest}`,
  'slices?id=0',
  `slices?id=${heaviest}`,
  'merged?id=0',
  'goroutines',
  `node?id=${heaviest}`,
  `node?id=${typical}`,
  `node?id=${popular}`,
  `values?id=${typical}`,
  'search?q=main.',
  'query?name=duplicate-strings',
  'queries',
  'schema',
]

const viewer = await serve(path)
const url = new URL(viewer.url)
const headers = { 'x-goheap-token': url.searchParams.get('token') ?? '' }
const lines: string[] = []
for (const route of ROUTES) {
  const times: number[] = []
  let bytes = 0
  for (let i = 0; i < 3; i++) {
    const start = performance.now()
    const response = await fetch(`${url.origin}/api/${route}`, { headers })
    bytes = (await response.arrayBuffer()).byteLength
    if (!response.ok) throw new Error(`${route}: ${response.status}`)
    times.push(performance.now() - start)
  }
  const [asked, ...again] = times
  lines.push(
    `| \`${route}\` | ${asked.toFixed(0)} ms | ${Math.min(...again).toFixed(0)} ms | ${(bytes / 1024).toFixed(0)} KiB |`,
  )
  console.log(lines.at(-1))
}
await viewer.close()

if (flags.includes('--write')) {
  writeFileSync(
    PAGE,
    [
      '# Latency of the web viewer',
      '',
      '<!-- Made by bench/viewer.ts; edits by hand are lost. -->',
      '',
      `Answers of each route of the API on a heap of ${objects.toLocaleString('en-US')} objects (${goVersion}, a database of`,
      `${(statSync(path).size / 2 ** 20).toFixed(0)} MiB), over HTTP as the page asks: the first time, and the better of two more. One run on`,
      'the machine at hand; `node bench/viewer.ts heap.db --write` takes the figures again.',
      '',
      '| route | first | again | answer |',
      '|---|--:|--:|--:|',
      ...lines,
      '',
    ].join('\n'),
  )
}
