import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import * as zlib from 'node:zlib'
import { expect, test } from 'vitest'
import { openCore } from '../../../src/extract/file/core.ts'
import { type Packing, type Unpacked, unpack, unpackInputs } from '../../../src/extract/file/unpack.ts'
import { Problems } from '../../../src/model/problem.ts'
import { Progress, type Stage } from '../../../src/progress.ts'
import { concat, pattern, writeElf } from './elf-writer.ts'
import { HEAP, sampleBinary, sampleCoreSpec } from './sample-core.ts'
import { makeTempFolder } from './temp-files.ts'

const folder = makeTempFolder()
const target = folder.path('unpacked')
const pack: Record<Packing, (bytes: Uint8Array) => Uint8Array> = {
  gzip: zlib.gzipSync,
  zstd: zlib.zstdCompressSync,
}
const PACKINGS: Packing[] = ['gzip', 'zstd']
/** More than what is read at once, with zeros before, between and behind. */
const contents = concat(new Uint8Array(100_000), noise(600_000), new Uint8Array(5_000_000), noise(300_001))
const withTail = concat(contents, new Uint8Array(3_000_000))

/** Bytes that do not compress. */
function noise(size: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state >>> 23
  })
}

async function unpackBytes(bytes: Uint8Array): Promise<{ told: Unpacked | undefined; got: Buffer }> {
  const told = await unpack(folder.write('packed', bytes), target)
  return { told, got: told === undefined ? Buffer.alloc(0) : readFileSync(told.location) }
}

test.each(PACKINGS)('%s data are unpacked whole, whatever the name, zeros as holes', async (packing) => {
  const { told, got } = await unpackBytes(pack[packing](withTail))
  expect(told).toEqual({ packing, location: target, size: withTail.length, defect: undefined })
  expect(got.equals(withTail)).toBe(true)
  expect(statSync(target).blocks * 512).toBeLessThan(1_500_000)
  expect(statSync(target).mode & 0o077).toBe(0)
})

test.each(PACKINGS)('%s streams one after the other are one file', async (packing) => {
  const one = pack[packing](contents)
  const { told, got } = await unpackBytes(concat(one, one, one))
  expect(told?.defect).toBe(undefined)
  expect(got.equals(concat(contents, contents, contents))).toBe(true)
})

test.each(PACKINGS)('%s data cut off anywhere give what was there, and say so', async (packing) => {
  const whole = pack[packing](contents)
  const twice = concat(whole, whole)
  for (const size of [4, 5, 1000, 300_000, whole.length - 1, whole.length + 400_000]) {
    const { told, got } = await unpackBytes(twice.subarray(0, size))
    expect([size, told?.defect]).toEqual([
      size,
      {
        code: 'truncated',
        message: expect.stringMatching(/packed is cut off: .* after \d+ unpacked bytes$/),
      },
    ])
    expect(got.equals(concat(contents, contents).subarray(0, got.length))).toBe(true)
    // All but the block that the end fell into; zstd has them up to 128 KiB.
    if (size > 1000) expect(got.length).toBeGreaterThan(size - 300_000)
  }
})

test.each(PACKINGS)('damaged %s data, and what follows them, are reported', async (packing) => {
  const damaged = pack[packing](contents)
  // The header of the first block.
  damaged.fill(0xff, packing === 'gzip' ? 10 : 6, 40)
  expect((await unpackBytes(damaged)).told?.defect).toEqual({
    code: 'corrupt',
    message: expect.stringMatching(/packed is damaged: .* break off near byte \d+, after \d+ unpacked bytes/),
  })
  const followed = await unpackBytes(concat(pack[packing](contents), new TextEncoder().encode('and more')))
  expect(followed.told?.defect?.code).toBe('corrupt')
  expect(followed.got.equals(contents.subarray(0, followed.got.length))).toBe(true)
})

test('what is not compressed is left alone', async () => {
  expect((await unpackBytes(contents)).told).toBe(undefined)
  expect((await unpackBytes(new Uint8Array(0))).told).toBe(undefined)
  await expect(unpack(folder.path('none'), target)).rejects.toThrow(/cannot open .*none: no such file/)
})

test('a Node.js without zstd says so, and what to do', () => {
  const packed = folder.write('packed', zlib.zstdCompressSync(contents))
  const script = `
    import zlib from 'node:zlib'
    import { syncBuiltinESMExports } from 'node:module'
    delete zlib.createZstdDecompress
    syncBuiltinESMExports()
    const { unpack } = await import(${JSON.stringify(new URL('../../../src/extract/file/unpack.ts', import.meta.url))})
    await unpack(...process.argv.slice(1)).catch((error) => console.log(error.code, error.message))`
  const absent = folder.path('absent')
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', script, packed, absent], {
    encoding: 'utf8',
  })
  expect(told).toMatch(
    /^unsupported .*packed is zstd data, which Node\.js reads since 22\.15 .* unpack it with zstd -d\n$/,
  )
  expect(existsSync(absent)).toBe(false)
})

test('what ends the unpacking removes what was written', async () => {
  const packed = folder.write('packed', zlib.gzipSync(contents))
  const cancel = new AbortController()
  const sink = { update: (_: Stage, done: number) => done > 0 && cancel.abort() }
  await expect(unpack(packed, target, new Progress(sink, cancel.signal))).rejects.toThrow('cancelled')
  expect(existsSync(target)).toBe(false)
  await expect(unpack(packed, folder.path('none/unpacked'))).rejects.toThrow(/cannot write .*: no such file/)
})

test('a compressed core and binary are the core and the binary', async () => {
  const binary = sampleBinary()
  const [corePath, binaryPath] = [folder.path('core.zst'), folder.path('sample.gz')]
  folder.write('core.zst', zlib.zstdCompressSync(writeElf(sampleCoreSpec(binary))))
  folder.write('sample.gz', zlib.gzipSync(binary))
  const targets = { core: folder.path('a'), binary: folder.path('b') }
  const problems = new Problems()
  const unpacked = await unpackInputs({ core: corePath, binary: binaryPath }, targets, problems)
  const core = openCore(corePath, binaryPath, problems, unpacked)
  expect([core.corePath, core.binaryPath, core.binary.path]).toEqual([corePath, binaryPath, binaryPath])
  expect(core.memory.readBytes(HEAP, 0x100)).toEqual(pattern(0x100, 3))
  expect(core.memory.readBytes(0x401000, 16)).toEqual(binary.slice(0x1000, 0x1010))
  core.close()
  expect(problems.rows).toEqual([])
})

test('of a damaged core what was read is opened, under its own name; a damaged binary is refused', async () => {
  const binary = sampleBinary()
  const whole = writeElf(sampleCoreSpec(binary))
  const corePath = folder.write('core.gz', zlib.gzipSync(whole, { level: 0 }).subarray(0, whole.length - 300))
  const binaryPath = folder.write('sample', binary)
  const targets = { core: folder.path('a'), binary: folder.path('b') }
  const problems = new Problems()
  const unpacked = await unpackInputs({ core: corePath, binary: binaryPath }, targets, problems)
  openCore(corePath, binaryPath, problems, unpacked).close()
  const told = problems.rows.map(({ code, message }) => [code, message.includes(corePath)])
  expect(told).toEqual([
    ['packed-core-damaged', true],
    ['core-truncated', true],
  ])
  const packedBinary = folder.write('sample.gz', zlib.gzipSync(binary, { level: 0 }).subarray(0, 5000))
  const refused = unpackInputs({ core: corePath, binary: packedBinary }, targets, problems)
  await expect(refused).rejects.toThrow(/sample\.gz is cut off/)
})
