import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from '../schema/build-heap.ts'
import { makeFolder, smallHeap } from '../schema/small-heap.ts'
import { runCli } from './run-cli.ts'

/** Each test starts the command several times. */
async function makeDatabase(heap = smallHeap()): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(heap, path)
  return path
}

const done = (stdout: string | RegExp) => ({
  code: 0,
  stdout: typeof stdout === 'string' ? stdout : expect.stringMatching(stdout),
  stderr: '',
})
const failed = (code: number, stderr: RegExp) => ({ code, stdout: '', stderr: expect.stringMatching(stderr) })

test('every command has help with an example, and the program lists them all', async () => {
  const help = await runCli('--help')
  expect(help).toEqual(done(/Exit codes:/))
  const commands = [...help.stdout.matchAll(/^ {2}(\w+) \[options\]/gm)].map((match) => match[1])
  expect(commands).toEqual([
    ...['index', 'info', 'histogram', 'suspects', 'top', 'tree', 'object', 'path', 'retained', 'refs'],
    ...[
      'size',
      'goroutines',
      'memory',
      'gc',
      'fragmentation',
      'garbage',
      'strings',
      'waste',
      'diff',
      'check',
      'query',
      'datasette',
    ],
    ...['serve', 'view', 'verify'],
  ])
  for (const command of commands) {
    expect(await runCli(command, '--help')).toEqual(
      done(new RegExp(`Examples?:\n {2}\\$ goheap ${command} `)),
    )
  }
})

test('--version prints the version of package.json', async () => {
  expect(await runCli('--version')).toEqual(done(/^\d+\.\d+\.\d+\n$/))
})

test('histogram prints types with human sizes, heaviest first', async () => {
  expect(await runCli('histogram', await makeDatabase(), '--limit', '3')).toEqual(
    done(
      [
        'type                   objects    bytes  reachable objects  reachable bytes   share  cumulative  dominated size  max retained size',
        'uint8                        2  8.0 KiB                  2          8.0 KiB  96.2 %      96.2 %         8.0 KiB            8.0 KiB',
        'example.com/app.Node         2    160 B                  2            160 B   1.9 %      98.1 %           176 B              128 B',
        'example.com/app.Table        1     96 B                  1             96 B   1.1 %      99.2 %         8.1 KiB            8.1 KiB',
        '',
      ].join('\n'),
    ),
  )
})

test('histogram sorts by the column asked for', async () => {
  const path = await makeDatabase()
  const { stdout } = await runCli('histogram', path, '--sort', 'max_retained_size', '--csv')
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'type,objects,bytes,reachable_objects,reachable_bytes,share,cumulative,dominated_size,max_retained_size',
    `example.com/app.Table,1,96,1,96,${(100 * 96) / 8528},${(100 * 96) / 8528},8288,8288`,
  ])
  expect(await runCli('histogram', path, '--sort', 'colour')).toEqual(
    failed(2, /^goheap: .*Allowed choices are.*\n$/),
  )
})

const TABLE = 'global example.com/app.table'
const TOP = [
  ['global', 'example.com/app.table', null, 8288],
  ['object', '[4]example.com/app.Node', TABLE, 128],
  ['goroutine', 'goroutine 1', null, 64],
  ['object', 'example.com/app.Node', TABLE, 48],
  ['goroutine', 'goroutine 7', null, 0],
]
const TREE = [
  [0, TABLE, 8288],
  [1, 'example.com/app.Table', 8288],
  [2, '[8192]uint8', 8192],
]

test('top prints what nothing else alone keeps alive: roots, and objects that several roots share', async () => {
  const { stdout, code } = await runCli('top', await makeDatabase(), '--json')
  expect(code).toBe(0)
  const rows: Record<string, unknown>[] = JSON.parse(stdout)
  expect(rows.map((row) => [row.kind, row.name, row.nearest_root, row.retained_size])).toEqual(TOP)
  expect(await runCli('top', 'x.db', '--roots', '--objects')).toEqual(failed(2, /exclude each other/))
})

test('tree prints what a node holds, level by level', async () => {
  const path = await makeDatabase()
  const { stdout, code } = await runCli('tree', path, '9', '--json', '--min-share', '0')
  expect(code).toBe(0)
  const rows: Record<string, unknown>[] = JSON.parse(stdout)
  expect(rows.map((row) => [row.level, row.name, row.retained_size])).toEqual(TREE)
  const biggest = await runCli('tree', path, '--json', '--min-share', '0')
  expect(biggest.stdout).toBe(stdout)
  expect(await runCli('tree', path, '4711')).toEqual(failed(2, /^goheap: no .* has the id 4711.*\n$/))
  const root = await runCli(
    'query',
    path,
    `SELECT id FROM roots WHERE name = 'example.com/app.table'`,
    '--json',
  )
  const [{ id }] = JSON.parse(root.stdout)
  expect(await runCli('tree', path, 'example.com/app.table')).toEqual(await runCli('tree', path, `${id}`))
  expect(await runCli('tree', path, '--min-share', '101')).toEqual(failed(2, /from 0 to 100/))
  const below = await runCli('tree', path, '9', '--by', 'module', '--json')
  const bytes = rows.filter((row) => row.level === 1).map((row) => Number(row.retained_size))
  const retained: number[] = JSON.parse(below.stdout).map(
    (row: { retained_size: number }) => row.retained_size,
  )
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
  expect(sum(retained)).toBe(sum(bytes))
  expect(await runCli('tree', path, '--by', 'module')).toEqual(failed(2, /needs an id/))
})

test('memory prints where the memory is, parts below their wholes', async () => {
  const path = await makeDatabase()
  const { stdout, code } = await runCli('memory', path, '--json', '--all')
  expect(code).toBe(0)
  const rows: Record<string, unknown>[] = JSON.parse(stdout)
  expect(rows.slice(0, 5).map((row) => [row.memory, row.bytes, row.share, row.parent_share])).toEqual([
    ['memory', 8592, null, null],
    ['  objects', 8592, null, 100],
    ['    reachable', 8528, null, (100 * 8528) / 8592],
    ['      values', 8459, null, (100 * 8459) / 8528],
    ['        in use', 203, null, (100 * 203) / 8459],
  ])
  const short = await runCli('memory', path, '--depth', '1', '--csv')
  expect(short.stdout.split('\n').map((line) => line.split(',')[0])).toEqual([
    'memory',
    'memory',
    '  objects',
    '',
  ])
})

test('top --roots prints the roots that hold most, exact as JSON', async () => {
  const { stdout, code } = await runCli('top', await makeDatabase(), '--roots', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual([
    {
      id: 9,
      kind: 'global',
      name: 'example.com/app.table',
      type: '*example.com/app.Node',
      retained_size: 8288,
      share: (100 * 8288) / 8528,
      retained_count: 2,
    },
    {
      id: 10,
      kind: 'goroutine',
      name: 'goroutine 1',
      type: null,
      retained_size: 64,
      share: (100 * 64) / 8528,
      retained_count: 1,
    },
    {
      id: 13,
      kind: 'goroutine',
      name: 'goroutine 7',
      type: null,
      retained_size: 0,
      share: 0,
      retained_count: 0,
    },
  ])
})

test('query runs SQL, and bundled queries by name with parameters', async () => {
  const path = await makeDatabase()
  expect(await runCli('query', path, 'SELECT id, size FROM objects WHERE id < 3')).toEqual(
    done('id  size\n 1    96\n 2    32\n'),
  )
  expect(await runCli('query', path, 'object-at', '-p', 'address=0xc000002008', '--csv')).toEqual(
    done(/\n2,824633729024,example.com\/app.Node,1,32,1,48,2,.name,string\n$/),
  )
  expect(await runCli('query', path, 'SELECT 1 WHERE 0', '--json')).toEqual(done('[]\n'))
  expect(await runCli('query', path, 'SELECT 1 AS a WHERE 0')).toEqual(done('a\n'))
})

test('JSON and CSV keep every digit, blobs, infinities and quotes', async () => {
  const path = await makeDatabase()
  const sql = `SELECT 9007199254740993 AS n, 'a "b",\nc' AS t, x'00ff' AS b, 9e999 AS i, NULL AS u, '' AS e`
  expect(await runCli('query', path, sql, '--json')).toEqual(
    done(
      '[\n{"n": 9007199254740993, "t": "a \\"b\\",\\nc", "b": "AP8=", "i": 1e999, "u": null, "e": ""}\n]\n',
    ),
  )
  expect(await runCli('query', path, sql, '--csv')).toEqual(
    done('n,t,b,i,u,e\n9007199254740993,"a ""b"",\nc",AP8=,Infinity,,""\n'),
  )
})

test('what a terminal would act on is made visible', async () => {
  const path = await makeDatabase()
  const { stdout } = await runCli('query', path, `SELECT char(27) || '[31mred' || char(10) || 'x' AS t`)
  expect(stdout).toBe('t\n\\x1b[31mred\\x0ax\n')
})

test('info says what the database holds, and lists the problems', async () => {
  const path = await makeDatabase()
  const { stdout, code } = await runCli('info', path)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^program {5}example.com\/app\ngo {10}go1.26.8 linux\/amd64\n/)
  expect(stdout).toMatch(/\nobjects {5}8 {2}8\.4 KiB\nreachable {3}6 {2}8\.3 KiB\n/)
  expect(stdout).toMatch(/\ntyped {7}99\.2 % of reachable bytes\nproblems {4}1 warning\n/)
  expect(stdout).toMatch(/\n {2}warning spans: a span counts other slots than it has \(2 times\)\n$/)
  const json = JSON.parse((await runCli('info', path, '--json')).stdout)
  expect(json).toMatchObject({
    objects: 8,
    reachableBytes: 8528,
    roots: 5,
    goroutines: 2,
    problemCounts: { warning: 1 },
  })
})

test('a database without anything in it can be read', async () => {
  const path = await makeDatabase(analyseSketch({}))
  for (const command of ['info', 'histogram', 'top']) expect((await runCli(command, path)).code).toBe(0)
})

test('what fails is one line that says what to do, with an exit code of its own', async () => {
  const path = await makeDatabase()
  const text = join(path, '../text')
  writeFileSync(text, 'hello')
  expect(await runCli('info', join(path, '../none'))).toEqual(
    failed(3, /^goheap: .*no such file; check the path.*\n$/),
  )
  expect(await runCli('info', text)).toEqual(
    failed(12, /^goheap: .*not a SQLite database; write one with .*\n$/),
  )
  expect(await runCli('query', path, 'SELECT nope')).toEqual(
    failed(13, /^goheap: no such column: nope \(there is note\); see the tables .*\n$/),
  )
  expect(await runCli('query', path, 'SELECT nmae FROM types')).toEqual(
    failed(13, /no such column: nmae \(there is name/),
  )
  expect(await runCli('query', path, 'SELECT 1 FROM objekts')).toEqual(
    failed(13, /no such table: objekts \(there is objects/),
  )
  expect(await runCli('query', path, 'nope')).toEqual(failed(2, /^goheap: there is no query nope .*\n$/))
  expect(await runCli('query', path, 'path-to-root')).toEqual(
    failed(2, /needs the parameter id.*; see goheap query --help/),
  )
  expect(await runCli('query', path, 'SELECT 1', '-p', 'a=b')).toEqual(
    failed(2, /--param is for bundled queries/),
  )
  expect(await runCli('top', path, '--json', '--csv')).toEqual(
    failed(2, /--json and --csv exclude each other/),
  )
  expect(await runCli('top', path, '--limit', '-1')).toEqual(failed(2, /^goheap: .*whole number.*\n$/))
  expect(await runCli('top')).toEqual(failed(2, /^goheap: missing required argument 'heap.db'.*\n$/))
  expect(await runCli('tpo')).toEqual(
    failed(2, /^goheap: unknown command 'tpo' \(Did you mean top\?\); .*\n$/),
  )
})

test('a file that is not there is named, in words', async () => {
  const none = join(makeFolder(), 'none')
  const failed = (line: RegExp) => ({ code: 3, stdout: '', stderr: expect.stringMatching(line) })
  expect(await runCli('info', none)).toEqual(failed(/^goheap: cannot read \S+none: no such file; .*\n$/))
  const path = await makeDatabase()
  expect(await runCli('check', path, '--budget', none)).toEqual(
    failed(/^goheap: cannot read \S+none: no such file; .*\n$/),
  )
})

test('a reader that stops early is no failure', async () => {
  const path = await makeDatabase(makeSyntheticHeap(50_000))
  const main = new URL('../../src/cli/main.ts', import.meta.url).pathname
  for (const format of ['--json', '--csv']) {
    const script = `"$0" "$1" query "$2" 'SELECT * FROM objects' ${format} | head -n 2 >/dev/null; echo "\${PIPESTATUS[0]}"`
    const run = spawnSync('bash', ['-c', script, process.execPath, main, path], { encoding: 'utf8' })
    expect([run.stdout, run.stderr]).toEqual(['0\n', ''])
  }
  const full = spawnSync('bash', ['-c', '"$0" "$1" --help > /dev/full', process.execPath, main], {
    encoding: 'utf8',
  })
  expect([full.status, full.stderr]).toEqual([
    3,
    expect.stringMatching(/^goheap: cannot write the output: the disk is full;.*\n$/),
  ])
  // Long before the help is there nobody reads any more.
  const help = spawnSync(
    'bash',
    ['-c', `"$0" "$1" --help | true; echo "\${PIPESTATUS[0]}"`, process.execPath, main],
    {
      encoding: 'utf8',
    },
  )
  expect([help.stdout, help.stderr]).toEqual(['0\n', ''])
})

test('a Node that better-sqlite3 crashes is told so before that is loaded', () => {
  const runOld = (module: string) => {
    const script = `
      Object.defineProperty(process.versions, 'node', { value: '22.13.1' })
      Object.defineProperty(process.versions, 'napi', { value: '9' })
      await import(${JSON.stringify(new URL(`../../src/${module}`, import.meta.url).href)})`
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  }
  const said = 'goheap: Node 22.13.1 is too old; install Node 22.14, 23.6 or newer'
  const command = runOld('cli/main.ts')
  expect([command.status, command.stdout, command.stderr]).toEqual([2, '', `${said}\n`])
  expect(runOld('index.ts').stderr).toContain(said)
})

test('suspects says what gathers where, and what to do when nothing does', async () => {
  const path = await makeDatabase()
  expect(await runCli('suspects', path, '--min-share', '100')).toEqual(
    done('nothing keeps 100.0 % of the reachable bytes; a lower --min-share shows more\n'),
  )
  expect(await runCli('suspects', path, '--min-share', '20')).toEqual(
    done(/^1 {2}\d+\.\d % {2}[\s\S]*\n {3}next {9}goheap \w+ \S+\.db /),
  )
  const { stdout } = await runCli('suspects', path, '--json')
  expect(JSON.parse(stdout)[0]).toHaveProperty('accumulation_id')
})
