import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { beforeAll, expect, test } from 'vitest'
import { unpackFixture } from '../../scripts/unpack-fixture.ts'
import { makeFolder } from '../schema/small-heap.ts'
import { runCli, startCli } from './run-cli.ts'

let run: { core: string; binary: string }
let packed: { gzip: string; zstd: string; binary: string }
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
  run = unpackFixture('leaky', folder)
  packed = {
    gzip: join(folder, 'packed-1'),
    zstd: join(folder, 'packed-2'),
    binary: join(folder, 'packed-3'),
  }
  const core = readFileSync(run.core)
  writeFileSync(packed.gzip, gzipSync(core, { level: 1 }))
  writeFileSync(packed.zstd, zstdCompressSync(core))
  writeFileSync(packed.binary, gzipSync(readFileSync(run.binary), { level: 1 }))
  return () => rmSync(folder, { recursive: true })
})

test('a compressed core gives the figures of the core, and verify takes it too', async () => {
  const folder = makeFolder()
  const summarize = async (core: string, binary: string, name: string) => {
    const output = join(folder, name)
    const { code, stdout, stderr } = await runCli('index', core, binary, '-o', output, '--json')
    expect([code, stderr]).toEqual([0, ''])
    const { path, size, seconds, metadata, ...figures } = JSON.parse(stdout)
    const { indexed_at, core_file, binary_file, ...facts } = metadata
    return { core_file, figures, facts }
  }
  const plain = await summarize(run.core, run.binary, 'plain.db')
  const gzip = await summarize(packed.gzip, packed.binary, 'gzip.db')
  const zstd = await summarize(packed.zstd, run.binary, 'zstd.db')
  expect(gzip).toEqual({ ...plain, core_file: packed.gzip })
  expect(zstd).toEqual({ ...plain, core_file: packed.zstd })
  const database = join(folder, 'zstd.db')
  const verified = await runCli('verify', database, '--core', packed.zstd, '--binary', packed.binary)
  expect([verified.code, verified.stderr]).toEqual([0, ''])
  expect(readdirSync(folder).sort()).toEqual(['gzip.db', 'plain.db', 'zstd.db'])
})

test('of a core whose stream breaks off what was read is indexed, with a problem', async () => {
  const folder = makeFolder()
  const core = join(folder, 'core.gz')
  const output = join(folder, 'heap.db')
  // Without the end of the stream, which says that it is whole.
  writeFileSync(core, readFileSync(packed.gzip).subarray(0, -8))
  const { code, stderr } = await runCli('index', core, run.binary, '-o', output, '-q')
  expect([code, stderr]).toEqual([0, ''])
  const database = new Database(output, { readonly: true })
  expect(database.prepare('SELECT code, severity FROM problems').all()).toContainEqual({
    code: 'packed-core-damaged',
    severity: 'error',
  })
  database.close()
})

test('Ctrl-C while a core is unpacked leaves nothing', async () => {
  const folder = makeFolder()
  const core = join(folder, 'core.gz')
  // 32 GB of zeros, behind what makes it a core.
  const zeros = gzipSync(Buffer.alloc(64 << 20), { level: 1 })
  const head = gzipSync(readFileSync(run.core).subarray(0, 1 << 20))
  writeFileSync(core, Buffer.concat([head, ...Array.from({ length: 512 }, () => zeros)]))
  const { child, finished } = startCli('index', core, run.binary, '-o', join(folder, 'heap.db'))
  while (child.exitCode === null && !readdirSync(folder).some((name) => name.endsWith('-core')))
    await sleep(5)
  child.kill('SIGINT')
  expect(await finished).toEqual({ code: 130, stdout: '', stderr: '' })
  expect(readdirSync(folder)).toEqual(['core.gz'])
})

test('a disk too small to unpack on is one line, and TMPDIR names another', ({ skip }) => {
  skip(
    spawnSync('unshare', ['-rm', 'true']).status !== 0,
    'needs unshare, and a kernel that lets this user mount',
  )
  const [small, large] = [makeFolder(), makeFolder()]
  const script = `mount -t tmpfs -o size=8m none "$1" && TMPDIR="$5" "$2" src/cli/main.ts index "$3" "$4" -o "$1/heap.db" -q
    echo "$? $(ls -A "$1")"`
  const index = (temporary: string) =>
    spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', script, 'sh', small, process.execPath, packed.zstd, run.binary, temporary],
      { encoding: 'utf8' },
    )
  const refused = index('')
  expect(refused.stderr).toMatch(
    /^goheap: cannot write .*-core: the disk is full; check the path, its permissions and the free space\n$/,
  )
  expect(refused.stdout).toBe('3 \n')
  expect(index(large).stdout).toBe('0 heap.db\n')
  expect(readdirSync(large)).toEqual([])
})
