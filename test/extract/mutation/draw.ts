import { closeSync, openSync, readSync, statSync } from 'node:fs'
import type { Mutation } from './job.ts'
import type { Target } from './targets.ts'

export type Random = (below: number) => number

/** Mulberry32. */
export function makeRandom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

/** Values at which counts, sizes and addresses go wrong. */
const WORDS = [
  0n,
  1n,
  8n,
  0xffn,
  0xffffn,
  2n ** 31n,
  2n ** 32n - 1n,
  10n ** 9n,
  10n ** 10n,
  2n ** 40n,
  2n ** 47n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]

/** One in eight cuts a file off, the others damage one to four places of one kind of structure. */
export function drawMutation(
  random: Random,
  run: { core: string; binary: string },
  targets: ReadonlyMap<string, readonly Target[]>,
): Mutation {
  if (random(8) === 0) {
    const file = random(3) === 0 ? 'binary' : 'core'
    const { size } = statSync(run[file])
    const cut = {
      file,
      size: random(4) === 0 ? random(4096) : Math.floor((random(1 << 30) / 2 ** 30) * size),
    } as const
    return { what: `${file} cut at ${cut.size}`, patches: [], cut }
  }
  // A binary has many sections, and what the core holds is read in more ways.
  const ofBinary = random(3) === 0
  const names = [...targets.keys()].filter((name) => name.startsWith('binary') === ofBinary)
  const name = names[random(names.length)]
  const places = targets.get(name) ?? []
  const patches = Array.from({ length: 1 + random(4) }, () =>
    drawPatch(random, run, places[random(places.length)]),
  )
  const where = patches.map(
    ({ offset, bytes }) => `${offset}: ${bytes.map((byte) => byte.toString(16)).join(' ')}`,
  )
  return { what: `${name} (${patches[0].file}) ${where.join(', ')}`, patches, cut: undefined }
}

function drawPatch(
  random: Random,
  run: { core: string; binary: string },
  target: Target,
): Mutation['patches'][number] {
  const { file } = target
  const offset = target.offset + random(target.size)
  if (random(3) === 0) {
    const [old] = readAt(run[file], offset, 1)
    return { file, offset, bytes: [random(2) === 0 ? old ^ (1 << random(8)) : random(256)] }
  }
  // A whole word, or half of one, where words are.
  const width = random(3) === 0 ? 4 : 8
  const aligned = Math.max(target.offset, offset - (offset % width))
  const old = readAt(run[file], aligned, 8)
  const word = old.length === 8 ? new DataView(old.buffer).getBigUint64(0, true) : 0n
  const other = target.offset + random(Math.max(1, target.size - 8))
  const choices = [
    WORDS[random(WORDS.length)],
    word + BigInt(8 * (1 + random(4))),
    word - 8n,
    word ^ (1n << BigInt(random(48))),
    word * 2n,
  ]
  const choice = random(choices.length + 1)
  const bytes = new Uint8Array(8)
  if (choice === choices.length) bytes.set(readAt(run[file], other, 8))
  else new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, choices[choice]), true)
  return { file, offset: aligned, bytes: [...bytes.subarray(0, Math.min(width, target.size))] }
}

function readAt(path: string, offset: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  const fd = openSync(path, 'r')
  const got = readSync(fd, bytes, 0, size, offset)
  closeSync(fd)
  return bytes.slice(0, got)
}
