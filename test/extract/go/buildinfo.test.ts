import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { GoheapError } from '../../../src/errors.ts'
import { openElf } from '../../../src/extract/file/elf.ts'
import { type BuildInfo, readBuildInfo } from '../../../src/extract/go/buildinfo.ts'
import { Problems } from '../../../src/model/problem.ts'
import { because, buildProgram, GO_VERSIONS, missingGo } from '../../oracle/toolchain.ts'
import { concat, pattern, writeElf } from '../file/elf-writer.ts'
import { makeTempFolder } from '../file/temp-files.ts'

const folder = makeTempFolder()
const SENTINEL = Buffer.from('0123456789abcdef')
const HEADER = concat(Buffer.from('\xff Go buildinf:', 'latin1'), new Uint8Array([8, 2]), new Uint8Array(16))

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest)
    if (rest <= 0x7f) return Uint8Array.from(bytes)
  }
}

function blob(version: string, modules: string): Uint8Array {
  const text = concat(SENTINEL, Buffer.from(modules), SENTINEL)
  return concat(HEADER, varint(version.length), Buffer.from(version), varint(text.length), text)
}

function read(bytes: Uint8Array, problems = new Problems()): BuildInfo {
  const elf = openElf(folder.write('binary', bytes))
  try {
    return readBuildInfo(elf, problems)
  } finally {
    elf.close()
  }
}

const inSection = (bytes: Uint8Array) => writeElf({ type: 2, sections: [{ name: '.go.buildinfo', bytes }] })

const MODULES = [
  'path\texample.com/main/cmd/it',
  'mod\texample.com/main\tv1.2.3\th1:main=',
  'dep\texample.com/a\tv0.1.0\th1:a=',
  'dep\texample.com/b\tv0.2.0',
  '=>\texample.com/fork\tv0.2.1\th1:fork=',
  'dep\texample.com/c\tv0.3.0',
  '=>\t../c\t\t',
  'build\t-compiler=gc',
  'build\t-ldflags="-s -X \\"main.v=a\\tb\\u00e9\\x21\\U0001F600\\""',
  'build\tCGO_CFLAGS=',
  'build\t"odd key"=`raw "value"`',
  'build\tvcs.time=2024-01-02T03:04:05Z',
  '',
].join('\n')

const EXPECTED: BuildInfo = {
  goVersion: 'go1.26.8 X:foo,bar',
  mainPath: 'example.com/main/cmd/it',
  mainModule: { path: 'example.com/main', version: 'v1.2.3', sum: 'h1:main=', replaces: undefined },
  modules: [
    { path: 'example.com/a', version: 'v0.1.0', sum: 'h1:a=', replaces: undefined },
    { path: 'example.com/fork', version: 'v0.2.1', sum: 'h1:fork=', replaces: 'example.com/b v0.2.0' },
    { path: '../c', version: undefined, sum: undefined, replaces: 'example.com/c v0.3.0' },
  ],
  settings: new Map([
    ['-compiler', 'gc'],
    ['-ldflags', '-s -X "main.v=a\tbé!😀"'],
    ['CGO_CFLAGS', ''],
    ['odd key', 'raw "value"'],
    ['vcs.time', '2024-01-02T03:04:05Z'],
  ]),
}

test('version, modules, replacements and quoted settings', () => {
  const problems = new Problems()
  expect(read(inSection(blob('go1.26.8 X:foo,bar', MODULES)), problems)).toEqual(EXPECTED)
  expect(problems.rows).toEqual([])
})

test('without section headers it is found in the data, aligned, past a constant that looks like it', () => {
  const decoy = concat(HEADER.slice(0, 16), pattern(48, 3))
  const misaligned = concat(new Uint8Array(8), blob('go1.1', ''))
  const data = concat(
    decoy,
    misaligned,
    new Uint8Array(64 - (misaligned.length % 16)),
    blob('go1.26.8 X:foo,bar', MODULES),
  )
  const text = { flags: 5, address: 0x400000, bytes: blob('go1.2', '') }
  expect(read(writeElf({ type: 2, segments: [text, { flags: 6, address: 0x500000, bytes: data }] }))).toEqual(
    EXPECTED,
  )
})

test('a program built without modules has its version only', () => {
  expect(read(inSection(blob('go1.22.1', '')))).toEqual({
    goVersion: 'go1.22.1',
    mainPath: undefined,
    mainModule: undefined,
    modules: [],
    settings: new Map(),
  })
})

test('lines that cannot be read are a problem, and the others are read', () => {
  const problems = new Problems()
  const info = read(
    inSection(blob('go1.22.1', 'path\tx\nnonsense\nbuild\t=1\n=>\ta\tb\tc\nbuild\ta=b\n')),
    problems,
  )
  expect(info).toMatchObject({ mainPath: 'x', settings: new Map([['a', 'b']]) })
  expect(problems.rows).toMatchObject([{ code: 'modules-malformed', count: 3 }])
})

test.each([
  ['not-go', 'no build information', writeElf({ type: 2, segments: [{ bytes: pattern(5000, 1) }] })],
  ['not-go', 'a version that is cut off', inSection(concat(HEADER, new Uint8Array([90, 1, 2])))],
  ['old-go', 'the pointers of Go 1.17', inSection(concat(HEADER.slice(0, 15), new Uint8Array(40)))],
])('%s: %s', (code, _, bytes) => {
  expect(() => read(bytes)).toThrow(GoheapError)
  expect(() => read(bytes)).toThrow(expect.objectContaining({ code }))
})

describe.each(GO_VERSIONS)('Go %s', (version) => {
  const reason = missingGo(version)
  test.skipIf(reason)(`says what go version -m says${because(reason)}`, () => {
    const binary = buildProgram('dumpself', version, { flags: ['-ldflags=-s -w'] })
    const elf = openElf(binary)
    const info = readBuildInfo(elf, new Problems())
    elf.close()
    const [head, ...lines] = execFileSync('go', ['version', '-m', binary], { encoding: 'utf8' })
      .trimEnd()
      .split('\n')
    expect(head.split(': ')[1]).toBe(info.goVersion)
    const theirs = lines.map((line) => line.slice(1))
    const ours = [
      `path\t${info.mainPath}`,
      `mod\t${info.mainModule?.path}\t${info.mainModule?.version}\t${info.mainModule?.sum ?? ''}`,
      ...[...info.settings].map(
        ([key, value]) => `build\t${key}=${/ /.test(value) ? JSON.stringify(value) : value}`,
      ),
    ]
    expect(ours).toEqual(theirs)
  })
})
