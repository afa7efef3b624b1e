import { ftruncateSync, openSync, writeSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FaultError } from '../../../src/errors.ts'
import { type Extent, type Memory, openMemory } from '../../../src/extract/file/memory.ts'
import { pattern } from './elf-writer.ts'
import { makeTempFolder } from './temp-files.ts'

const folder = makeTempFolder()
const FILE_SIZE = 1 << 18
const contents = [pattern(FILE_SIZE, 1), pattern(FILE_SIZE, 2)]
const files = contents.map((bytes, i) => folder.write(`file${i}`, bytes))
const BASE = 0x7f12_3456_7000

/** Extents with gaps, joints and odd offsets, small and large, in both files. */
const extentLists = fc
  .array(
    fc.record({
      gap: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40_000 })),
      size: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 60_000 })),
      file: fc.nat(1),
      fileOffset: fc.nat(FILE_SIZE - 60_000),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((specs) => {
    let address = BASE
    return specs.map(({ gap, size, file, fileOffset }): Extent => {
      const extent = { address: address + gap, size, file, fileOffset }
      address = extent.address + size
      return extent
    })
  })

/** One cell an address: the byte, or -1. */
function paint(extents: readonly Extent[]): Int16Array {
  const last = extents[extents.length - 1]
  const cells = new Int16Array(last.address + last.size - BASE + 64).fill(-1)
  for (const { address, size, file, fileOffset } of extents) {
    cells.set(contents[file].subarray(fileOffset, fileOffset + size), address - BASE)
  }
  return cells
}

function readOrFault(read: () => number): number | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof FaultError) return undefined
    throw error
  }
}

function expectSame(memory: Memory, cells: Int16Array, at: number, size: number): void {
  const address = BASE + at
  const held = cells.subarray(at, at + size)
  const gap = held.indexOf(-1)
  const there = gap < 0 ? held.length : gap
  const expected = Uint8Array.from(held.subarray(0, there))
  const target = new Uint8Array(new SharedArrayBuffer(size))
  expect(memory.readInto(address, target)).toBe(there)
  expect(Buffer.compare(target.subarray(0, there), expected)).toBe(0)
  expect(memory.isReadable(address, size)).toBe(there === size)
  if (there === size) expect(Buffer.compare(memory.readBytes(address, size), expected)).toBe(0)
  else expect(() => memory.readBytes(address, size)).toThrow(FaultError)
}

function expectSameNumbers(memory: Memory, cells: Int16Array, at: number): void {
  const number = (size: number) => {
    const bytes = cells.subarray(at, at + size)
    if (bytes.length < size || bytes.includes(-1)) return undefined
    return Number(Array.from(bytes).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n))
  }
  const address = BASE + at
  const half = number(4)
  expect(readOrFault(() => memory.readU8(address))).toBe(number(1))
  expect(readOrFault(() => memory.readU16(address))).toBe(number(2))
  expect(readOrFault(() => memory.readU32(address))).toBe(half)
  expect(readOrFault(() => memory.readI32(address))).toBe(half === undefined ? undefined : half | 0)
  expect(readOrFault(() => memory.readWord(address))).toBe(number(8))
}

test('every read equals that of a flat array, whatever the extents and however small the cache', () => {
  fc.assert(
    fc.property(
      extentLists,
      fc.array(fc.record({ place: fc.nat(), size: fc.oneof(fc.nat(300), fc.nat(70_000)) }), {
        minLength: 20,
        maxLength: 60,
      }),
      fc.constantFrom(0, 1 << 20),
      (extents, reads, cacheBytes) => {
        const memory = openMemory({ files, extents, mappings: [] }, { cacheBytes })
        const cells = paint(extents)
        // Joints and ends are where readers go wrong: ask there as well as anywhere.
        const edges = extents.flatMap(({ address, size }) => [address - BASE, address + size - BASE])
        for (const { place, size } of reads) {
          const edge = edges[place % edges.length] - (place % 11)
          for (const at of [place % cells.length, Math.max(0, edge)]) {
            expectSame(memory, cells, at, size)
            expectSameNumbers(memory, cells, at)
          }
        }
        memory.close()
      },
    ),
    { numRuns: 60 },
  )
})

test('addresses that are none fault, and leave the memory usable', () => {
  const memory = openMemory({
    files,
    extents: [{ address: BASE, size: 4096, file: 0, fileOffset: 0 }],
    mappings: [],
  })
  for (const address of [
    0,
    -1,
    -8,
    BASE - 1,
    BASE + 4096,
    2 ** 53 - 8,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]) {
    expect(() => memory.readU8(address)).toThrow(FaultError)
    expect(() => memory.readWord(address)).toThrow(FaultError)
    expect(memory.isReadable(address, 8)).toBe(false)
    expect(memory.readInto(address, new Uint8Array(4))).toBe(0)
  }
  expect(memory.readU8(BASE + 5)).toBe(contents[0][5])
  expect(memory.readBytes(BASE, 0)).toHaveLength(0)
})

test('a memory without extents faults', () => {
  const memory = openMemory({ files: [], extents: [], mappings: [] })
  expect(() => memory.readWord(0)).toThrow(FaultError)
})

test('offsets beyond 4 GiB into a sparse file are exact', () => {
  const path = folder.path('sparse')
  const fd = openSync(path, 'w')
  const offset = 5 * 2 ** 32 + 12345
  ftruncateSync(fd, 6 * 2 ** 32)
  writeSync(fd, contents[0], 0, 4096, offset)
  const memory = openMemory({
    files: [path],
    extents: [{ address: BASE, size: 6 * 2 ** 32, file: 0, fileOffset: 0 }],
    mappings: [],
  })
  expect(memory.readBytes(BASE + offset, 4096)).toEqual(contents[0].slice(0, 4096))
  const word = Number(Buffer.from(contents[0]).readBigUInt64LE(8))
  expect(memory.readWord(BASE + offset + 8)).toBe(word)
  expect(memory.readWord(BASE + 2 ** 33)).toBe(0)
})
