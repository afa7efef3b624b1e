import { describe, expect, it } from 'vitest'
import { dataReferences } from '../../../src/extract/go/code-references.ts'
import { matchReferences, parseReferences } from '../../../src/extract/go/find-variables.ts'

const DATA = [{ address: 0x2000, size: 0x1000 }]

/** Little endian distance from the end of an instruction that ends `length` bytes after CODE. */
const CODE = 0x1000
const distance = (target: number, end: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(target - (CODE + end))
  return [...bytes]
}

describe('addresses in code of amd64', () => {
  it.each([
    ['mov rax, [rip+x]', [0x48, 0x8b, 0x05, ...distance(0x2010, 7)]],
    ['lea rdx, [rip+x]', [0x48, 0x8d, 0x15, ...distance(0x2010, 7)]],
    ['cmp dword [rip+x], imm8', [0x83, 0x3d, ...distance(0x2010, 7), 0x01]],
    ['mov dword [rip+x], imm32', [0xc7, 0x05, ...distance(0x2010, 10), 1, 0, 0, 0]],
    ['mov word [rip+x], imm16', [0x66, 0xc7, 0x05, ...distance(0x2010, 9), 1, 0]],
    ['movzx eax, byte [rip+x]', [0x0f, 0xb6, 0x05, ...distance(0x2010, 7)]],
    ['lock xadd [rip+x], eax', [0xf0, 0x0f, 0xc1, 0x05, ...distance(0x2010, 8)]],
    ['bt dword [rip+x], imm8', [0x0f, 0xba, 0x25, ...distance(0x2010, 8), 3]],
  ])('%s', (_, bytes) => {
    expect(dataReferences('amd64', Uint8Array.from(bytes), CODE, DATA)).toEqual([0x2010])
  })

  it.each([
    ['a jump whose distance looks like an operand', [0x0f, 0x84, 0x05, ...distance(0x2010, 7)]],
    ['a call whose distance looks like an instruction', [0xe8, 0x8b, 0x05, ...distance(0x2010, 7)]],
    ['an address outside of the data', [0x48, 0x8b, 0x05, ...distance(0x3000, 7)]],
  ])('not %s', (_, bytes) => {
    expect(dataReferences('amd64', Uint8Array.from(bytes), CODE, DATA)).toEqual([])
  })
})

describe('addresses in code of arm64', () => {
  const words = (...list: number[]) => new Uint8Array(Uint32Array.from(list).buffer)
  // adrp x27, 0x2000, from 0x1000: one page on.
  const ADRP = 0xb000001b

  it.each([
    ['add x0, x27, #0x18', 0x91006360, 0x2018],
    ['ldr x0, [x27, #0x18]', 0xf9400f60, 0x2018],
    ['ldr w0, [x27, #0x18]', 0xb9401b60, 0x2018],
    ['strb w0, [x27, #0x18]', 0x39006360, 0x2018],
  ])('%s', (_, word, target) => {
    expect(dataReferences('arm64', words(ADRP, word), CODE, DATA)).toEqual([target])
  })

  it('none without a page', () => {
    expect(dataReferences('arm64', words(0x91006360), CODE, DATA)).toEqual([])
  })
})

describe('references of a function', () => {
  const expected = parseReferences('work+48 gcphase @0+8 work')

  it('say where variables are when they agree in all distances', () => {
    const bases = matchReferences(expected, [0x1030, 0x2000, 0x3008, 0x1000])
    expect([...bases]).toEqual([
      ['work', 0x1000],
      ['gcphase', 0x2000],
      ['@0', 0x3000],
    ])
  })

  it('say nothing when one distance differs, or two variables are at one place', () => {
    expect(matchReferences(expected, [0x1030, 0x2000, 0x3008, 0x1008]).size).toBe(0)
    expect(matchReferences(expected, [0x1030, 0x1000, 0x3008, 0x1000]).size).toBe(0)
    expect(matchReferences(expected, [0x1030, 0x2000, 0x3008]).size).toBe(0)
  })

  it('may have one more, that only looks like a reference', () => {
    const bases = matchReferences(expected, [0x1030, 0x2000, 0x2abc, 0x3008, 0x1000])
    // Any of the three in the middle can be the one.
    expect([...bases]).toEqual([['work', 0x1000]])
  })
})
