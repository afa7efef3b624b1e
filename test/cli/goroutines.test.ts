import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { FrameRow, GoroutineRow } from '../../src/model/tables.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { unpackProgram } from '../oracle/toolchain.ts'
import { analyseSketch } from '../schema/build-heap.ts'
import { makeFolder, smallHeap } from '../schema/small-heap.ts'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'goheap-goroutines-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SECOND = 1e9
const goroutine = (root: number, more: Partial<GoroutineRow>): GoroutineRow => ({
  ...{ root, goid: root + 1, status: 'waiting', waitReason: 'chan send', waitingSinceNs: undefined },
  ...{ createdBy: 'main.run', createdAt: { file: '/src/main.go', line: 3 }, createdByGoid: 1, waitingOn: [] },
  ...{ labels: undefined, stackSize: 2048, threadId: undefined },
  ...more,
})
const frame = (root: number, goroutineRoot: number): FrameRow => ({
  ...{ root, goroutineRoot, depth: 0, function: 'main.send', file: '/src/main.go', line: 7, pc: 0x401000 },
})

/** Three goroutines in main.send, which hold 64 bytes, 32 and none; the first waits for 90 s longer than the last. */
async function makeSenders(): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  const labels = (request: string) => new Map(Object.entries({ job: 'mail', request }))
  const heap = analyseSketch({
    objects: [64, 32].map((size, place) => ({ address: 0xc000000000 + 0x2000 * place, size })),
    roots: [
      ...[1, 2, 3].map((goid) => ({ kind: 'goroutine', name: `goroutine ${goid}` }) as const),
      ...[0, 1, 2].map((parent) => ({ kind: 'frame', name: 'main.send', parent }) as const),
      ...[3, 4].map((parent) => ({ kind: 'argument', name: 'message', parent, size: 8 }) as const),
    ],
    rootEdges: [
      [6, 0, 0],
      [7, 0, 1],
    ],
    goroutines: [
      goroutine(0, { waitingSinceNs: 10 * SECOND, labels: labels('a') }),
      goroutine(1, { labels: labels('b') }),
      goroutine(2, { waitingSinceNs: 100 * SECOND, labels: labels('a') }),
    ],
    frames: [frame(3, 0), frame(4, 1), frame(5, 2)],
  })
  await writeDatabase(heap, path)
  return path
}

test('goroutines of one stack are one row, with what they retain together and the longest wait', async () => {
  const path = await makeSenders()
  const { stdout } = await runCli('goroutines', path, '--json')
  expect(JSON.parse(stdout)).toEqual([
    {
      ...{ goroutines: 3, status: 'waiting', wait_reason: 'chan send', waited_ns: 90 * SECOND },
      ...{ function: 'main.send', caller: null, created_by: 'main.run', labels: '{"job":"mail"}' },
      ...{
        stack_size: 6144,
        retained_size: 96,
        retained_count: 2,
        example_goid: 1,
        frames: 'main.send /src/main.go:7',
      },
    },
  ])
  expect((await runCli('goroutines', path)).stdout).toMatch(
    /^goroutines {2}status {3}wait reason +waited .*\n +3 {2}waiting {2}chan send +1 min 30 s {2}main.send/,
  )
  expect((await runCli('goroutines', path, '--stacks')).stdout).toBe(
    [
      '3 goroutines, one is 1: waiting [chan send for 1 min 30 s or more]',
      '  they retain 96 B in 2 objects; stacks 6.0 KiB',
      '  labels {"job":"mail"}',
      '    main.send /src/main.go:7',
      '    created by main.run\n\n',
    ].join('\n'),
  )
})

test('--all gives single goroutines, the one that retains most first', async () => {
  const { stdout } = await runCli('goroutines', await makeSenders(), '--all', '--json')
  const rows: Record<string, unknown>[] = JSON.parse(stdout)
  expect(rows.map((row) => [row.goid, row.waited_ns, row.retained_size, row.labels])).toEqual([
    [1, 90 * SECOND, 64, '{"job":"mail","request":"a"}'],
    [2, null, 32, '{"job":"mail","request":"b"}'],
    [3, 0, 0, '{"job":"mail","request":"a"}'],
  ])
})

test('a filter looks at status, wait reason, origin and calls, in letters of either case', async () => {
  const path = await makeSenders()
  for (const option of [[], ['--all']]) {
    const count = async (filter: string) => {
      const { stdout } = await runCli('goroutines', path, ...option, '--json', '--filter', filter)
      const rows: unknown[] = JSON.parse(stdout)
      return rows.length
    }
    const some = option.length > 0 ? 3 : 1
    expect(await Promise.all(['WAITING', 'Chan Send', 'main.run', 'main.SEND', 'select'].map(count))).toEqual(
      [...[some, some, some, some, 0]],
    )
  }
})

test('one goroutine is its calls, each with the variables that point at something', async () => {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(smallHeap(), path)
  expect((await runCli('goroutines', path, '1')).stdout).toBe(
    [
      'goroutine 1: waiting [chan receive for 0.0 s or more]',
      '  retains 64 B in 1 object; stack 8.0 KiB',
      '',
      '0  main.main  /src/main.go:7',
      '     local n  example.com/app.Node  -> 5 (type unknown)  alone holds 64 B',
      '',
    ].join('\n'),
  )
  const { stdout } = await runCli('goroutines', path, '1', '--csv')
  expect(stdout.split('\n').slice(1)).toEqual([
    '0,11,frame,main.main,,/src/main.go:7,64,,,',
    '0,12,local,n,example.com/app.Node,,64,5,,1',
    '',
  ])
  expect(await runCli('goroutines', path, '99')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^goheap: no goroutine has the number 99;/),
  })
  expect(await runCli('goroutines', path, '--all', '--stacks')).toMatchObject({ code: 2 })
})

test('the stacks of a server count each of its goroutines once, with the calls that its frames give', async () => {
  const { core, binary } = unpackProgram('leaky')
  const path = join(folder, 'leaky.db')
  expect((await runCli('index', core, binary, '-o', path, '--quiet')).code).toBe(0)
  const { stdout } = await runCli('goroutines', path, '--json', '--limit', '1000')
  const rows: Record<string, unknown>[] = JSON.parse(stdout)
  const found = rows.map((row) => [row.goroutines, row.status, row.wait_reason, row.created_by, row.frames])

  const db = HeapDb.open(path)
  const counts = new Map<string, number>()
  for (const [id, ...state] of db.query('SELECT id, status, wait_reason, created_by FROM goroutines').rows) {
    const calls = db.query(
      `SELECT function || ' ' || file || ':' || line FROM frames WHERE goroutine_id = ? ORDER BY depth`,
      [Number(id)],
    )
    const key = JSON.stringify([...state, [...calls.rows].flat().join('\n')])
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  db.close()
  const expected = Array.from(counts, ([key, count]) => [count, ...JSON.parse(key)])
  expect(found.map(String).sort()).toEqual(expected.map(String).sort())
  expect(rows[0]).toMatchObject({
    goroutines: 131,
    wait_reason: 'chan send',
    function: 'main.(*AuditLog).write',
  })
})

/**
 * So many goroutines that hold nothing, with large stacks, in `place`; two in main.hold that hold 96 bytes each; and one in
 * main.old that has waited longest.
 */
async function makeCrowd(count: number, place: string): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  const places = [...Array.from({ length: count }, () => place), 'main.hold', 'main.hold', 'main.old']
  const all = places.length
  const heap = analyseSketch({
    objects: [0, 1].map((at) => ({ address: 0xc000000000 + 0x2000 * at, size: 96 })),
    roots: [
      ...places.map((_, at) => ({ kind: 'goroutine', name: `goroutine ${at + 1}` }) as const),
      ...places.map((name, at) => ({ kind: 'frame', name, parent: at }) as const),
      ...[0, 1].map((at) => ({ kind: 'local', name: 'held', parent: all + count + at, size: 8 }) as const),
    ],
    rootEdges: [
      [2 * all, 0, 0],
      [2 * all + 1, 0, 1],
    ],
    goroutines: places.map((name, at) =>
      goroutine(at, {
        ...(name === place ? { stackSize: 65536 } : {}),
        waitingSinceNs: (name === 'main.old' ? 1 : 100) * SECOND,
      }),
    ),
    frames: places.map((name, at) => ({ ...frame(all + at, at), function: name })),
  })
  await writeDatabase(heap, path)
  return path
}

test('what is most by the figure asked for comes first', async () => {
  const path = await makeCrowd(12, 'main.leak')
  const ask = async (...options: string[]) =>
    JSON.parse((await runCli('goroutines', path, '--json', ...options)).stdout)
  const orderOf = async (sort: string) =>
    (await ask('--sort', sort)).map((row: { function: string }) => row.function)
  expect(await orderOf('retained')).toEqual(['main.hold', 'main.leak', 'main.old'])
  expect(await orderOf('count')).toEqual(['main.leak', 'main.hold', 'main.old'])
  expect(await orderOf('stack')).toEqual(['main.leak', 'main.hold', 'main.old'])
  expect(await orderOf('waited')).toEqual(['main.old', 'main.hold', 'main.leak'])
  const goids = async (sort: string) =>
    (await ask('--all', '--limit', '3', '--sort', sort)).map((row: { goid: number }) => row.goid)
  expect(await goids('retained')).toEqual([13, 14, 1])
  expect(await goids('stack')).toEqual([1, 2, 3])
  expect(await goids('waited')).toEqual([15, 13, 14])
})

test('suspects tells of goroutines at one place whose stacks take much, though they hold nothing', async () => {
  const path = await makeCrowd(12, 'main.leak')
  const { stdout } = await runCli('suspects', path)
  expect(stdout).toContain(
    `\n12 goroutines stand at one place, with 768.0 KiB of stacks: chan send in main.leak\n   next         goheap goroutines ${path} --sort stack --stacks --filter main.leak\n`,
  )
  // 768 KiB of 774 and the heap.
  expect((await runCli('suspects', path, '--min-share', '99.5')).stdout).not.toContain('goroutines stand')
  // Few, or in the runtime alone.
  for (const other of [await makeCrowd(9, 'main.leak'), await makeCrowd(12, 'runtime.gcBgMarkWorker')])
    expect((await runCli('suspects', other)).stdout).not.toContain('goroutines stand')
})
