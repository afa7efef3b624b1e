import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import type { ErrorCode } from '../../src/errors.ts'
import type { AnalysedHeap } from '../../src/model/heap-graph.ts'
import { ROOT_KINDS } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'
import { Progress, type Stage } from '../../src/progress.ts'
import { APPLICATION_ID, SCHEMA_VERSION } from '../../src/schema/format.ts'
import { type WriteOptions, writeDatabase } from '../../src/schema/write.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, SMALL, smallHeap } from './small-heap.ts'

async function write(analysed: AnalysedHeap, options?: WriteOptions) {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analysed, path, options)
  const database = new Database(path, { readonly: true })
  onTestFinished(() => void database.close())
  const rows = (sql: string) => database.prepare<[], Record<string, unknown>>(sql).all()
  const column = (sql: string) => database.prepare<[], unknown>(sql).pluck().all()
  return { path, database, rows, column }
}

const failure = (code: ErrorCode, message: RegExp) => ({ code, message: expect.stringMatching(message) })

test('a written database is whole: integrity, foreign keys, strict tables, marks in the header', async () => {
  for (const analysed of [smallHeap(), makeSyntheticHeap(20_000), analyseSketch({})]) {
    const { database, rows, column } = await write(analysed)
    expect(column('PRAGMA integrity_check')).toEqual(['ok'])
    expect(rows('PRAGMA foreign_key_check')).toEqual([])
    expect(database.pragma('application_id', { simple: true })).toBe(APPLICATION_ID)
    expect(database.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION)
    const loose = `SELECT name FROM pragma_table_list
      WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'`
    expect(column(loose)).toEqual([])
  }
})

test('objects read back equal the arrays they came from', async () => {
  const analysed = makeSyntheticHeap(30_000)
  const { heap, analysis } = analysed
  const { database } = await write(analysed)
  const rows = database.prepare<[], (number | null)[]>('SELECT * FROM objects ORDER BY id').raw().all()
  expect(rows.length).toBe(30_000)
  const id = (index: number) => (index === NONE ? null : index + 1)
  for (let i = 0; i < rows.length; i++) {
    const type = heap.objects.type[i]
    const isReachable = analysis.reachable[i] === 1
    const ifReachable = (value: number) => (isReachable ? value : null)
    expect(rows[i]).toEqual([
      i + 1,
      heap.objects.address[i],
      heap.graph.size[i],
      id(type),
      type === NONE ? null : heap.objects.length[i],
      type === NONE ? null : heap.objects.typeSource[i],
      analysis.reachable[i],
      heap.objects.unswept[i],
      id(analysis.idom[i]),
      ifReachable(analysis.retainedSize[i]),
      ifReachable(analysis.retainedCount[i]),
      ifReachable(analysis.distance[i]),
      ifReachable(analysis.depth[i]),
      id(analysis.parent[i]),
      heap.objects.span[i] + 1,
      null,
      heap.waste.unused[i] < 0 ? null : heap.waste.unused[i],
    ])
  }
})

test('pointers and roots read back equal the arrays they came from', async () => {
  const analysed = makeSyntheticHeap(30_000)
  const { heap, analysis } = analysed
  const { edges, rootEdges, objectCount } = heap.graph
  const { database } = await write(analysed)
  const raw = (sql: string) => database.prepare<[], (number | string | null)[]>(sql).raw().all()

  const edgeRows = raw('SELECT * FROM edges ORDER BY source_id, offset')
  const expected: number[][] = []
  for (let source = 0; source < objectCount; source++) {
    for (let e = edges.first[source]; e < edges.first[source + 1]; e++) {
      expected.push([
        source + 1,
        edges.offset[e],
        edges.target[e] + 1,
        edges.targetOffset[e],
        analysis.isBridge[e],
      ])
    }
  }
  expect(edgeRows).toEqual(expected)
  expect(edgeRows.some((row) => row[4] === 1)).toBe(true)

  const rootRows = raw(
    'SELECT id, parent_id, kind, name, address, retained_size, retained_count, depth FROM roots',
  )
  expect(rootRows).toEqual(
    Array.from({ length: heap.roots.count }, (_, r) => [
      objectCount + r + 1,
      null,
      ROOT_KINDS[heap.roots.kind[r]],
      heap.roots.name[r],
      heap.roots.address[r],
      analysis.retainedSize[objectCount + r],
      analysis.retainedCount[objectCount + r],
      analysis.depth[objectCount + r],
    ]),
  )
  expect(raw('SELECT root_id, target_id, is_bridge FROM root_edges ORDER BY rowid')).toEqual(
    Array.from(rootEdges.target, (target, r) => [objectCount + r + 1, target + 1, analysis.isRootBridge[r]]),
  )
})

test('addresses and sizes up to 2^53 stay exact integers', async () => {
  const address = 2 ** 47 - 8
  const size = 2 ** 53 - 1
  const metadata = { core_size: size, go_version: 'go1.26.8' }
  const objects = [
    { address: 8, size: 2 ** 31 + 1 },
    { address, size },
  ]
  const { database, rows } = await write(analyseSketch({ metadata, objects }))
  expect(rows('SELECT address, size, typeof(address) a, typeof(size) s FROM objects')).toEqual([
    { address: 8, size: 2 ** 31 + 1, a: 'integer', s: 'integer' },
    { address, size, a: 'integer', s: 'integer' },
  ])
  const exact = database.prepare('SELECT max(size) FROM objects').pluck().safeIntegers().get()
  expect(exact).toBe(9007199254740991n)
  const value = "SELECT value, typeof(value) type FROM metadata WHERE key = 'core_size'"
  expect(rows(value)).toEqual([{ value: size, type: 'integer' }])
})

test('no number column holds a REAL', async () => {
  const { rows, column } = await write(smallHeap())
  const tables = column(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
    AND name NOT LIKE 'sqlite_%'`)
  for (const table of tables) {
    for (const { name } of rows(`PRAGMA table_info(${table})`)) {
      expect([table, name, ...column(`SELECT 1 FROM ${table} WHERE typeof(${name}) = 'real'`)]).toEqual([
        table,
        name,
      ])
    }
  }
})

test('totals by type sum up to the heap, those of unknown type included', async () => {
  const { rows } = await write(smallHeap())
  const types =
    'SELECT type, objects, bytes, reachable_objects, reachable_bytes, max_retained_size FROM histogram'
  expect(rows(`${types} ORDER BY type`)).toEqual([
    {
      type: '(unknown)',
      objects: 2,
      bytes: 112,
      reachable_objects: 1,
      reachable_bytes: 64,
      max_retained_size: 64,
    },
    {
      type: '*example.com/app.Node',
      objects: 1,
      bytes: 16,
      reachable_objects: 0,
      reachable_bytes: 0,
      max_retained_size: null,
    },
    {
      type: 'example.com/app.Node',
      objects: 2,
      bytes: 160,
      reachable_objects: 2,
      reachable_bytes: 160,
      max_retained_size: 128,
    },
    {
      type: 'example.com/app.Table',
      objects: 1,
      bytes: 96,
      reachable_objects: 1,
      reachable_bytes: 96,
      max_retained_size: 96 + 8192,
    },
    {
      type: 'uint8',
      objects: 2,
      bytes: 8208,
      reachable_objects: 2,
      reachable_bytes: 8208,
      max_retained_size: 8192,
    },
  ])
  const sums = rows(
    `SELECT sum(objects) AS objects, sum(bytes) AS bytes, sum(reachable_bytes) AS reachable FROM type_totals`,
  )
  const heap = rows(
    `SELECT count(*) AS objects, sum(size) AS bytes, sum(size * reachable) AS reachable FROM objects`,
  )
  expect(sums).toEqual(heap)
})

test('a database explains itself: every table, view and column has a comment', async () => {
  const { rows } = await write(smallHeap())
  const silent: string[] = []
  for (const { name, sql } of rows(`SELECT name, sql FROM sqlite_schema
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'`)) {
    if (!/^CREATE \w+ \S+ ?\(\n {2}-- [A-Z]/.test(String(sql))) silent.push(String(name))
    for (const column of rows(`PRAGMA table_info(${name})`)) {
      const isDocumented = new RegExp(`^ {2}"?${column.name}\\b.* -- \\S`, 'm').test(String(sql))
      if (!isDocumented) silent.push(`${name}.${column.name}`)
    }
  }
  expect(silent).toEqual([])
})

test('a type name taken twice gets a number, and a problem says so', async () => {
  const types = [...(SMALL.types ?? [])]
  types.push({ ...types[3] })
  const { column, rows } = await write(analyseSketch({ types }))
  expect(column(`SELECT name FROM types WHERE name LIKE 'example.com/app.Node%'`)).toEqual([
    'example.com/app.Node',
    'example.com/app.Node (2)',
  ])
  expect(rows('SELECT code, count FROM problems')).toEqual([{ code: 'type-name-repeated', count: 1 }])
})

test('the planner knows how many rows share a value of an index', async () => {
  const { column, database } = await write(makeSyntheticHeap(20_000))
  expect(column(`SELECT idx FROM sqlite_stat1 WHERE tbl = 'edges' ORDER BY 1`)).toEqual(['edges', 'edges_to'])
  const plan = database
    .prepare<[], { detail: string }>('EXPLAIN QUERY PLAN SELECT * FROM edges WHERE target_id = 5')
    .all()
  expect(plan.map((step) => step.detail).join()).toContain('edges_to')
})

test('progress covers writing and indexes, and ends complete', async () => {
  const seen = new Map<Stage, [number, number]>()
  const sink = { update: (stage: Stage, done: number, total: number) => void seen.set(stage, [done, total]) }
  await write(smallHeap(), { progress: new Progress(sink) })
  expect([...seen.keys()]).toEqual(['write', 'indexes'])
  for (const [done, total] of seen.values()) expect(done).toBe(total)
})

test('an existing file is kept, unless it is to be replaced', async () => {
  const path = join(makeFolder(), 'heap.db')
  writeFileSync(path, 'precious')
  await expect(writeDatabase(smallHeap(), path)).rejects.toMatchObject(failure('exists', /heap\.db exists/))
  expect(readFileSync(path, 'utf8')).toBe('precious')
  await writeDatabase(smallHeap(), path, { force: true })
  expect(readFileSync(path).toString('latin1', 0, 6)).toBe('SQLite')
  expect(readdirSync(join(path, '..'))).toEqual(['heap.db'])
})

test('an input is never written over, by whatever name it is given', async () => {
  const folder = makeFolder()
  const core = join(folder, 'core')
  writeFileSync(core, 'precious')
  linkSync(core, join(folder, 'hard'))
  symlinkSync(core, join(folder, 'soft'))
  for (const name of ['core', 'hard', 'soft']) {
    const attempt = writeDatabase(smallHeap(), join(folder, name), { force: true, inputs: [core] })
    await expect(attempt).rejects.toMatchObject(failure('usage', /is one of the inputs/))
  }
  expect(readFileSync(core, 'utf8')).toBe('precious')
  expect(readdirSync(folder).length).toBe(3)
})

test('a folder that is missing, a file or a target that is a folder is one clear error', async () => {
  const folder = makeFolder()
  writeFileSync(join(folder, 'file'), '')
  mkdirSync(join(folder, 'dir'))
  const attempt = (name: string) => writeDatabase(smallHeap(), join(folder, name), { force: true })
  await expect(attempt('none/heap.db')).rejects.toMatchObject(failure('file', /folder does not exist/))
  await expect(attempt('file/heap.db')).rejects.toMatchObject(failure('file', /not a folder/))
  await expect(attempt('dir')).rejects.toMatchObject(failure('file', /not a regular file/))
  await expect(writeDatabase(smallHeap(), '/proc/heap.db')).rejects.toMatchObject(
    failure('file', /cannot write/),
  )
})

test('a cancelled write leaves nothing behind', async () => {
  const folder = makeFolder()
  const path = join(folder, 'heap.db')
  for (const stage of ['write', 'indexes'] as const) {
    const abort = new AbortController()
    const update = (at: Stage, done: number) => {
      if (at === stage && done > 0) abort.abort()
    }
    const progress = new Progress({ update }, abort.signal)
    const attempt = writeDatabase(makeSyntheticHeap(100_000), path, { progress })
    await expect(attempt).rejects.toMatchObject(failure('cancelled', /cancelled/))
    expect(readdirSync(folder)).toEqual([])
  }
})

test('a full disk is one clear error and leaves nothing behind', ({ skip }) => {
  const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0
  skip(!canMount, 'needs unshare, and a kernel that lets this user mount')
  const folder = makeFolder()
  // A file system of 2 MiB, in a namespace of its own so that it goes away with the process.
  const script = `mount -t tmpfs -o size=2m none "$1" && exec "$2" test/schema/write-until-full.ts "$1"`
  const run = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath], {
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  expect(JSON.parse(run.stdout)).toEqual({
    code: 'file',
    message: `cannot write ${folder}/heap.db: the disk is full`,
    left: [],
  })
})

test('allocation stacks are rows, and the objects that have one name it', async () => {
  const path = join(makeFolder(), 'heap.db')
  const frame = (name: string) => ({ function: name, file: 'main.go', line: 7 })
  const stacks = [[frame('main.inner'), frame('main.outer')], [{ ...frame('0x4011ff'), file: undefined }]]
  const heap = analyseSketch({
    objects: [0, 1, 2].map((i) => ({ address: 0xc000000000 + i * 16, size: 16 })),
    allocationStacks: { stackOf: Int32Array.of(1, -1, 0), stacks },
  })
  await writeDatabase(heap, path)
  const db = new Database(path, { readonly: true })
  expect(db.prepare('SELECT stack_id FROM objects ORDER BY id').pluck().all()).toEqual([2, null, 1])
  expect(db.prepare('SELECT stack_id, depth, function, file FROM stack_frames').raw().all()).toEqual([
    [1, 0, 'main.inner', 'main.go'],
    [1, 1, 'main.outer', 'main.go'],
    [2, 0, '0x4011ff', null],
  ])
  db.close()
})

test('strings are rows in the order of their objects, hashes of all 63 bits exact', async () => {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(smallHeap(), path)
  const db = new Database(path, { readonly: true })
  const rows = db
    .prepare('SELECT object_id, offset, length, hash, value FROM strings')
    .safeIntegers()
    .raw()
    .all()
  expect(rows).toEqual([
    [3n, 0n, 4n, 5n, 'same'],
    [3n, 4n, 4n, 2n ** 53n + 1n, 'rest'],
    [6n, 100n, 4n, 5n, 'same'],
    [8n, 0n, 4n, 2n ** 63n - 1n, null],
  ])
  db.close()
})
