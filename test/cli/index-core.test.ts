import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, test } from 'vitest'
import { unpackFixture } from '../../scripts/unpack-fixture.ts'
import { because, buildProgram, type CrashedRun, crashProgram, missingGo } from '../oracle/toolchain.ts'
import { makeFolder } from '../schema/small-heap.ts'
import { type Finished, runCli, startCli } from './run-cli.ts'

/** Each test starts the command several times. */
const failed = (code: number, stderr: RegExp) => ({ code, stdout: '', stderr: expect.stringMatching(stderr) })

test('inputs that are missing, empty or something else are one line each, and nothing is written', async () => {
  const folder = makeFolder()
  const text = join(folder, 'text')
  const empty = join(folder, 'empty')
  writeFileSync(text, 'not an ELF file, but more than its header would be\n'.repeat(4))
  writeFileSync(empty, '')
  const output = join(folder, 'heap.db')
  const index = (core: string, binary: string) => runCli('index', core, binary, '-o', output)
  expect(await index(join(folder, 'none'), text)).toEqual(failed(3, /^goheap: .*none.*; .*\n$/))
  expect(await index(text, process.execPath)).toEqual(failed(5, /^goheap: .*text.*; .*\n$/))
  expect(await index(process.execPath, process.execPath)).toEqual(failed(6, /^goheap: .*not a core; .*\n$/))
  const { code, stderr } = await index(empty, text)
  expect([[5, 10].includes(code ?? 0), stderr]).toEqual([
    true,
    expect.stringMatching(/^goheap: .*empty.*; .*\n$/),
  ])
  expect(readdirSync(folder).sort()).toEqual(['empty', 'text'])
})

test('an output that cannot be is refused before any work', async () => {
  const folder = makeFolder()
  writeFileSync(join(folder, 'heap.db'), 'precious')
  mkdirSync(join(folder, 'dir'))
  const index = (output: string) =>
    runCli('index', join(folder, 'core'), 'binary', '-o', join(folder, output))
  expect(await index('heap.db')).toEqual(failed(4, /^goheap: .*heap\.db exists; give --force .*\n$/))
  expect(await index('none/heap.db')).toEqual(failed(3, /its folder does not exist/))
  expect(await index('dir')).toEqual(failed(3, /not a regular file/))
  expect(await runCli('index', 'core', 'binary')).toEqual(failed(2, /^goheap: required option '-o, --output/))
  expect(await runCli('index', 'core', 'binary', '-o', 'x', '--threads', '0')).toEqual(
    failed(2, /whole number/),
  )
  expect(readFileSync(join(folder, 'heap.db'), 'utf8')).toBe('precious')
})

describe('a core', () => {
  let run: { core: string; binary: string }
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
    run = unpackFixture('leaky', folder)
    return () => rmSync(folder, { recursive: true })
  })

  test('becomes a database, and the command says what it holds', async () => {
    const output = join(makeFolder(), 'heap.db')
    const { code, stdout, stderr } = await runCli('index', run.core, run.binary, '-o', output)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/\ngo {10}go1\.26\.8 linux\/amd64\n/)
    expect(stdout).toMatch(/\nreachable +\d\d,\d{3} +\d+\.\d MiB\n/)
    expect(stdout).toMatch(/\nproblems {4}.+\ndatabase {4}.+\nwritten in .+; next: goheap suspects .+\n$/)
    const database = new Database(output, { readonly: true })
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(database.pragma('foreign_key_check')).toEqual([])
    database.close()
  })

  test('becomes equal databases with one thread and with several', async () => {
    const folder = makeFolder()
    const dumps = []
    for (const threads of ['1', '2']) {
      const output = join(folder, `${threads}.db`)
      const arguments_ = ['index', run.core, run.binary, '-o', output, '--threads', threads]
      expect((await runCli(...arguments_, '--quiet')).stdout).toBe('')
      dumps.push(dumpTables(output))
    }
    expect(dumps[0].size).toBeGreaterThan(15)
    expect(dumps[1]).toEqual(dumps[0])
  })

  test('--json gives the summary as JSON, and --force replaces', async () => {
    const output = join(makeFolder(), 'heap.db')
    writeFileSync(output, 'old')
    const { stdout } = await runCli('index', run.core, run.binary, '-o', output, '--force', '--json')
    const summary = JSON.parse(stdout)
    expect(summary.metadata.go_version).toBe('go1.26.8')
    expect(summary.objects).toBeGreaterThanOrEqual(summary.reachableObjects)
    expect(summary.path).toBe(output)
  })

  test('an input is never written over, by whatever name', async () => {
    const folder = makeFolder()
    const alias = join(folder, 'alias')
    symlinkSync(run.core, alias)
    const size = readFileSync(run.binary).length
    for (const output of [run.binary, run.core, alias]) {
      const result = await runCli('index', run.core, run.binary, '-o', output, '--force')
      expect(result).toEqual(failed(2, /is one of the inputs/))
    }
    expect(readFileSync(run.binary).length).toBe(size)
  })

  test('a disk too small is one line, and nothing is left', ({ skip }) => {
    skip(
      spawnSync('unshare', ['-rm', 'true']).status !== 0,
      'needs unshare, and a kernel that lets this user mount',
    )
    const folder = makeFolder()
    const script = `mount -t tmpfs -o size=1m none "$1" && "$2" src/cli/main.ts index "$3" "$4" -o "$1/heap.db"
      echo "$? $(ls -A "$1" | wc -l)"`
    const finished = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath, run.core, run.binary],
      {
        encoding: 'utf8',
      },
    )
    expect(finished.stderr).toBe(
      `goheap: cannot write ${folder}/heap.db: the disk is full; check the path, its permissions and the free space\n`,
    )
    expect(finished.stdout).toBe('3 0\n')
  })

  test('cut off is indexed as far as it goes, or refused in one line', async () => {
    const folder = makeFolder()
    const core = join(folder, 'core')
    spawnSync('cp', ['--sparse=always', run.core, core])
    truncateSync(core, 200_000)
    const { code, stderr } = await runCli('index', core, run.binary, '-o', join(folder, 'heap.db'))
    if (code === 0) expect(stderr).toBe('')
    else
      expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(/^goheap: (?!defect).*\n$/)])
    expect(code).not.toBe(1)
  })
})

const reason = missingGo('1.26.8')
describe.skipIf(reason)(`while a large heap is written${because(reason)}`, () => {
  let run: CrashedRun
  beforeAll(() => {
    run = crashProgram(buildProgram('many', '1.26.8'), '200000')
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s ends the command at once with code %d and leaves nothing',
    async (signal, code) => {
      const folder = makeFolder()
      const { child, finished } = startCli('index', run.core, run.binary, '-o', join(folder, 'heap.db'))
      await waitForWriting(folder, finished)
      child.kill(signal)
      expect(await finished).toEqual({ code, stdout: '', stderr: '' })
      expect(readdirSync(folder)).toEqual([])
    },
    60_000,
  )

  test('a Ctrl-C of the terminal, which all its processes get, does the same', async () => {
    const folder = makeFolder()
    const { child, finished } = startCli('index', run.core, run.binary, '-o', join(folder, 'heap.db'))
    await waitForWriting(folder, finished)
    for (const worker of childrenOf(child.pid ?? 0)) process.kill(worker, 'SIGINT')
    child.kill('SIGINT')
    expect(await finished).toEqual({ code: 130, stdout: '', stderr: '' })
    expect(readdirSync(folder)).toEqual([])
  })

  test('when the kernel kills the process that indexes, the command says so and cleans up', async () => {
    const folder = makeFolder()
    const { child, finished } = startCli('index', run.core, run.binary, '-o', join(folder, 'heap.db'))
    await waitForWriting(folder, finished)
    const [worker] = childrenOf(child.pid ?? 0)
    process.kill(worker, 'SIGKILL')
    expect(await finished).toEqual(failed(1, /^goheap: .*was killed by SIGKILL .*\n$/))
    expect(readdirSync(folder)).toEqual([])
  })

  test('when the command itself is killed, what it started ends and cleans up', async () => {
    const folder = makeFolder()
    const { child, finished } = startCli('index', run.core, run.binary, '-o', join(folder, 'heap.db'))
    await waitForWriting(folder, finished)
    child.kill('SIGKILL')
    expect((await finished).code).toBe(null)
    await until(() => readdirSync(folder).length === 0)
  })
})

/** Every table's rows as text, without the two times at which it was written. */
function dumpTables(path: string): Map<string, string> {
  const database = new Database(path, { readonly: true })
  const names = database
    .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations'`)
    .pluck()
    .all()
  const dump = new Map<string, string>()
  for (const name of names) {
    const where = name === 'metadata' ? `WHERE key <> 'indexed_at'` : ''
    dump.set(name, JSON.stringify(database.prepare(`SELECT * FROM ${name} ${where}`).raw().all()))
  }
  database.close()
  return dump
}

/** Until the temporary file has rows in it: a failure when the command ends before that. */
async function waitForWriting(folder: string, finished: Promise<Finished>): Promise<void> {
  let end: Finished | undefined
  void finished.then((result) => {
    end = result
  })
  await until(() => {
    if (end !== undefined) throw new Error(`ended too early: ${JSON.stringify(end)}`)
    return readdirSync(folder).some(
      (name) => (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) > 0,
    )
  })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function childrenOf(process: number): number[] {
  const text = readFileSync(`/proc/${process}/task/${process}/children`, 'utf8')
  return text.trim().split(/\s+/).map(Number)
}
