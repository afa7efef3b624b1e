import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { measure } from '../../src/answers/diff/aspects.ts'
import { compareHeaps } from '../../src/answers/diff/compare.ts'
import { compareObjects, isSameProcess } from '../../src/answers/diff/objects.ts'
import { writeComparison } from '../../src/schema/delta-file.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, crashProgram, missingGo } from '../oracle/toolchain.ts'
import { analyseSketch, type HeapSketch, sketchType } from '../schema/build-heap.ts'
import { makeFolder, SMALL } from '../schema/small-heap.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()

async function open(sketch: HeapSketch): Promise<HeapDb> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(analyseSketch(sketch), path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  return db
}

test('a heap does not differ from itself', () => {
  expect(compareHeaps([leaky.db, leaky.db])).toEqual([])
  expect(isSameProcess(leaky.db, leaky.db)).toBe(true)
  expect(compareObjects(leaky.db, leaky.db)).toEqual([])
})

const version = '1.26.8'
const reason = missingGo(version)
describe.skipIf(reason)(
  `two builds of one program, one of which leaks 500 sessions${because(reason)}`,
  () => {
    const dbs: HeapDb[] = []
    const folder = mkdtempSync(join(tmpdir(), 'goheap-planted-'))
    afterAll(() => {
      for (const db of dbs) db.close()
      rmSync(folder, { recursive: true, force: true })
    })
    beforeAll(async () => {
      for (const build of ['fixed', 'leaking']) {
        const run = crashProgram(
          buildProgram('planted', version, { flags: [`-ldflags=-X main.build=${build}`] }),
        )
        const path = join(folder, `${build}.db`)
        await writeDatabase(analyse((await extractRun(run, 1)).heap), path)
        dbs.push(HeapDb.open(path))
      }
    })

    // main.Session has 64 bytes, main.Body 32, and the array 512.
    const LEAKED = 500 * (64 + 32 + 512)

    it('the type that dominates most more is the session, with all that hangs on it', () => {
      const types = compareHeaps(dbs, ['type'])
      const session = types.find(({ name }) => name === 'main.Session')
      expect(session).toMatchObject({
        state: 'new',
        new_count: 500,
        new_size: 500 * 64,
        new_retained: LEAKED,
      })
      expect(types.slice(0, 8)).toContain(session)
    })

    it('the path at the top goes from the variable through its field to the sessions', () => {
      const paths = compareHeaps(dbs, ['path'])
      const top = paths.slice(0, 10)
      const sessions = top.find(({ name }) => name.endsWith(' > main.Session'))
      expect(sessions?.name).toMatch(
        /^global main\.server > main\.Server > main\.Registry > map<int,\*main\.Session> > /,
      )
      expect(sessions).toMatchObject({ count_delta: 500, retained_delta: LEAKED })
      // What holds them grew by the same bytes, and has grown no others of its own.
      expect(top[0]).toBe(sessions)
      expect(top.slice(1, 3).map(({ name, retained_delta }) => [name, retained_delta])).toEqual([
        ['global main.server', LEAKED],
        ['global main.server > main.Server', LEAKED],
      ])
    })

    it('an example of them is reached through the field that holds them', () => {
      const [top] = compareHeaps(dbs, ['path'])
      const [[type]] = dbs[1].query('SELECT type FROM objects_named WHERE id = ?', [top.example_id ?? 0]).rows
      expect(type).toBe('main.Session')
      const [[path]] = dbs[1].query('SELECT path FROM shortest_paths WHERE id = ?', [
        top.example_id ?? 0,
      ]).rows
      expect(path).toMatch(
        /^global main\.server > main\.Server\.\w+ > main\.Registry\.\w+ > .* > main\.Session$/,
      )
    })

    it('the variable that holds them is first of all variables, and the package first of all packages', () => {
      expect(compareHeaps(dbs, ['root'])[0]).toMatchObject({ name: 'global main.server' })
      expect(compareHeaps(dbs, ['package'])[0]).toMatchObject({ name: 'main' })
      expect(compareHeaps([dbs[1], dbs[0]], ['type']).at(-1)?.retained_delta).toBeLessThanOrEqual(-LEAKED)
    })

    it('they are no moments of one process', () => expect(isSameProcess(dbs[0], dbs[1])).toBe(false))
  },
)

const ONE_PROCESS = { metadata: { go_version: 'go1.26.8', build_id: 'b', process_token: 'one' } }

test('between two moments of one process objects are told apart by address; other contents are reuse', async () => {
  const object = (address: number, type: string, size = 32) => ({ address, size, type, length: 1 })
  const types = SMALL.types ?? []
  const [node, table] = ['example.com/app.Node', 'example.com/app.Table']
  const before = [object(0x1000, node), object(0x2000, node), object(0x3000, table, 96), object(0x4000, node)]
  const after = [object(0x1000, node), object(0x3000, node), object(0x4000, table, 96), object(0x5000, node)]
  const old = await open({ ...ONE_PROCESS, types, objects: before })
  const now = await open({ ...ONE_PROCESS, types, objects: after })
  expect(isSameProcess(old, now)).toBe(true)
  const empty = {
    kept: 0,
    kept_size: 0,
    gone: 0,
    gone_size: 0,
    new: 0,
    new_size: 0,
    reused: 0,
    reused_size: 0,
  }
  expect(compareObjects(old, now)).toEqual(
    [
      {
        ...empty,
        type: node,
        kept: 1,
        kept_size: 32,
        gone: 2,
        gone_size: 64,
        new: 1,
        new_size: 32,
        reused: 1,
        reused_size: 32,
      },
      { ...empty, type: table, gone: 1, gone_size: 96, reused: 1, reused_size: 96 },
    ].sort((a, b) => b.new_size + b.reused_size - b.gone_size - (a.new_size + a.reused_size - a.gone_size)),
  )
})

test('the entries of a map that has grown from one group to a directory of tables are the same ones', async () => {
  const names = [
    'map<string,*a.V>',
    '[…]',
    '*table<string,*a.V>',
    'table<string,*a.V>',
    'map.group[string]*a.V',
    'a.V',
  ]
  const [map, , pointer, table, group, entry] = names
  const types = names.map((name) => sketchType({ name, kind: 'struct', size: 32 }))
  const object = (type: string, i: number, length = 1) => ({
    address: 0x1000 * (i + 1),
    size: 32,
    type,
    length,
  })
  const roots = [{ kind: 'global' as const, name: 'app.cache' }]
  const small = await open({
    ...{ types, roots, rootEdges: [[0, 0, 0]] },
    objects: [map, group, entry, entry].map((type, i) => object(type, i)),
    edges: [
      [0, 0, 1],
      [1, 0, 2],
      [1, 8, 3],
    ],
  })
  const large = await open({
    ...{ types, roots, rootEdges: [[0, 0, 0]] },
    objects: [
      ...[object(map, 0), object(pointer, 1, 4), object(table, 2), object(group, 3)],
      ...[4, 5, 6, 7, 8].map((i) => object(entry, i)),
    ],
    edges: [
      [0, 0, 1],
      [1, 0, 2],
      [2, 0, 3],
      ...[4, 5, 6, 7, 8].map((to): [number, number, number] => [3, 8 * (to - 4), to]),
    ],
  })
  const deltas = compareHeaps([small, large], ['path'])
  const row = {
    ...{ old_count: 1, new_count: 1, old_retained: 128, new_retained: 288, state: 'changed' },
    // The map, with its group; with its directory, table and group.
    ...{ old_size: 2 * 32, new_size: 4 * 32 },
  }
  expect(deltas.find(({ name }) => name === `global app.cache > ${map}`)).toMatchObject(row)
  expect(deltas.find(({ name }) => name.endsWith(entry))).toMatchObject({
    name: `global app.cache > ${map} > ${entry}`,
    ...{ state: 'changed', old_count: 2, new_count: 5, old_retained: 64, new_retained: 160 },
  })
  expect(deltas.filter(({ state }) => state !== 'changed')).toEqual([])
})

/** A heap in which a variable holds so many nodes, and another so many tables. */
function grown(nodes: number, tables: number): HeapSketch {
  const object = (type: string, size: number) => (_: unknown, i: number) => ({
    address: size * 0x10000 + i * size,
    size,
    type,
  })
  return {
    types: SMALL.types ?? [],
    objects: [
      ...Array.from({ length: nodes }, object('example.com/app.Node', 32)),
      ...Array.from({ length: tables }, object('example.com/app.Table', 96)),
    ],
    roots: [
      { kind: 'global', name: 'app.nodes' },
      { kind: 'global', name: 'app.tables' },
    ],
    rootEdges: [
      ...Array.from({ length: nodes }, (_, i): [number, number, number] => [0, 8 * i, i]),
      ...Array.from({ length: tables }, (_, i): [number, number, number] => [1, 8 * i, nodes + i]),
    ],
  }
}

/** A goroutine with calls of a depth, of a build in a folder. */
function recursing(depth: number, folder: string): HeapSketch {
  const calls = Array.from({ length: depth }, (_, at) =>
    at === depth - 1 ? 'main.main' : 'main.walk[go.shape.int]',
  )
  const goroutine = SMALL.goroutines?.[0]
  if (goroutine === undefined) throw new Error('there is one')
  return {
    roots: [
      { kind: 'goroutine', name: 'goroutine 1' },
      ...calls.map((name) => ({ kind: 'frame', name, parent: 0 }) as const),
    ],
    goroutines: [{ ...goroutine, root: 0 }],
    frames: calls.map((name, at) => ({
      ...{ root: at + 1, goroutineRoot: 0, depth: at, function: name, pc: 0x401000 },
      ...{
        file: at % 2 === 0 ? `${folder}/main.go` : undefined,
        line: at % 2 === 0 ? depth + at : undefined,
      },
    })),
  }
}

test('a stack is the same in another folder, on other lines and, when it is deep, in another depth', async () => {
  const names = async (depth: number, folder: string) => [
    ...measure(await open(recursing(depth, folder)), 'goroutine').byKey.keys(),
  ]
  const calls = (times: number) => Array.from({ length: times }, () => 'main.walk[go.shape.int]').join(' < ')
  expect(await names(3, '/My Dir/b')).toEqual([`waiting [chan receive]: ${calls(2)} < main.main`])
  expect(await names(3, 'C:/c d')).toEqual(await names(3, '/My Dir/b'))
  expect(await names(100, '/a')).toEqual([`waiting [chan receive]: ${calls(99)} < main.main`])
  expect(await names(101, '/a')).toEqual([
    `waiting [chan receive]: ${calls(50)} < … < ${calls(49)} < main.main`,
  ])
  expect(await names(250, '/b c')).toEqual(await names(101, '/a'))
  const dbs = [await open(recursing(200, '/My Dir/a')), await open(recursing(250, '/b'))]
  expect(compareHeaps(dbs, ['goroutine'])).toEqual([])
  expect(await names(0, '')).toEqual(['waiting [chan receive]: (no frames)'])
})

test('a size is of the things themselves: packages and modules have none', async () => {
  const dbs = [await open(grown(1, 5)), await open({ ...grown(2, 3), objects: [], rootEdges: [] })]
  const sizes = (name: string) =>
    compareHeaps(dbs)
      .filter((delta) => delta.aspect === name)
      .map(({ old_size, new_size, size_delta, old_retained, new_retained }) => [
        old_size,
        new_size,
        size_delta,
        old_retained,
        new_retained,
      ])
  expect(sizes('package')).toEqual([[null, null, null, 32 + 5 * 96, 0]])
  expect(sizes('module')).toEqual([[null, null, null, 32 + 5 * 96, 0]])
  expect(sizes('type')).toEqual([
    [32, 0, -32, 32, 0],
    [480, 0, -480, 480, 0],
  ])
})

test('of three heaps only what grows in every one is left', async () => {
  const dbs = [await open(grown(1, 5)), await open(grown(2, 3)), await open(grown(4, 9))]
  expect(
    compareHeaps(dbs, ['type', 'root']).map(({ name, series }) => [
      name,
      ...series.map((each) => each.retained),
    ]),
  ).toEqual([
    ['example.com/app.Node', 32, 64, 128],
    ['global app.nodes', 32, 64, 128],
  ])
})

test('a comparison is a database: SQL goes on', async () => {
  const dbs = [await open(grown(1, 5)), await open(grown(2, 3))]
  const path = join(makeFolder(), 'delta.db')
  const deltas = compareHeaps(dbs)
  writeComparison(
    path,
    { paths: dbs.map((db) => db.path), deltas, objects: compareObjects(dbs[0], dbs[1]) },
    { force: false },
  )
  const database = new Database(path, { readonly: true })
  onTestFinished(() => void database.close())
  const rows = database
    .prepare(
      `SELECT name, old_retained, new_retained, retained_delta FROM deltas WHERE aspect = 'root' ORDER BY id`,
    )
    .raw()
    .all()
  expect(rows).toEqual([
    ['global app.nodes', 32, 64, 32],
    ['global app.tables', 480, 288, -192],
  ])
  expect(database.prepare('SELECT COUNT(*) FROM series').pluck().get()).toBe(2 * deltas.length)
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(() => writeComparison(path, { paths: [], deltas, objects: undefined }, { force: false })).toThrow(
    expect.objectContaining({ code: 'exists' }),
  )
})
