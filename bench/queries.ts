/**
 * How long bundled queries and commands take: node bench/queries.ts heap.db [--write]
 *
 * Runs each query three times, each time on a connection of its own, and each command three times, as a process. --write
 * puts the tables into docs/query-latency.md. fixtures/programs/many makes a heap of ten million objects.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HeapDb } from '../src/index.ts'
import { listQueries, type QueryFile, readQuery } from '../src/schema/query-file.ts'

const PAGE = fileURLToPath(new URL('../docs/query-latency.md', import.meta.url))
/** As it is installed: without the time that Node takes to strip types. */
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const RUNS = 5

const [path, ...flags] = process.argv.slice(2)
if (path === undefined) {
  console.error('usage: node bench/queries.ts heap.db [--write]')
  process.exit(2)
}
if (!existsSync(MAIN)) {
  console.error('the command is not built: npm run build')
  process.exit(2)
}

/** Objects that are hard in different ways. */
interface Samples {
  objects: number
  /** Retains most. */
  heaviest: number
  /** Has most pointers to it. */
  popular: number
  /** Has most pointers in it. */
  widest: number
  /** Is farthest from all roots. */
  farthest: number
  /** The type with most objects. */
  type: string
  /** A pointer of the type of which most objects have one. */
  field: string
  goid: number
  goVersion: string
}

const samples = chooseSamples(path)
const queries = listQueries().flatMap((name) => timeQuery(path, readQuery(name), samples))
const commands = listCommands(path, samples).map((args) => timeCommand(args))
if (flags.includes('--write')) writeFileSync(PAGE, renderPage())

function chooseSamples(path: string): Samples {
  const db = HeapDb.open(path)
  const first = (sql: string) => [...db.query(sql).rows][0]?.[0]
  const number = (sql: string) => Number(first(sql) ?? 1)
  try {
    return {
      objects: number('SELECT COUNT(*) FROM objects'),
      heaviest: number('SELECT id FROM objects ORDER BY retained_size DESC LIMIT 1'),
      popular: number('SELECT target_id FROM edges GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1'),
      widest: number('SELECT source_id FROM edges GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1'),
      farthest: number('SELECT id FROM objects ORDER BY distance DESC LIMIT 1'),
      type: String(
        first('SELECT type FROM histogram WHERE type_id IS NOT NULL ORDER BY objects DESC LIMIT 1'),
      ),
      field: String(
        first(`SELECT t.name || '.' || f.name FROM type_totals s JOIN types t ON t.id = s.type_id
          JOIN fields f ON f.type_id = t.id JOIN types p ON p.id = f.field_type_id AND p.kind = 'ptr'
          ORDER BY s.objects DESC, f.position LIMIT 1`),
      ),
      goid: number('SELECT goid FROM goroutines JOIN roots USING (id) ORDER BY retained_size DESC LIMIT 1'),
      goVersion: String(db.metadata().get('go_version')),
    }
  } finally {
    db.close()
  }
}

/** Lines of a table: the query with its argument, rows, the first time and the best of the others. */
function timeQuery(path: string, query: QueryFile, samples: Samples): string[] {
  return listArguments(path, query, samples).map(({ what, args }) => {
    let rows = 0
    const times = Array.from({ length: RUNS }, () => {
      const db = HeapDb.open(path)
      const start = performance.now()
      rows = [...db.runQuery(query, args).rows].length
      const time = performance.now() - start
      db.close()
      return time
    })
    return print([`\`${query.name}\`${what}`, rows.toLocaleString('en-US'), ...describeTimes(times)])
  })
}

function listArguments(path: string, { params }: QueryFile, samples: Samples) {
  const param = params.find(({ name }) => ['id', 'address', 'goid'].includes(name))?.name
  if (param === undefined) return [{ what: '', args: {} }]
  if (param === 'goid') return [{ what: '', args: { goid: samples.goid } }]
  const nodes = ['heaviest', 'popular', 'widest', 'farthest'] as const
  const db = HeapDb.open(path)
  const addressOf = (id: number) =>
    Number([...db.query('SELECT address FROM objects WHERE id = ?', [id]).rows][0][0])
  const cases = nodes.map((node) => ({
    what: `, ${node} object`,
    args: { [param]: param === 'id' ? samples[node] : addressOf(samples[node]) },
  }))
  db.close()
  return cases
}

function listCommands(
  path: string,
  { heaviest, popular, widest, farthest, type, field, goid }: Samples,
): string[][] {
  const id = (name: string, ...nodes: number[]) => nodes.map((node) => [name, path, `${node}`])
  return [
    ['--version'],
    ['info', path],
    ...['type', 'package', 'module', 'kind', 'class'].map((by) => ['histogram', path, '--by', by]),
    ['suspects', path],
    ['top', path],
    ['top', path, '--roots'],
    ['top', path, '--objects'],
    ...['package', 'module'].map((by) => ['top', path, '--by', by]),
    ['tree', path],
    ...id('tree', heaviest),
    ...['type', 'package', 'module'].map((by) => ['tree', path, `${widest}`, '--by', by]),
    ...id('object', heaviest, popular, widest, farthest),
    ...id('path', farthest),
    ['path', path, `${farthest}`, '-k', '3', '--exclude', 'weak'],
    ['path', path, `${farthest}`, '-k', '3', '--exclude', field],
    ['path', path, '--type', type],
    ['path', path, '--type', type, '--exclude', field],
    ...id('retained', heaviest, popular),
    ['retained', path, '--type', type],
    ['retained', path, '--sql', `SELECT id FROM objects WHERE id % 100 = 1`],
    ['refs', path, '--in', `${popular}`],
    ['refs', path, '--out', `${widest}`],
    ...id('size', widest),
    ['goroutines', path],
    ['goroutines', path, '--all'],
    ['goroutines', path, `${goid}`],
    ['memory', path],
    ['fragmentation', path],
    ['garbage', path],
    ['strings', path],
    ['diff', path, path],
    ['query', path, 'histogram'],
  ]
}

function timeCommand(args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-bench-'))
  try {
    const times = Array.from({ length: RUNS }, () => {
      const start = performance.now()
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
        cwd: folder,
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`goheap ${args.join(' ')}: ${stderr}`)
      return performance.now() - start
    })
    const words = args.map((word) => (word === path ? 'heap.db' : word.includes(' ') ? `'${word}'` : word))
    return print([`\`goheap ${words.join(' ')}\``, ...describeTimes(times)])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function describeTimes([first, ...others]: number[]): string[] {
  return [first, Math.min(...others)].map((time) => `${time.toFixed(0)} ms`)
}

function print(cells: string[]): string {
  const line = `| ${cells.join(' | ')} |`
  console.log(line)
  return line
}

function renderPage(): string {
  const size = (statSync(path).size / 2 ** 20).toFixed(0)
  return [
    '# Latency of queries and commands',
    '',
    '<!-- Made by bench/queries.ts; edits by hand are lost. -->',
    '',
    `On a heap of ${samples.objects.toLocaleString('en-US')} objects (${samples.goVersion}, a database of ${size} MiB): the first time, and the best of`,
    'four more. One run on the machine at hand; `node bench/queries.ts heap.db --write` takes the figures again. Queries run',
    'with their defaults and, where they ask for an object, on those that are hard in different ways: the heaviest retains',
    'most, to the most popular most pointers lead, the widest has most pointers, the farthest is farthest from all roots.',
    '',
    '| query | rows | first | again |',
    '|---|--:|--:|--:|',
    ...queries,
    '',
    'Commands, from start to exit of the process, as built by `npm run build`. `retained` of a set, `path -k`, `--exclude`',
    `and \`--type\` walk over the whole graph, and \`diff\` over all objects of both heaps; \`${samples.field}\` is a field of a`,
    'quarter of all objects.',
    '',
    '| command | first | again |',
    '|---|--:|--:|',
    ...commands,
    '',
  ].join('\n')
}
