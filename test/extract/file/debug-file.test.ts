import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import { joinDebugFile, openDebugFile } from '../../../src/extract/file/debug-file.ts'
import { openElf } from '../../../src/extract/file/elf.ts'
import { Problems } from '../../../src/model/problem.ts'
import { missingStrip } from '../../oracle/strip.ts'
import { because, type CrashedRun, unpackProgram } from '../../oracle/toolchain.ts'
import { makeTempFolder } from './temp-files.ts'

/** Other programs may keep the machine busy. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const reason = missingStrip()
const folder = makeTempFolder()

const run = (folder: string, ...[command, ...args]: [string, ...string[]]) =>
  void execFileSync(command, args, { cwd: folder })

describe.skipIf(reason)(`debug information in a file of its own${because(reason)}`, () => {
  let leaky: CrashedRun
  let whole: ReturnType<typeof describeBinary>
  beforeAll(() => {
    leaky = unpackProgram('leaky')
    whole = describeBinary(leaky.binary)
  })

  /** What a form of the binary tells. */
  function describeBinary(path: string) {
    const problems = new Problems()
    const binary = openElf(path)
    const debug = openDebugFile(binary, problems)
    const joined = debug === undefined ? binary : joinDebugFile(binary, debug)
    try {
      const { globals, types } = openDwarf(joined)
      const symbols = joined.symbols()
      return { globals, types: types.length, symbols, debug: debug?.path, problems: problems.rows }
    } finally {
      joined.close()
    }
  }

  /** A folder with `server`, stripped, and its debug information as `name`. */
  function split(name: string): string {
    const at = folder.path(name.replaceAll(/\W/g, '-'))
    mkdirSync(at)
    run(at, 'objcopy', '--only-keep-debug', leaky.binary, name)
    run(at, 'strip', '--strip-all', '-o', 'server', leaky.binary)
    return at
  }

  const link = (at: string, name: string) => run(at, 'objcopy', `--add-gnu-debuglink=${name}`, 'server')

  function expectWhole(at: string, debug: string) {
    const found = describeBinary(join(at, 'server'))
    expect(found.globals.length).toBeGreaterThan(1000)
    expect(found).toEqual({ ...whole, debug })
  }

  test('is found by the name that the binary has of it', () => {
    const at = split('anything.dbg')
    link(at, 'anything.dbg')
    expectWhole(at, join(at, 'anything.dbg'))
  })

  test('is found in a folder called .debug', () => {
    const at = split('hidden.dbg')
    link(at, 'hidden.dbg')
    mkdirSync(join(at, '.debug'))
    renameSync(join(at, 'hidden.dbg'), join(at, '.debug', 'hidden.dbg'))
    expectWhole(at, join(at, '.debug', 'hidden.dbg'))
  })

  test('is found by the binary’s own name, when it has the same build id', () => {
    const at = split('server.debug')
    expectWhole(at, join(at, 'server.debug'))
  })

  test('is told by its checksum where there is no build id', () => {
    const at = split('sum.dbg')
    run(at, 'objcopy', '-R', '.note.go.buildid', '-R', '.note.gnu.build-id', 'server')
    link(at, 'sum.dbg')
    expectWhole(at, join(at, 'sum.dbg'))
  })

  test('of another build is not taken, and a problem says so', () => {
    const at = split('other.dbg')
    link(at, 'other.dbg')
    const other = unpackProgram('dumpself-1.21')
    run(at, 'objcopy', '--only-keep-debug', other.binary, 'other.dbg')
    const { debug, globals, problems } = describeBinary(join(at, 'server'))
    expect([debug, globals]).toEqual([undefined, []])
    expect(problems).toMatchObject([{ code: 'debug-file-differs', severity: 'warning' }])
    expect(problems[0].message).toContain(join(at, 'other.dbg'))
  })

  test('of the wrong bytes is not taken where there is no build id', () => {
    const at = split('changed.dbg')
    run(at, 'objcopy', '-R', '.note.go.buildid', '-R', '.note.gnu.build-id', 'server')
    link(at, 'changed.dbg')
    run(at, 'objcopy', '-R', '.debug_frame', 'changed.dbg')
    expect(describeBinary(join(at, 'server'))).toMatchObject({
      debug: undefined,
      problems: [{ code: 'debug-file-differs' }],
    })
  })

  test('is not looked for when the binary has its own', () => {
    const at = folder.path('whole')
    mkdirSync(at)
    copyFileSync(leaky.binary, join(at, 'server'))
    copyFileSync(leaky.binary, join(at, 'server.debug'))
    expect(describeBinary(join(at, 'server'))).toEqual(whole)
  })
})
