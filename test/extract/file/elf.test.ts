import { execFileSync } from 'node:child_process'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { GoheapError } from '../../../src/errors.ts'
import { openElf } from '../../../src/extract/file/elf.ts'
import { buildIdNote, concat, note, PT_NOTE, pattern, words, writeElf } from './elf-writer.ts'
import { makeTempFolder } from './temp-files.ts'

const folder = makeTempFolder()
let count = 0
const open = (bytes: Uint8Array) => openElf(folder.write(`file${count++}`, bytes))

function failure(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof GoheapError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'it did not fail'
}

test('segments and sections have the fields that were written', () => {
  const elf = open(
    writeElf({
      type: 2,
      entry: 0x401000,
      segments: [{ flags: 5, address: 0x400000, bytes: pattern(100, 1), memorySize: 200, align: 4096 }],
      sections: [
        { name: '.one', address: 0x400010, bytes: pattern(10, 2) },
        { name: '.two', bytes: pattern(20, 3) },
      ],
    }),
  )
  expect(elf).toMatchObject({ type: 2, machine: 62, entry: 0x401000 })
  expect(elf.segments).toMatchObject([
    { type: 1, flags: 5, virtualAddress: 0x400000, fileSize: 100, memorySize: 200, align: 4096 },
  ])
  expect(elf.sections.map((section) => section.name)).toEqual(['', '.one', '.two', '.shstrtab'])
  expect(elf.section('.one')).toMatchObject({ address: 0x400010, size: 10 })
  expect(elf.sectionBytes('.two')).toEqual(pattern(20, 3))
  expect(elf.section('.three')).toBeUndefined()
  expect(elf.sectionBytes('.three')).toBeUndefined()
  expect(elf.symbols()).toEqual([])
})

describe('compressed sections', () => {
  const plain = pattern(5000, 4)
  const SHF_COMPRESSED = 0x800
  const header = (method: number, size: number) => words([method, size, 1])
  const zdebugSize = new Uint8Array([0, 0, 0, 0, 0, 0, 0x13, 0x88])
  const elf = open(
    writeElf({
      type: 2,
      sections: [
        { name: '.debug_zlib', flags: SHF_COMPRESSED, bytes: concat(header(1, 5000), deflateSync(plain)) },
        {
          name: '.debug_zstd',
          flags: SHF_COMPRESSED,
          bytes: concat(header(2, 5000), zstdCompressSync(plain)),
        },
        { name: '.zdebug_old', bytes: concat(Buffer.from('ZLIB'), zdebugSize, deflateSync(plain)) },
        { name: '.short', flags: SHF_COMPRESSED, bytes: concat(header(1, 6000), deflateSync(plain)) },
        { name: '.long', flags: SHF_COMPRESSED, bytes: concat(header(1, 100), deflateSync(plain)) },
        { name: '.bomb', flags: SHF_COMPRESSED, bytes: concat(header(1, 2 ** 40), deflateSync(plain)) },
        { name: '.bad', flags: SHF_COMPRESSED, bytes: concat(header(1, 5000), pattern(50, 5)) },
        { name: '.method', flags: SHF_COMPRESSED, bytes: concat(header(9, 5000), pattern(50, 5)) },
        { name: '.nobits', type: 8, bytes: new Uint8Array(0) },
      ],
    }),
  )
  test('are unpacked, zlib, zstd and the older .zdebug naming', () => {
    expect(elf.sectionBytes('.debug_zlib')).toEqual(Buffer.from(plain))
    expect(elf.sectionBytes('.debug_zstd')).toEqual(Buffer.from(plain))
    expect(elf.sectionBytes('.debug_old')).toEqual(Buffer.from(plain))
  })
  test('that do not unpack to what their header says are corrupt', () => {
    for (const name of ['.short', '.long', '.bomb', '.bad']) {
      expect(failure(() => elf.sectionBytes(name))).toMatch(/^corrupt: /)
    }
    expect(failure(() => elf.sectionBytes('.method'))).toMatch(/^unsupported: .*method 9/)
  })
  test('a section without bytes in the file has none', () => {
    expect(elf.sectionBytes('.nobits')).toBeUndefined()
  })
})

test('build ids are read from notes padded to 4 and to 8', () => {
  const gnu = note('GNU', 3, new Uint8Array([0xab, 0xcd, 0x01, 0x02]))
  // A property note of 12 bytes and its padding to 8, then the build id.
  const property = concat(note('GNU', 5, pattern(12, 1)), new Uint8Array(4))
  const elf = open(
    writeElf({
      type: 2,
      segments: [
        { type: PT_NOTE, bytes: concat(property, gnu), align: 8 },
        { type: PT_NOTE, bytes: buildIdNote('a/b/c'), align: 4 },
      ],
    }),
  )
  expect(elf.gnuBuildId).toBe('abcd0102')
  expect(elf.goBuildId).toBe('a/b/c')
})

test('symbols are the defined ones, by address', () => {
  const symbol = (name: number, info: number, section: number, address: number, size: number) => {
    const bytes = new Uint8Array(24)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, name, true)
    bytes[4] = info
    view.setUint16(6, section, true)
    view.setUint32(8, address, true)
    view.setUint32(16, size, true)
    return bytes
  }
  const elf = open(
    writeElf({
      type: 2,
      sections: [
        {
          name: '.symtab',
          type: 2,
          link: 2,
          bytes: concat(
            symbol(0, 0, 0, 0, 0),
            symbol(1, 0x12, 1, 0x2000, 8),
            symbol(6, 0x11, 1, 0x1000, 16),
            symbol(1, 0x12, 0, 0x3000, 8), // undefined
            symbol(1, 0x04, 0xfff1, 0, 0), // a file name
            symbol(1, 0x16, 1, 8, 8), // thread-local
          ),
        },
        { name: '.strtab', type: 3, bytes: Buffer.from('\0main\0m\u00b7data\0') },
      ],
    }),
  )
  expect(elf.symbols()).toEqual([
    { name: 'm·data', address: 0x1000, size: 16, type: 1 },
    { name: 'main', address: 0x2000, size: 8, type: 2 },
  ])
})

describe('what is no ELF file of ours is named', () => {
  const elf = writeElf({ type: 2, segments: [{ address: 0x1000, bytes: pattern(50, 1) }] })
  const changed = (offset: number, value: number) => {
    const bytes = elf.slice()
    bytes[offset] = value
    return bytes
  }
  test.each([
    ['not-elf: .* is empty', new Uint8Array(0)],
    ['not-elf: .*gzip', gzipSync('x')],
    ['not-elf: .*zstd', zstdCompressSync(Buffer.from('x'))],
    ['not-elf: .*Mach-O', new Uint8Array([0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1])],
    ['not-elf: .*PE file', Buffer.from('MZ\x90\0')],
    ['not-elf: .*minidump', Buffer.from('MDMP\x93\xa7')],
    ['not-elf: .*WriteHeapDump', Buffer.from('go1.7 heap dump\n')],
    ['not-elf: .* is not an ELF file$', Buffer.from('hello')],
    ['truncated: .*inside its ELF header', elf.slice(0, 40)],
    ['truncated: .*segment table', elf.slice(0, 100)],
    ['unsupported: .*32-bit', changed(4, 1)],
    ['unsupported: .*big endian', changed(5, 2)],
    ['corrupt: .*program headers of 40 bytes', changed(54, 40)],
  ])('%s', (expected, bytes) => {
    expect(failure(() => open(bytes))).toMatch(new RegExp(`^${expected}`))
  })

  test('a folder, a missing file and a named pipe', () => {
    expect(failure(() => openElf(folder.path('')))).toMatch(/^file: .*is a directory/)
    expect(failure(() => openElf(folder.path('missing')))).toMatch(/^file: .*no such file/)
    execFileSync('mkfifo', [folder.path('pipe')])
    expect(failure(() => openElf(folder.path('pipe')))).toMatch(/^file: .*not a regular file/)
  })
})

test('a core with its end cut off, and with it the number of its segments, finds them by its notes', () => {
  const segments = Array.from({ length: 0x10000 }, (_, i) => ({ address: i * 0x1000, memorySize: 0x1000 }))
  const bytes = writeElf({
    type: 4,
    usePnXnum: true,
    segments: [{ type: PT_NOTE, bytes: note('CORE', 1, pattern(20, 1)) }, ...segments],
  })
  expect(open(bytes).segments).toHaveLength(0x10001)
  expect(open(bytes.slice(0, bytes.length - 10)).segments).toHaveLength(0x10001)
})
