import { expect, test } from 'vitest'
import { GoheapError } from '../../../src/errors.ts'
import { openCore } from '../../../src/extract/file/core.ts'
import { openElf } from '../../../src/extract/file/elf.ts'
import { readBuildInfo } from '../../../src/extract/go/buildinfo.ts'
import { Problems } from '../../../src/model/problem.ts'
import { cpuMs } from '../../oracle/cpu.ts'
import { pattern, writeElf } from './elf-writer.ts'
import { sampleBinary, sampleCoreSpec } from './sample-core.ts'
import { makeTempFolder } from './temp-files.ts'

/** Runs of each kind; GOHEAP_MUTATIONS=50000 for a long hunt. */
const RUNS = Number(process.env.GOHEAP_MUTATIONS ?? 1000)
const SEED = Number(process.env.GOHEAP_SEED ?? 20240607)
const MOST_MS = 2000

const folder = makeTempFolder()
const binary = sampleBinary()
const core = writeElf(sampleCoreSpec(binary))
const sectioned = writeElf({
  type: 2,
  segments: [{ address: 0x1000, bytes: pattern(100, 1) }],
  sections: [
    { name: '.text', bytes: pattern(64, 2) },
    { name: '.debug_info', flags: 0x800, bytes: pattern(64, 3) },
    { name: '.symtab', type: 2, link: 4, bytes: pattern(96, 4) },
    { name: '.strtab', type: 3, bytes: pattern(30, 5) },
  ],
})

/** Mulberry32. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

/** A few bytes of the headers and notes changed, or the end cut off, or both. */
function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const changed = bytes.slice()
  const interesting = [0, 1, 0x7f, 0x80, 0xff]
  for (let i = random(4); i > 0; i--) {
    const at = random(2) ? random(Math.min(bytes.length, 512)) : random(Math.min(bytes.length, 2000))
    changed[at] = random(2) ? changed[at] ^ (1 << random(8)) : interesting[random(interesting.length)]
  }
  return random(3) === 0 ? changed.slice(0, random(changed.length + 1)) : changed
}

/** 'ok' or the code of the GoheapError; anything else that is thrown, and any long run, fails the test. */
function outcome(run: () => void): string {
  const started = cpuMs()
  let result = 'ok'
  try {
    run()
  } catch (error) {
    if (!(error instanceof GoheapError)) throw error
    result = error.code
  }
  expect(cpuMs() - started).toBeLessThan(MOST_MS)
  return result
}

function openAndRead(corePath: string, binaryPath: string): void {
  const opened = openCore(corePath, binaryPath, new Problems())
  try {
    let end = 0
    for (const { address, size, source } of opened.memory.mappings) {
      expect(address).toBeGreaterThanOrEqual(end)
      expect(size).toBeGreaterThan(0)
      end = address + size
      const some = new Uint8Array(Math.min(size, 100_000))
      const isThere = source !== 'absent' && source !== 'lost'
      expect(opened.memory.readInto(address, some) > 0).toBe(isThere)
      if (isThere) expect(opened.memory.isReadable(address, size)).toBe(true)
    }
  } finally {
    opened.close()
  }
}

function hunt(name: string, run: (random: (below: number) => number) => void): Map<string, number> {
  const random = makeRandom(SEED)
  const outcomes = new Map<string, number>()
  for (let i = 0; i < RUNS; i++) {
    try {
      const result = outcome(() => run(random))
      outcomes.set(result, (outcomes.get(result) ?? 0) + 1)
    } catch (error) {
      throw new Error(`${name}, seed ${SEED}, run ${i}`, { cause: error })
    }
  }
  return outcomes
}

test('a damaged core is read as far as it goes, or refused with one error', () => {
  const binaryPath = folder.write('binary', binary)
  const outcomes = hunt('core', (random) =>
    openAndRead(folder.write('core', mutate(core, random)), binaryPath),
  )
  // The hunt is worth something only while it meets both.
  expect(outcomes.get('ok')).toBeGreaterThan(RUNS / 4)
  expect(outcomes.size).toBeGreaterThan(3)
})

test('a damaged binary is read as far as it goes, or refused with one error', () => {
  const corePath = folder.write('whole-core', core)
  const outcomes = hunt('binary', (random) =>
    openAndRead(corePath, folder.write('program', mutate(binary, random))),
  )
  expect(outcomes.size).toBeGreaterThan(3)
})

test('damaged sections are read or refused with one error', () => {
  const outcomes = hunt('sections', (random) => {
    const elf = openElf(folder.write('sections', mutate(sectioned, random)))
    try {
      expect(elf.symbols().length).toBeLessThan(100)
      elf.sectionBytes('.debug_info')
      readBuildInfo(elf, new Problems())
    } finally {
      elf.close()
    }
  })
  expect(outcomes.size).toBeGreaterThan(2)
})
