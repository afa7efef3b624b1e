import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContentHash } from '../../src/base/content-hash.ts'

function hashOf(bytes: Uint8Array, ...cuts: number[]): string {
  const hash = new ContentHash()
  hash.reset()
  let from = 0
  for (const to of [...cuts, bytes.length]) {
    hash.update(bytes, from, to)
    from = to
  }
  hash.finish()
  return `${hash.high.toString(16)}.${hash.low.toString(16)}`
}

test('the hash is that of the bytes alone: wherever they lie, however they come in pieces', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(75),
      fc.nat(75),
      fc.nat(9),
      (bytes, one, two, shift) => {
        const cuts = [one * 4, two * 4]
          .map((cut) => Math.min(cut, (bytes.length >> 2) << 2))
          .sort((a, b) => a - b)
        expect(hashOf(bytes, ...cuts)).toBe(hashOf(bytes))
        const moved = new Uint8Array(bytes.length + shift)
        moved.set(bytes, shift)
        expect(hashOf(moved.subarray(shift))).toBe(hashOf(bytes))
      },
    ),
  )
})

test('a million and a half contents that hardly differ have as many hashes of 63 bits', () => {
  const hash = new ContentHash()
  const seen: number[] = []
  let highest = 0
  const add = (bytes: Uint8Array) => {
    hash.reset()
    hash.update(bytes, 0, bytes.length)
    hash.finish()
    highest = Math.max(highest, hash.high)
    // 53 bits of the 63: enough to tell apart what is hashed here, and a stricter test.
    seen.push((hash.high % 2 ** 21) * 2 ** 32 + hash.low)
  }
  const encoder = new TextEncoder()
  for (let n = 0; n < 500_000; n++) {
    add(encoder.encode(`${n}`))
    add(encoder.encode(`/registry/pods/default/item-${n}-${n % 97}/status`))
  }
  // All zeros, and all pairs of set bits, in 200 bytes.
  for (let length = 0; length < 4000; length++) add(new Uint8Array(length))
  const bits = new Uint8Array(120)
  for (let i = 0; i < 960; i++) {
    bits[i >> 3] ^= 1 << (i & 7)
    add(bits)
    for (let j = 0; j < i; j++) {
      bits[j >> 3] ^= 1 << (j & 7)
      add(bits)
      bits[j >> 3] ^= 1 << (j & 7)
    }
    bits[i >> 3] ^= 1 << (i & 7)
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(highest).toBeLessThan(2 ** 31)
  expect(highest).toBeGreaterThan(2 ** 31 * 0.999)
})

test('one changed bit changes each bit of the hash half of the time', () => {
  const hash = new ContentHash()
  const lanes = (bytes: Uint8Array) => {
    hash.reset()
    hash.update(bytes, 0, bytes.length)
    hash.finish()
    return [hash.low, hash.high]
  }
  const changes = new Array<number>(63).fill(0)
  let trials = 0
  for (let length = 1; length < 60; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length * 11) & 255)
    const before = lanes(bytes)
    for (let bit = 0; bit < length * 8; bit++, trials++) {
      bytes[bit >> 3] ^= 1 << (bit & 7)
      const after = lanes(bytes)
      bytes[bit >> 3] ^= 1 << (bit & 7)
      for (let b = 0; b < 63; b++) {
        const lane = b >> 5
        changes[b] += ((before[lane] ^ after[lane]) >>> (b & 31)) & 1
      }
    }
  }
  // Six standard deviations.
  const margin = (6 * Math.sqrt(trials / 4)) / trials
  for (const count of changes) expect(Math.abs(count / trials - 0.5)).toBeLessThan(margin)
})
