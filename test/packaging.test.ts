import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { unpackFixture } from '../scripts/unpack-fixture.ts'
import { describeOldNode } from '../src/node-version.ts'
import { makeFolder } from './schema/small-heap.ts'

const PROJECT = fileURLToPath(new URL('../', import.meta.url))
const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))

/** npm and the installed command run on the Node that runs this test, whatever else the machine has. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }

/** Packing builds, which empties dist/ first: the viewer that other tests serve meanwhile. */
function copyProject(to: string): string {
  const left = ['node_modules', 'dist', '.git']
  cpSync(PROJECT, to, { recursive: true, filter: (path) => !left.includes(relative(PROJECT, path)) })
  symlinkSync(join(PROJECT, 'node_modules'), join(to, 'node_modules'))
  return to
}

function readmeExample(): string {
  const [, example] = readFileSync(join(PROJECT, 'README.md'), 'utf8').match(/```ts\n(.*?)```/s) ?? []
  if (example === undefined) throw new Error('README.md has no example in TypeScript')
  return example
}

test('the tarball installs in an empty folder, and runs there as command and as library', async () => {
  const folder = makeFolder()
  const pack = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: copyProject(join(folder, 'project')),
    env,
    encoding: 'utf8',
  })
  // What `prepare` prints comes first.
  const [{ filename, files }] = JSON.parse(pack.slice(pack.search(/^\[$/m)))
  const paths = files.map((file: { path: string }) => file.path)
  for (const needed of [
    'dist/cli/main.js',
    'dist/index.d.ts',
    'dist/viewer/index.html',
    'migrations/0001_heap.sql',
    'queries/histogram.sql',
    'LICENSE',
  ]) {
    expect(paths).toContain(needed)
  }
  expect(paths.filter((path: string) => /^(src|test|fixtures|bench|node_modules)\//.test(path))).toEqual([])

  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const install = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    join(folder, filename),
  ]
  execFileSync('npm', install, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })

  const goheap = join(folder, 'node_modules/.bin/goheap')
  const run = (...args: string[]) => spawnSync(goheap, args, { cwd: folder, env, encoding: 'utf8' })
  expect(run('--version').stdout).toBe(`${manifest.version}\n`)

  const { core, binary } = unpackFixture('leaky', join(folder, 'leaky'))
  const index = run('index', core, binary, '-o', 'heap.db', '--threads', '2')
  expect(index).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('go1.26.8') })
  expect(run('info', 'heap.db')).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('leaky'),
  })
  expect(run('top', 'heap.db')).toMatchObject({ status: 0, stderr: '' })
  const viewer = spawn(goheap, ['serve', 'heap.db', '--no-open'], { cwd: folder, env })
  onTestFinished(() => void viewer.kill())
  const [address] = await once(viewer.stdout, 'data')
  const page = await fetch(String(address).trim())
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>goheap</title>')])
  const missing = run('index', 'none', 'none', '-o', 'new.db')
  expect(missing).toMatchObject({ status: 3, stderr: expect.stringMatching(/^goheap: .*none.*\n$/) })

  const program = `
    import { HeapDb, writeDatabase, openCore, extract, analyse, VERSION } from 'goheap'
    const db = HeapDb.open('heap.db')
    console.log(VERSION, db.metadata().get('go_version'), typeof writeDatabase, typeof openCore, typeof extract, typeof analyse)`
  writeFileSync(join(folder, 'program.mjs'), program)
  // Strict, and with the types of all that the library's types name.
  writeFileSync(join(folder, 'example.mts'), readmeExample())
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023']
  const compiled = spawnSync(join(PROJECT, 'node_modules/.bin/tsc'), [...options, 'example.mts'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  expect([compiled.stdout, compiled.status]).toEqual(['', 0])
  const library = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, env, encoding: 'utf8' })
  expect([library.stderr, library.stdout]).toEqual([
    '',
    `${manifest.version} go1.26.8 function function function function\n`,
  ])
})

test('the Node that goheap asks for is the one that package.json declares', () => {
  const declared = [...manifest.engines.node.matchAll(/(\d+\.\d+)\.0/g)].map(([, version]) => version)
  expect(declared).toHaveLength(2)
  expect(describeOldNode({ node: '22.13.1', napi: '9' })).toContain(
    `install Node ${declared.join(', ')} or newer`,
  )
  expect(describeOldNode({ node: '22.14.0', napi: '10' })).toBeUndefined()
})
