import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Core, openCore } from '../../../src/extract/file/core.ts'
import { Problems } from '../../../src/model/problem.ts'
import {
  because,
  buildProgram,
  type CrashedRun,
  crashProgram,
  missingC,
  missingGo,
} from '../../oracle/toolchain.ts'
import { makeTempFolder } from './temp-files.ts'

const folder = makeTempFolder()

const CASES = [
  { version: '1.21.13', flags: [], cgo: false },
  { version: '1.24.13', flags: ['-buildmode=pie'], cgo: false },
  { version: '1.27.4', flags: [], cgo: true },
] as const

const missingGdb = () => (spawnSync('gdb', ['--version']).error ? 'NOT RUN: gdb is not installed' : undefined)

describe.each(CASES)('a core of Go $version, $flags, cgo $cgo', ({ version, flags, cgo }) => {
  const reason = missingGo(version) ?? missingGdb() ?? (cgo ? missingC() : undefined)
  describe.skipIf(reason)(`held against gdb${because(reason)}`, () => {
    // What is dynamically linked has libraries, or at least the loader, whose unmodified pages are in their files.
    const isDynamic = cgo || flags.length > 0
    const problems = new Problems()
    let run: CrashedRun
    let core: Core
    beforeAll(() => {
      const args = cgo ? ['crash'] : ['dump', 'truth']
      run = crashProgram(buildProgram(cgo ? 'cgomix' : 'dumpself', version, { flags, cgo }), ...args)
      core = openCore(run.core, run.binary, problems)
    })
    afterAll(() => core?.close())

    /** gdb's output, a line each, for commands on the core. */
    function gdb(commands: readonly string[]): string[] {
      const args = commands.flatMap((command) => ['-ex', command])
      const { stdout } = spawnSync('gdb', ['-batch', '-nx', ...args, run.binary, run.core], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      })
      return stdout.split('\n')
    }

    test('is of the kernel, with nothing lost or in doubt', () => {
      expect(problems.rows).toEqual([])
      expect(core.writer).toBe('kernel')
      expect(core.bias === 0).toBe(flags.length === 0)
    })

    test('has the same byte at every address of every mapping', () => {
      const held = core.memory.mappings.filter((mapping) => mapping.source !== 'absent')
      const sources = new Set(held.map((mapping) => mapping.source))
      expect(sources).toEqual(new Set(isDynamic ? ['core', 'binary', 'file'] : ['core', 'binary']))
      gdb(
        held.map(({ address, size }) => {
          const end = (address + size).toString(16)
          return `dump binary memory ${folder.path(address.toString(16))} 0x${address.toString(16)} 0x${end}`
        }),
      )
      for (const { address, size } of held) {
        const theirs = readFileSync(folder.path(address.toString(16)))
        const ours = new Uint8Array(size)
        expect(core.memory.readInto(address, ours)).toBe(size)
        expect(Buffer.compare(ours, theirs), `mapping at 0x${address.toString(16)}`).toBe(0)
      }
    })

    test('has the same threads with the same registers', () => {
      const lines = gdb(['thread apply all -ascending info registers rip rsp rdi fs_base'])
      const theirs: string[] = []
      for (const line of lines) {
        const thread = /^Thread .*\(?LWP (\d+)\)/.exec(line)
        const register = /^(rip|rsp|rdi|fs_base) +0x([0-9a-f]+)/.exec(line)
        if (thread) theirs.push(thread[1])
        else if (register) theirs[theirs.length - 1] += ` ${register[1]}=${register[2]}`
      }
      const ours = core.threads.map(({ id, pc, sp, registers }) => {
        const [rdi, fsBase] = [registers[14], registers[21]].map((value) => value.toString(16))
        return `${id} rip=${pc.toString(16)} rsp=${sp.toString(16)} rdi=${rdi} fs_base=${fsBase}`
      })
      expect(ours.length).toBeGreaterThan(2)
      expect(ours.sort()).toEqual(theirs.sort())
    })
  })
})
