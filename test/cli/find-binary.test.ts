import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { unpackFixture } from '../../scripts/unpack-fixture.ts'
import { BinaryFolder, findBinary, HeapDb } from '../../src/index.ts'
import { delveProgram, missingDelve } from '../oracle/delve.ts'
import { missingStrip } from '../oracle/strip.ts'
import {
  because,
  buildProgram,
  type CrashedRun,
  crashProgram,
  gcoreProgram,
  missingGcore,
  missingGo,
} from '../oracle/toolchain.ts'
import { missingWine, wineProgram } from '../oracle/wine.ts'
import { makeFolder } from '../schema/small-heap.ts'
import { runCli } from './run-cli.ts'

const VERSION = '1.27.4'

const binaryOf = (database: string) => {
  const db = HeapDb.open(database)
  try {
    return db.metadata().get('binary_file')
  } finally {
    db.close()
  }
}

describe('a core whose program is not where it was', () => {
  let run: { core: string; binary: string }
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
    run = unpackFixture('leaky', folder)
    return () => rmSync(folder, { recursive: true })
  })

  test('says where that was, and its build id', async () => {
    const result = await runCli('index', run.core, '-o', join(makeFolder(), 'heap.db'))
    expect(result.code).toBe(3)
    expect(result.stderr).toMatch(
      /^goheap: the program of \S+ was \/\S+ \(Go build id [^ )]+.*\), which is not here: name the binary, or .*\n$/,
    )
  })

  test('finds it in a folder by build id, among others and damaged ones, however it is called', async () => {
    const folder = makeFolder()
    const nested = join(folder, 'a', 'b')
    mkdirSync(nested, { recursive: true })
    const bytes = readFileSync(run.binary)
    writeFileSync(join(folder, 'a', 'broken'), bytes.subarray(0, 100))
    writeFileSync(join(folder, 'a', 'empty'), '')
    writeFileSync(join(folder, 'a', 'text'), 'not a program')
    copyFileSync('/bin/sh', join(folder, 'a', 'sh'))
    symlinkSync(folder, join(folder, 'a', 'loop'))
    const search = () =>
      runCli('index', run.core, '--binary-dir', folder, '-o', join(folder, 'heap.db'), '--force', '--quiet')
    const missing = await search()
    expect(missing.code).toBe(8)
    expect(missing.stderr).toMatch(
      /^goheap: none of the 1 programs in \S+ is the one of \S+ \(Go build id [^ )]+.*\); .*\n$/,
    )
    writeFileSync(join(nested, 'whatever.bin'), bytes)
    expect(await search()).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(binaryOf(join(folder, 'heap.db'))).toBe(join(nested, 'whatever.bin'))
  })

  test('finds it for a core that is compressed', async () => {
    const folder = makeFolder()
    const packed = join(folder, 'core.gz')
    writeFileSync(packed, gzipSync(readFileSync(run.core), { level: 1 }))
    copyFileSync(run.binary, join(folder, 'server'))
    const output = join(folder, 'heap.db')
    const result = await runCli('index', packed, '--binary-dir', folder, '-o', output, '--quiet')
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test.skipIf(missingStrip())(
    `finds debug information by build id, of a binary that is named too${because(missingStrip())}`,
    async () => {
      const folder = makeFolder()
      const [stripped, debug] = [join(folder, 'server'), join(folder, 'ab', 'cdef.debug')]
      mkdirSync(join(folder, 'ab'))
      execFileSync('strip', ['--strip-all', '-o', stripped, run.binary])
      execFileSync('objcopy', ['--only-keep-debug', run.binary, debug])
      expect(findBinary(run.core, { folder: new BinaryFolder(folder) })).toBe(stripped)
      const output = join(folder, 'heap.db')
      const result = await runCli(
        'index',
        run.core,
        stripped,
        '--binary-dir',
        folder,
        '-o',
        output,
        '--quiet',
      )
      expect(result).toEqual({ code: 0, stdout: '', stderr: '' })
      const db = HeapDb.open(output)
      expect([db.metadata().get('debug_file'), db.problems()]).toEqual([debug, []])
      db.close()
    },
  )
})

const isWaiting = (folder: string) =>
  readFileSync(join(folder, 'truth'), { encoding: 'utf8', flag: 'a+' }).includes('"HeapAlloc"')
const build = (...flags: string[]) => buildProgram('truth', VERSION, { flags })

const LED: { name: string; reason: string | undefined; open: () => CrashedRun }[] = [
  {
    name: 'a kernel core',
    reason: missingGo(VERSION),
    open: () => crashProgram(build(), 'truth', 'crash'),
  },
  {
    name: 'a kernel core of a position independent program',
    reason: missingGo(VERSION),
    open: () => crashProgram(build('-buildmode=pie'), 'truth', 'crash'),
  },
  {
    name: "gcore's core",
    reason: missingGo(VERSION) ?? missingGcore(),
    open: () => gcoreProgram(build(), ['truth', 'park'], isWaiting),
  },
]

describe.each(LED)('$name', ({ reason, open }) => {
  test.skipIf(reason)(`leads to its program${because(reason)}`, async () => {
    const run = open()
    expect(findBinary(run.core)).toBe(run.binary)
    const output = join(makeFolder(), 'heap.db')
    expect(await runCli('index', run.core, '-o', output, '--quiet')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(binaryOf(output)).toBe(run.binary)
  })

  test.skipIf(reason)(`finds its program by build id, one with DWARF first${because(reason)}`, () => {
    const run = open()
    const folder = makeFolder()
    const whole = join(folder, 'whole')
    copyFileSync(run.binary, whole)
    execFileSync('strip', ['--strip-all', '-o', join(folder, 'stripped'), run.binary])
    expect(findBinary(run.core, { folder: new BinaryFolder(folder) })).toBe(whole)
    rmSync(whole)
    expect(findBinary(run.core, { folder: new BinaryFolder(folder) })).toBe(join(folder, 'stripped'))
  })
})

const noDelve = missingGo(VERSION) ?? missingDelve()
test.skipIf(noDelve)(`a dump of delve finds its program by build id${because(noDelve)}`, () => {
  const run = delveProgram(build(), ['truth', 'park'], isWaiting)
  const folder = makeFolder()
  copyFileSync(buildProgram('dumpself', VERSION), join(folder, 'dumpself'))
  copyFileSync(run.binary, join(folder, 'server'))
  expect(findBinary(run.core, { folder: new BinaryFolder(folder) })).toBe(join(folder, 'server'))
  expect(() => findBinary(run.core)).toThrow(
    /does not say where its program is \(Go build id .*name the binary/,
  )
})

const noGo = missingGo(VERSION)
test.skipIf(noGo)(`a wrong program is refused with both build ids in one line${because(noGo)}`, async () => {
  const run = crashProgram(build(), 'truth', 'crash')
  const other = buildProgram('dumpself', VERSION)
  const idOf = (path: string) => execFileSync('go', ['tool', 'buildid', path], { encoding: 'utf8' }).trim()
  const result = await runCli('index', run.core, other, '-o', join(makeFolder(), 'heap.db'))
  expect(result.code).toBe(8)
  expect(result.stderr.split('\n').length).toBe(2)
  expect(result.stderr).toContain(idOf(run.binary))
  expect(result.stderr).toContain(idOf(other))
})

const noWine = missingGo(VERSION) ?? missingWine()
test.skipIf(noWine)(`a dump of Windows finds its program by build id${because(noWine)}`, () => {
  const binary = buildProgram('truth', VERSION, { system: 'windows', arch: 'amd64' })
  const run = wineProgram(binary, ['truth', 'park'], isWaiting)
  const folder = makeFolder()
  copyFileSync(build(), join(folder, 'linux'))
  copyFileSync(binary, join(folder, 'server.exe'))
  expect(findBinary(run.core, { folder: new BinaryFolder(folder) })).toBe(join(folder, 'server.exe'))
  expect(() => findBinary(run.core)).toThrow(
    /does not say where its program is \(Go build id .*name the binary/,
  )
})
