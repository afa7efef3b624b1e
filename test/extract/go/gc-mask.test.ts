import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GoFacts } from '../../../src/extract/go/facts.ts'
import { forEachPointer, TypeMasks } from '../../../src/extract/go/gc-mask.ts'
import { decodeGcProgram } from '../../../src/extract/go/gc-program.ts'
import { FakeMemory } from '../heap/fake-heap.ts'

const STRUCT = 25
const ARRAY = 17
const POINTER = 22

const factsWith = (holds: Partial<GoFacts['holds']>) =>
  ({
    holds: { gcPrograms: false, unrolledBitmap: false, gcMaskOnDemand: false, ...holds },
  }) as GoFacts

/** Writes an abi.Type and what follows it. */
function writeType(
  memory: FakeMemory,
  address: number,
  type: {
    size: number
    pointerBytes: number
    kind: number
    flags?: number
    gcData?: number
    rest?: number[]
  },
): void {
  memory.map(address, 128)
  memory.writeWord(address, type.size)
  memory.writeWord(address + 8, type.pointerBytes)
  memory.writeBytes(address + 20, Uint8Array.of(type.flags ?? 0, 8, 8, type.kind))
  memory.writeWord(address + 32, type.gcData ?? 0)
  for (const [i, word] of (type.rest ?? []).entries()) memory.writeWord(address + 48 + i * 8, word)
}

function wordsOf(masks: TypeMasks, address: number, words: number): number[] {
  const mask = masks.maskOf(address)
  const found: number[] = []
  if (mask !== undefined) forEachPointer(mask, words, (word) => found.push(word))
  return found
}

describe('a GC program', () => {
  const run = (program: number[], count: number) => {
    const memory = new FakeMemory()
    memory.map(0x10000, 4096)
    memory.writeBytes(0x10000, Uint8Array.of(program.length, 0, 0, 0, ...program))
    const bits = decodeGcProgram(memory, 0x10000, count)
    return bits && Array.from({ length: count }, (_, i) => (bits[i >> 3] >> (i & 7)) & 1).join('')
  }

  test('literal bits come as they are, lowest first', () => {
    expect(run([10, 0b0000_0101, 0b11, 0], 12)).toBe('101000001100')
  })
  test('a repeat says how many bits, and how often', () => {
    expect(run([2, 0b01, 0x82, 3, 0], 10)).toBe('1010101000')
  })
  test('a long repeat has its number of bits in a varint', () => {
    expect(run([3, 0b001, 0x80, 3, 0x80, 1, 0], 3 * 129)).toBe('100'.repeat(129))
  })
  test('what repeats more than there is, or breaks off, is none', () => {
    expect(run([2, 0b01, 0x83, 3, 0], 10)).toBeUndefined()
    expect(run([9, 0b01], 10)).toBeUndefined()
    expect(run([2, 0b01, 0x82], 10)).toBeUndefined()
  })
})

describe('the mask of a type', () => {
  test('of an array is that of its element, however long the array', () => {
    const memory = new FakeMemory()
    memory.map(0x20000, 4096)
    memory.writeBytes(0x20000, Uint8Array.of(0b10))
    writeType(memory, 0x10000, { size: 24, pointerBytes: 16, kind: STRUCT, gcData: 0x20000 })
    const length = 2 ** 40
    writeType(memory, 0x11000, {
      size: 24 * length,
      pointerBytes: 24 * (length - 1) + 16,
      kind: ARRAY,
      gcData: 0x20000,
      rest: [0x10000, 0, length],
    })
    const masks = new TypeMasks(memory, factsWith({}))
    expect(wordsOf(masks, 0x11000, 8)).toEqual([1, 4, 7])
  })

  test('that the runtime has not made yet follows from the fields', () => {
    const memory = new FakeMemory()
    memory.map(0x20000, 4096)
    memory.writeBytes(0x20000, Uint8Array.of(1))
    memory.writeBytes(0x21000, Uint8Array.of(0, 1, 0x61)) // a name: flags, length, "a"
    memory.writeWord(0x22000, 0) // *GCData: nil
    writeType(memory, 0x10000, { size: 8, pointerBytes: 8, kind: POINTER, gcData: 0x20000 })
    ;[8, 32].forEach((offset, i) => {
      memory.writeWord(0x23000 + i * 24, 0x21000)
      memory.writeWord(0x23000 + i * 24 + 8, 0x10000)
      memory.writeWord(0x23000 + i * 24 + 16, offset)
    })
    const type = {
      size: 48,
      pointerBytes: 40,
      kind: STRUCT,
      flags: 16,
      gcData: 0x22000,
      rest: [0, 0x23000, 2, 2],
    }
    writeType(memory, 0x11000, type)
    expect(wordsOf(new TypeMasks(memory, factsWith({ gcMaskOnDemand: true })), 0x11000, 6)).toEqual([1, 4])
  })

  test('that contains itself is none', () => {
    const memory = new FakeMemory()
    memory.map(0x20000, 4096)
    writeType(memory, 0x10000, {
      size: 48,
      pointerBytes: 40,
      kind: ARRAY,
      gcData: 0x20000,
      rest: [0x10000, 0, 1],
    })
    expect(new TypeMasks(memory, factsWith({})).maskOf(0x10000)).toBeUndefined()
  })

  test('of hostile bytes never throws, hangs or points outside the type', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1024, maxLength: 1024 }), fc.boolean(), (bytes, isOld) => {
        const memory = new FakeMemory()
        // Words that look like addresses of the same page lead to more of it.
        for (let i = 0; i < 1024; i += 24) bytes.set([bytes[i] & 0xf8, 0, 1, 0, 0, 0, 0, 0], i)
        memory.writeBytes(0x10000, bytes)
        const facts = factsWith(isOld ? { gcPrograms: true, unrolledBitmap: true } : { gcMaskOnDemand: true })
        const masks = new TypeMasks(memory, facts)
        for (let address = 0x10000; address < 0x10400; address += 8) {
          const mask = masks.maskOf(address)
          for (const word of mask?.pointerWords ?? []) expect(word * 8).toBeLessThan(mask!.pointerBytes)
        }
      }),
      { numRuns: 300 },
    )
  })
})
