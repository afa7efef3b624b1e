import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GoheapError } from '../../../src/errors.ts'
import { openBinary } from '../../../src/extract/file/binary.ts'
import type { Elf } from '../../../src/extract/file/elf.ts'
import { readBuildInfo } from '../../../src/extract/go/buildinfo.ts'
import { Problems } from '../../../src/model/problem.ts'
import {
  type BuildOptions,
  because,
  buildProgram,
  type GoVersion,
  missingGo,
} from '../../oracle/toolchain.ts'
import { makeTempFolder } from './temp-files.ts'

const SEED = 20260
const RUNS = 400
const folder = makeTempFolder()

interface Target extends Required<Pick<BuildOptions, 'system' | 'arch'>> {
  version: GoVersion
}

/**
 * On the first run each program is built, and the standard library for it. These are the programs that debug-dwarf.test.ts
 * reads too: the oldest and the newest version, since neither format depends on it. More with GOHEAP_TARGETS=all.
 */
const TARGETS: Target[] = [
  { system: 'darwin', arch: 'arm64', version: '1.21.13' },
  { system: 'windows', arch: 'amd64', version: '1.27.4' },
]
if (process.env.GOHEAP_TARGETS === 'all') {
  TARGETS.push(
    { system: 'darwin', arch: 'arm64', version: '1.27.4' },
    { system: 'darwin', arch: 'amd64', version: '1.27.4' },
    { system: 'windows', arch: 'amd64', version: '1.21.13' },
    { system: 'windows', arch: 'arm64', version: '1.27.4' },
  )
}

describe.each(TARGETS)('a program of Go $version for $system/$arch', ({ system, arch, version }) => {
  const reason = missingGo(version)
  const go = (...args: string[]) =>
    execFileSync('go', args, {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      env: { ...process.env, GOTOOLCHAIN: `go${version}` },
    }).trimEnd()

  describe.skipIf(reason)(`held against Go's own tools${because(reason)}`, () => {
    let path: string
    let binary: Elf
    beforeAll(() => {
      path = buildProgram('values', version, { system, arch })
      binary = openBinary(path)
    })
    afterAll(() => binary?.close())

    test('has its format, machine and build id', () => {
      expect(binary.format).toBe(system === 'darwin' ? 'mach-o' : 'pe')
      expect(binary.machine).toBe(arch === 'amd64' ? 62 : 183)
      expect(binary.goBuildId).toBe(go('tool', 'buildid', path))
    })

    test('has the build information that go version -m prints', () => {
      const { goVersion, mainPath, settings } = readBuildInfo(binary, new Problems())
      expect(go('version', path).split(': ')[1]).toBe(goVersion)
      const lines = go('version', '-m', path).split('\n')
      expect(lines).toContain(`\tpath\t${mainPath}`)
      expect(lines).toContain(`\tbuild\tGOOS=${settings.get('GOOS')}`)
      expect([settings.get('GOOS'), settings.get('GOARCH')]).toEqual([system, arch])
    })

    test('has the symbols that go tool nm prints', () => {
      const theirs = go('tool', 'nm', path)
        .split('\n')
        .map((line) => line.trim().split(/ +/))
        // Undefined ones have no address.
        .filter(([address]) => /^[\da-f]+$/.test(address))
        .map(([address, , ...words]) => {
          const name = words.join(' ')
          // debug/macho takes the underscore off names with a dot only.
          const isMarked = system === 'darwin' && !name.includes('.')
          return `${address} ${isMarked ? name.replace(/^_/, '') : name}`
        })
      const ours = binary.symbols().map(({ address, name }) => `${address.toString(16)} ${name}`)
      expect(theirs.length).toBeGreaterThan(2000)
      const [known, found] = [new Set(theirs), new Set(ours)]
      expect(ours.filter((symbol) => !known.has(symbol))).toEqual([])
      expect(theirs.filter((symbol) => !found.has(symbol))).toEqual([])
    })

    test('has the code of a function where its symbol says', () => {
      const symbol = binary.symbols().find(({ name }) => name === 'runtime.text')
      expect(symbol?.address).toBe(binary.section('.text')?.address)
      const segment = binary.segments.find(
        ({ virtualAddress, fileSize }) =>
          symbol && symbol.address >= virtualAddress && symbol.address < virtualAddress + fileSize,
      )
      expect(segment?.flags).toBe(5)
    })

    test('when damaged is read as far as it goes, or refused with one error', () => {
      const whole = readFileSync(path)
      let state = SEED
      const random = (limit: number) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return Math.floor((state / 2 ** 32) * limit)
      }
      const outcomes = new Set<string>()
      for (let run = 0; run < RUNS; run++) {
        // Where its headers are, which is all that these readers read; the rest is left as a hole would be.
        const bytes = new Uint8Array(whole.subarray(0, 8192))
        for (let flips = 1 + random(8); flips > 0; flips--) bytes[random(4096)] = random(256)
        const cut = run % 4 === 0 ? random(bytes.length) : bytes.length
        const damaged = folder.write(
          'damaged',
          Buffer.concat([bytes, whole.subarray(8192)]).subarray(0, cut === bytes.length ? whole.length : cut),
        )
        try {
          const file = openBinary(damaged)
          try {
            file.symbols()
            expect(file.goBuildId === undefined || typeof file.goBuildId === 'string').toBe(true)
            outcomes.add('read')
          } finally {
            file.close()
          }
        } catch (error) {
          if (!(error instanceof GoheapError)) throw new Error(`seed ${SEED}, run ${run}`, { cause: error })
          expect(error.message).toContain(damaged)
          outcomes.add(error.code)
        }
      }
      expect(outcomes.size).toBeGreaterThan(2)
    })
  })
})
