import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeDatabase } from '../../src/schema/write.ts'
import { smallHeap } from '../schema/small-heap.ts'
import { runCli } from './run-cli.ts'

let path = ''
afterAll(() => rmSync(dirname(path), { recursive: true, force: true }))
beforeAll(async () => {
  path = join(mkdtempSync(join(tmpdir(), 'goheap-options-')), 'heap.db')
  await writeDatabase(smallHeap(), path)
})

test.each([
  ['goroutines HEAP 1 --all', '--all means nothing for one goroutine'],
  ['goroutines HEAP 1 --filter x', '--filter means nothing for one goroutine'],
  ['goroutines HEAP --stacks --json', '--stacks means nothing with --json'],
  ['goroutines HEAP --all --sort count', '--sort count is for stacks'],
  ['goroutines HEAP 1 --sort waited', '--sort means nothing for one goroutine'],
  ['goroutines HEAP --stacks --all', '--all and --stacks exclude each other'],
  ['path HEAP --type example.com/app.Table -k 2', '--paths means nothing with --type'],
  ['path HEAP 1 --min-share 3', '--min-share means nothing without --type'],
  ['histogram HEAP --by package --sort max_retained_size', '--sort max_retained_size is for --by type'],
  ['tree HEAP 1 --by type --depth 3', '--depth means nothing with --by of one node'],
  ['tree HEAP --by module', 'tree --by module needs an id'],
  ['waste HEAP --limit 3', '--limit is for one kind of waste'],
  ['refs HEAP --in 1 --out 1', 'give one of --in and --out'],
  ['diff HEAP HEAP --by object', '--by object is for two heaps that are known to be of one process'],
])('goheap %s is refused, not answered in part', async (line, message) => {
  const words = line.split(' ').map((word) => (word === 'HEAP' ? path : word))
  const { code, stdout, stderr } = await runCli(...words)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
})

test('refs --in asks for an object', async () => {
  const [root] = (await runCli('query', path, 'SELECT MIN(id) FROM roots', '--csv')).stdout
    .split('\n')
    .slice(1)
  expect(await runCli('refs', path, '--in', root)).toMatchObject({ code: 2, stdout: '' })
  expect(await runCli('refs', path, '--out', root)).toMatchObject({ code: 0, stderr: '' })
})

test('one path and the first of several have one form', async () => {
  const one = JSON.parse((await runCli('path', path, '3', '--json')).stdout)
  const several = JSON.parse((await runCli('path', path, '3', '-k', '9', '--json')).stdout)
  expect(one.length).toBeGreaterThan(1)
  expect(several.filter((step: { path: number }) => step.path === 1)).toEqual(one)
  const garbage = (await runCli('query', path, 'SELECT MIN(id) FROM objects WHERE NOT reachable', '--csv'))
    .stdout
  const [id] = garbage.split('\n').slice(1)
  for (const options of [[], ['-k', '2']])
    expect(await runCli('path', path, id, ...options)).toMatchObject({
      code: 0,
      stdout: `no root reaches object ${id}\n`,
    })
})
