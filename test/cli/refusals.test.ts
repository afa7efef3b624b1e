import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeElf } from '../extract/file/elf-writer.ts'
import { sampleBinary, sampleCoreSpec } from '../extract/file/sample-core.ts'
import { makeFolder } from '../schema/small-heap.ts'
import { runCli } from './run-cli.ts'

const binary = sampleBinary()
const core = writeElf(sampleCoreSpec(binary))
/** A file with one byte of its header changed: 4 is the class, 5 the byte order, 16 the type, 18 the machine. elf(5) */
const patched = (bytes: Uint8Array, at: number, value: number) => bytes.with(at, value)
const FILES: Record<string, Uint8Array | string> = {
  core,
  binary,
  empty: '',
  text: 'not an ELF file, but more than its header would be\n'.repeat(4),
  xz: new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]),
  'core-32': patched(core, 4, 1),
  'core-big': patched(core, 5, 2),
  'core-arm': patched(core, 18, 40),
  'core-arm64': patched(core, 18, 183),
  'core-head': core.slice(0, 40),
  'core-notes': core.slice(0, 700),
  'binary-32': patched(binary, 4, 1),
  'binary-other': sampleBinary({ buildId: 'another/id' }),
  'binary-object': patched(binary, 16, 1),
}

test.each([
  // core, binary, exit code, what is said
  ['none', 'binary', 3, /none: no such file/],
  ['core', 'none', 3, /none: no such file/],
  ['folder', 'binary', 3, /folder is a directory/],
  ['core', 'folder', 3, /folder is a directory/],
  ['/dev/zero', 'binary', 3, /\/dev\/zero is not a regular file/],
  ['empty', 'binary', 5, /empty is empty/],
  ['text', 'binary', 5, /text is not an ELF file/],
  ['core', 'text', 5, /text is not an ELF file/],
  ['xz', 'binary', 5, /it is xz data, to be unpacked first/],
  ['binary', 'core', 6, /the two are swapped/],
  ['binary', 'binary', 6, /is an executable or library, not a core/],
  ['core', 'core', 8, /is a core, not the program/],
  ['core', 'binary-object', 8, /is an object file, not a program/],
  ['core', 'binary-other', 8, /its Go build id is another\/id, the core's is sample\/id/],
  ['core-arm64', 'binary', 8, /is for amd64, the core is of arm64/],
  ['core-32', 'binary', 9, /core-32 is a 32-bit ELF file/],
  ['core-big', 'binary', 9, /core-big is a big endian ELF file/],
  ['core-arm', 'binary', 9, /of a machine other than amd64 and arm64/],
  ['core', 'binary-32', 9, /binary-32 is a 32-bit ELF file/],
  ['core-head', 'binary', 10, /is cut off inside its ELF header/],
  ['core-notes', 'binary', 10, /is cut off before the first byte of memory/],
  // The sample has no Go in it, as a program of C has none.
  ['core', 'binary', 7, /Go/],
] as const)(
  '%s with %s is one line and exit code %d',
  async (corePath, binaryPath, code, fact) => {
    const folder = makeFolder()
    mkdirSync(join(folder, 'folder'))
    for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(folder, name), bytes)
    const before = readdirSync(folder)
    const at = (name: string) => (name.startsWith('/') ? name : join(folder, name))
    const output = join(folder, 'heap.db')
    const told = await runCli('index', at(corePath), at(binaryPath), '-o', output)
    expect(told.stderr).toMatch(/^goheap: [^\n]+; [^\n]+\n$/)
    expect(told.stderr).toMatch(fact)
    expect([told.code, told.stdout]).toEqual([code, ''])
    expect(readdirSync(folder)).toEqual(before)
  },
  60_000,
)

test('a file that may not be read is one line', async ({ skip }) => {
  skip(process.getuid?.() === 0, 'root may read everything')
  const folder = makeFolder()
  const path = join(folder, 'core')
  writeFileSync(path, core)
  chmodSync(path, 0)
  const { code, stderr } = await runCli('index', path, path, '-o', join(folder, 'heap.db'))
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(/^goheap: cannot open .*core: permission denied; .*\n$/),
  ])
})
