import { describe, expect, test } from 'vitest'
import { FaultError, GoheapError } from '../../../src/errors.ts'
import { openCore } from '../../../src/extract/file/core.ts'
import { openMemory } from '../../../src/extract/file/memory.ts'
import { Problems } from '../../../src/model/problem.ts'
import { concat, fileNote, note, PT_NOTE, pattern, threadNote, writeElf } from './elf-writer.ts'
import * as sample from './sample-core.ts'
import { makeTempFolder } from './temp-files.ts'

const { DATA, ENTRY, HEAP, JOINT, PAGE, RESERVED, TEXT } = sample
const folder = makeTempFolder()
const binary = sample.sampleBinary()
const binaryPath = folder.write('sample', binary)
let count = 0

function open(core: Uint8Array, program = binaryPath) {
  const problems = new Problems()
  const opened = openCore(folder.write(`core${count++}`, core), program, problems)
  const codes = problems.rows.map((row) => row.code)
  return { core: opened, memory: opened.memory, codes, problems }
}

function failure(run: () => unknown): GoheapError {
  try {
    run()
  } catch (error) {
    if (error instanceof GoheapError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('a core over its binary', () => {
  const { core, memory, codes } = open(writeElf(sample.sampleCoreSpec(binary)))

  test('has no problems', () => expect(codes).toEqual([]))

  test('has the threads, the process and the writer that its notes tell', () => {
    expect(core.threads.map((thread) => thread.id)).toEqual([77, 78])
    expect([...core.threads[0].registers]).toEqual(sample.REGISTERS)
    expect(core.threads[0]).toMatchObject({ pc: 0x1000 + 16, sp: 0x1000 + 19 })
    expect(core).toMatchObject({
      processId: 42,
      commandLine: './sample --flag',
      writer: 'kernel',
      arch: 'amd64',
      bias: 0,
    })
  })

  test('reads unmodified pages from the binary', () => {
    expect(memory.readBytes(TEXT, 2 * PAGE)).toEqual(binary.slice(0, 2 * PAGE))
  })

  test('prefers the core where both have bytes', () => {
    expect(memory.readBytes(DATA, PAGE)).toEqual(pattern(PAGE, 2))
  })

  test('reads words, halves and bytes across the joint of two segments', () => {
    const bytes = Buffer.from(concat(pattern(0x100, 3), pattern(0x100, 4)))
    for (let at = 0xf0; at < 0x108; at++) {
      expect(memory.readWord(HEAP + at)).toBe(Number(bytes.readBigUInt64LE(at)))
      expect(memory.readU32(HEAP + at)).toBe(bytes.readUInt32LE(at))
      expect(memory.readI32(HEAP + at)).toBe(bytes.readInt32LE(at))
      expect(memory.readU16(HEAP + at)).toBe(bytes.readUInt16LE(at))
      expect(memory.readU8(HEAP + at)).toBe(bytes[at])
    }
  })

  test('has no bytes for a reservation, nor past the end of a segment', () => {
    expect(() => memory.readU8(RESERVED)).toThrow(FaultError)
    expect(memory.isReadable(RESERVED, 1)).toBe(false)
    expect(memory.isReadable(JOINT, 0x100)).toBe(true)
    expect(memory.isReadable(JOINT, 0x101)).toBe(false)
    expect(() => memory.readWord(JOINT + 0xf9)).toThrow(FaultError)
    expect(memory.readInto(JOINT + 0xf9, new Uint8Array(8))).toBe(7)
    expect(failure(() => memory.readBytes(HEAP, 2 ** 40))).toMatchObject({ address: JOINT + 0x100 })
  })

  test('lists where each mapping comes from', () => {
    expect(memory.mappings).toEqual([
      { address: TEXT, size: PAGE, source: 'core', permissions: 'r-x', file: '/srv/sample' },
      { address: TEXT + PAGE, size: PAGE, source: 'binary', permissions: 'r-x', file: '/srv/sample' },
      { address: DATA, size: PAGE, source: 'core', permissions: 'rw-', file: '/srv/sample' },
      { address: HEAP, size: 0x100, source: 'core', permissions: 'rw-', file: undefined },
      { address: JOINT, size: 0x100, source: 'core', permissions: 'rw-', file: undefined },
      { address: RESERVED, size: 0x4000_0000, source: 'absent', permissions: '---', file: undefined },
    ])
  })

  test('opens anew from its plan after a structured clone, as in a worker', () => {
    const again = openMemory(structuredClone(memory.plan))
    expect(again.readBytes(TEXT, 3 * PAGE)).toEqual(memory.readBytes(TEXT, 3 * PAGE))
    again.close()
  })
})

test('the number of segments may be in section header 0 (PN_XNUM)', () => {
  const { memory, codes } = open(writeElf(sample.sampleCoreSpec(binary, { usePnXnum: true })))
  expect(codes).toEqual([])
  expect(memory.mappings).toHaveLength(6)
})

test('a writable mapping that the core leaves out is read from the binary: it was never written', () => {
  const spec = sample.sampleCoreSpec(binary)
  const segments = spec.segments?.map((segment) =>
    segment.address === DATA ? { flags: 6, address: DATA, memorySize: PAGE } : segment,
  )
  const { memory } = open(writeElf({ ...spec, segments: segments ?? [] }))
  expect(memory.readBytes(DATA, PAGE)).toEqual(binary.slice(2 * PAGE))
  expect(memory.isReadable(DATA + PAGE, 1)).toBe(false)
})

test('a truncated core keeps what is there, and never takes lost data from the binary', () => {
  const whole = writeElf(sample.sampleCoreSpec(binary))
  const lost = PAGE / 2 + 0x200
  const { memory, problems } = open(whole.slice(0, whole.length - lost))
  expect(memory.readBytes(DATA, PAGE / 2)).toEqual(pattern(PAGE, 2).slice(0, PAGE / 2))
  expect(memory.isReadable(DATA + PAGE / 2, 1)).toBe(false)
  expect(memory.isReadable(HEAP, 1)).toBe(false)
  expect(problems.rows).toMatchObject([
    { code: 'core-truncated', severity: 'error', address: DATA + PAGE / 2, count: 3 },
  ])
  expect(problems.rows[0].message).toContain(`${lost} bytes`)
})

test('where segments overlap the later one wins, and a problem says so', () => {
  const spec = sample.sampleCoreSpec(binary)
  const over = { flags: 6, address: HEAP + 0x80, bytes: pattern(0x100, 9) }
  const { memory, codes } = open(writeElf({ ...spec, segments: [...(spec.segments ?? []), over] }))
  expect(codes).toEqual(['segments-overlap'])
  const expected = concat(pattern(0x100, 3).slice(0, 0x80), pattern(0x100, 9), pattern(0x100, 4).slice(0x80))
  expect(memory.readBytes(HEAP, 0x200)).toEqual(expected)
})

test('the vsyscall page is no memory of the process', () => {
  const spec = sample.sampleCoreSpec(binary)
  const vsyscall = { flags: 5, address: 2 ** 64 - 0xa00000, bytes: pattern(PAGE, 5) }
  const { memory, codes } = open(writeElf({ ...spec, segments: [...(spec.segments ?? []), vsyscall] }))
  expect(codes).toEqual([])
  expect(memory.mappings).toHaveLength(6)
})

test('a position independent binary is placed by AT_ENTRY, else by the mapped files', () => {
  const pie = sample.sampleBinary({ type: 3, bias: 0x3fe000 })
  const program = folder.write('pie', pie)
  const spec = sample.sampleCoreSpec(pie)
  expect(open(writeElf(spec), program).core.bias).toBe(0x3fe000)
  const files = fileNote([{ start: TEXT, end: TEXT + 2 * PAGE, page: 0, path: '/srv/sample' }])
  const notes = { type: PT_NOTE, bytes: concat(threadNote(1, sample.REGISTERS), files) }
  const { core, memory } = open(
    writeElf({ ...spec, segments: [notes, ...sample.sampleSegments(pie)] }),
    program,
  )
  expect(core.bias).toBe(0x3fe000)
  expect(memory.readBytes(TEXT + PAGE, PAGE)).toEqual(pie.slice(PAGE, 2 * PAGE))
})

test('gcore and Delve are told apart from the kernel', () => {
  const spec = sample.sampleCoreSpec(binary)
  const [first, ...segments] = spec.segments ?? []
  const gdb = concat(first.bytes ?? new Uint8Array(0), note('GDB', 0xff000000, Buffer.from('<target/>')))
  expect(
    open(writeElf({ type: 4, segments: [{ type: PT_NOTE, bytes: gdb }, ...segments] })).core.writer,
  ).toBe('gcore')
  const delve = concat(
    note('Delve Header', 0x444c5645, Buffer.from('x')),
    threadNote(5, sample.REGISTERS, ''),
  )
  const opened = open(writeElf({ type: 4, segments: [{ type: PT_NOTE, bytes: delve }, ...segments] })).core
  expect(opened.writer).toBe('delve')
  expect(opened.threads.map((thread) => thread.id)).toEqual([5])
})

test('arm64 threads have 34 registers', () => {
  const program = sample.sampleBinary()
  program[18] = 183
  const registers = Array.from({ length: 34 }, (_, i) => 0x2000 + i)
  const notes = { type: PT_NOTE, bytes: threadNote(9, registers) }
  const bytes = writeElf({ type: 4, machine: 183, segments: [notes, ...sample.sampleSegments(program)] })
  const { core } = open(bytes, folder.write('arm', program))
  expect(core.arch).toBe('arm64')
  expect(core.threads).toMatchObject([{ id: 9, pc: 0x2000 + 32, sp: 0x2000 + 31 }])
  expect([...core.threads[0].registers]).toEqual(registers)
})

test('malformed notes become problems, and the rest is read', () => {
  const bad = concat(
    note('CORE', 1, new Uint8Array(40)),
    note('CORE', 0x46494c45, new Uint8Array(17).fill(255)),
  )
  const cut = threadNote(3, sample.REGISTERS).slice(0, 100)
  const notes = { type: PT_NOTE, bytes: concat(bad, threadNote(2, sample.REGISTERS), cut) }
  const { core, problems } = open(writeElf({ type: 4, segments: [notes, ...sample.sampleSegments(binary)] }))
  expect(core.threads.map((thread) => thread.id)).toEqual([2])
  expect(problems.rows).toMatchObject([{ code: 'note-malformed', count: 3 }])
})

describe('mapped files other than the binary', () => {
  const library = sample.sampleBinary({ type: 3, bias: TEXT, buildId: 'library' })
  const LIBRARY = 0x7f00_0000_0000
  const path = folder.write('library.so', library)

  function openWith(head: Uint8Array) {
    const spec = sample.sampleCoreSpec(binary)
    const [first, ...segments] = spec.segments ?? []
    const files = fileNote([
      { start: TEXT, end: TEXT + 2 * PAGE, page: 0, path: '/srv/sample' },
      { start: LIBRARY, end: LIBRARY + 2 * PAGE, page: 0, path },
    ])
    const notes = { type: PT_NOTE, bytes: concat(first.bytes ?? new Uint8Array(0), files) }
    const mapped = { flags: 5, address: LIBRARY, bytes: head, memorySize: 2 * PAGE }
    return open(writeElf({ type: 4, segments: [notes, ...segments, mapped] }))
  }

  test('fill the core when their first page is the one in it', () => {
    const { memory, codes } = openWith(library.slice(0, PAGE))
    expect(codes).toEqual([])
    expect(memory.readBytes(LIBRARY, 2 * PAGE)).toEqual(library.slice(0, 2 * PAGE))
    expect(memory.mappings.at(-1)).toEqual({
      address: LIBRARY + PAGE,
      size: PAGE,
      source: 'file',
      permissions: 'r-x',
      file: path,
    })
  })

  test('are left out when it differs, and when the core does not have it', () => {
    const changed = library.slice(0, PAGE)
    changed[PAGE - 1] ^= 1
    const differing = openWith(changed)
    expect(differing.codes).toEqual(['mapped-file-changed'])
    expect(differing.memory.isReadable(LIBRARY + PAGE, 1)).toBe(false)
    const unknown = openWith(new Uint8Array(0))
    expect(unknown.codes).toEqual([])
    expect(unknown.memory.isReadable(LIBRARY, 1)).toBe(false)
  })
})

describe('the binary is held against the core', () => {
  const core = writeElf(sample.sampleCoreSpec(binary))

  test('another build id is another program, and the message names both', () => {
    const other = folder.write('other', sample.sampleBinary({ buildId: 'other/id' }))
    const error = failure(() => open(core, other))
    expect(error.code).toBe('wrong-binary')
    expect(error.message).toContain('sample/id')
    expect(error.message).toContain('other/id')
  })

  test('without build ids the bytes decide, and what strip changes does not count', () => {
    const plain = sample.sampleBinary({ buildId: '' })
    const plainCore = writeElf(sample.sampleCoreSpec(plain))
    const stripped = plain.slice()
    stripped[40] ^= 0xff
    stripped[60] ^= 0xff
    expect(open(plainCore, folder.write('stripped', stripped)).codes).toEqual([])
    const changed = plain.slice()
    changed[1000] ^= 1
    expect(failure(() => open(plainCore, folder.write('changed', changed)))).toMatchObject({
      code: 'wrong-binary',
    })
  })

  test('with nothing to compare a problem says so', () => {
    const segments = sample.sampleSegments(binary).slice(1)
    const notes = { type: PT_NOTE, bytes: threadNote(1, sample.REGISTERS) }
    const { codes, memory } = open(writeElf({ type: 4, segments: [notes, ...segments] }))
    expect(codes).toEqual(['build-id-unchecked'])
    expect(memory.readWord(ENTRY)).toBe(Number(Buffer.from(binary).readBigUInt64LE(ENTRY - TEXT)))
  })

  test('an entry point elsewhere is another program', () => {
    const other = sample.sampleBinary({ buildId: '' })
    other[24] ^= 8
    expect(failure(() => open(core, folder.write('entry', other))).code).toBe('wrong-binary')
  })

  test('two cores, two programs, or the two swapped, are told by name', () => {
    const corePath = folder.write('named-core', core)
    const codeAndText = (a: string, b: string) => {
      const { code, message } = failure(() => openCore(a, b, new Problems()))
      return `${code}: ${message}`
    }
    expect(codeAndText(binaryPath, corePath)).toMatch(/^not-core: .* swapped$/)
    expect(codeAndText(binaryPath, binaryPath)).toMatch(/^not-core: .*, not a core$/)
    expect(codeAndText(corePath, corePath)).toMatch(/^wrong-binary: .* is a core/)
  })

  test('another architecture is another program', () => {
    const arm = sample.sampleBinary()
    arm[18] = 183
    expect(failure(() => open(core, folder.write('arm64', arm))).message).toContain('is for arm64')
    const mips = core.slice()
    mips[18] = 8
    expect(failure(() => open(mips)).code).toBe('unsupported')
  })
})
