import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, readText } from '../../src/base/byte-reader.ts'
import { GoheapError } from '../../src/errors.ts'

const read = <T>(bytes: readonly number[], how: (reader: ByteReader) => T): T =>
  how(new ByteReader(Uint8Array.from(bytes), 'test'))

/** LEB128 by the book: seven bits at a time, of a two's complement number when it is signed. */
function encode(value: bigint, isSigned: boolean, padding = 0): number[] {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const bits = Number(rest & 0x7fn)
    rest >>= 7n
    const isLast = isSigned ? rest === (bits & 0x40 ? -1n : 0n) : rest === 0n
    bytes.push(isLast ? bits : bits | 0x80)
    if (isLast) break
  }
  for (let i = 0; i < padding; i++) {
    bytes[bytes.length - 1] |= 0x80
    bytes.push(value < 0n ? 0x7f : 0)
  }
  return bytes
}

describe('LEB128', () => {
  it('has the values of the DWARF standard, figures C.2 and C.3', () => {
    expect(read([0x7f], (r) => r.uleb())).toBe(127)
    expect(read([0x80, 0x01], (r) => r.uleb())).toBe(128)
    expect(read([0xb9, 0x64], (r) => r.uleb())).toBe(12857)
    expect(read([0x7e], (r) => r.sleb())).toBe(-2)
    expect(read([0xff, 0x00], (r) => r.sleb())).toBe(127)
    expect(read([0x81, 0x7f], (r) => r.sleb())).toBe(-127)
    expect(read([0x80, 0x7f], (r) => r.sleb())).toBe(-128)
    expect(read([0xff, 0x7e], (r) => r.sleb())).toBe(-129)
  })

  it('gives back every safe integer, however much it is padded', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(3), (value, padding) => {
        const length = Math.min(padding, 10 - encode(BigInt(value), true).length)
        expect(read(encode(BigInt(value), true, length), (r) => r.sleb())).toBe(value)
        if (value >= 0) expect(read(encode(BigInt(value), false, padding), (r) => r.uleb())).toBe(value)
      }),
    )
  })

  it('takes an unsigned number that wraps around 2^64 as a negative one', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const wrapped = BigInt.asUintN(64, BigInt(value))
        expect(read(encode(wrapped, false), (r) => r.wrappedUleb())).toBe(value)
      }),
    )
  })

  it('never makes a safe integer of a number that is none', () => {
    fc.assert(
      fc.property(fc.bigInt(2n ** 53n, 2n ** 63n - 1n), (value) => {
        expect(Number.isSafeInteger(read(encode(value, false), (r) => r.uleb()))).toBe(false)
        expect(Number.isSafeInteger(read(encode(value, true), (r) => r.sleb()))).toBe(false)
        expect(Number.isSafeInteger(read(encode(-value, true), (r) => r.sleb()))).toBe(false)
      }),
    )
  })
})

describe('fixed sizes', () => {
  it('are little endian', () => {
    const bytes = [0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0x08]
    expect(read(bytes, (r) => [r.u8(), r.u16(), r.u24()])).toEqual([0x01, 0x0302, 0x060584])
    expect(read(bytes, (r) => r.u32())).toBe(0x84030201)
    expect(read([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00], (r) => r.u64())).toBe(2 ** 56)
    expect(read([0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], (r) => r.i64())).toBe(-5)
    expect(read([0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x00], (r) => r.i64())).toBe(2 ** 53 - 5)
  })
})

describe('the limit', () => {
  it('stops every read with an error that names what is read', () => {
    const reads: ((reader: ByteReader) => unknown)[] = [
      (r) => r.skip(4),
      (r) => r.skip(-1),
      (r) => r.skip(Number.NaN),
      (r) => r.u32(),
      (r) => r.u64(),
      (r) => r.uleb(),
      (r) => r.sleb(),
      (r) => r.skipLeb(),
      (r) => r.skipString(),
    ]
    for (const how of reads) {
      expect(() => read([0xff, 0x80, 0x80], how)).toThrow(GoheapError)
      expect(() => read([0xff, 0x80, 0x80], how)).toThrow('test ends')
    }
  })
})

describe('readText', () => {
  const bytes = Uint8Array.from([0x61, 0xc2, 0xb7, 0x32, 0, 0x62])
  it('reads UTF-8 up to the NUL', () => {
    expect(readText(bytes, 0)).toBe('a·2')
    expect(readText(bytes, 4)).toBe('')
  })
  it('has no text where none ends', () => {
    expect([
      readText(bytes, 5),
      readText(bytes, 6),
      readText(bytes, -1),
      readText(bytes, Number.NaN),
    ]).toEqual([undefined, undefined, undefined, undefined])
  })
})
