import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FaultError } from '../../../src/errors.ts'
import { type Core, openCore } from '../../../src/extract/file/core.ts'
import type { Memory } from '../../../src/extract/file/memory.ts'
import { type GoProcess, openProcess } from '../../../src/extract/go/process.ts'
import { accountMemory } from '../../../src/extract/heap/memory-account.ts'
import { readObjects } from '../../../src/extract/heap/objects.ts'
import { readRuntimeRegions } from '../../../src/extract/heap/runtime-memory.ts'
import { readSpans, type SpanRecords } from '../../../src/extract/heap/spans.ts'
import { Problems } from '../../../src/model/problem.ts'
import { Progress } from '../../../src/progress.ts'
import { because, buildProgram, crashProgram, missingGo } from '../../oracle/toolchain.ts'

const VERSION = '1.26.8'
const reason = missingGo(VERSION)

describe.skipIf(reason)(`an account of a core with holes${because(reason)}`, () => {
  let core: Core
  let process: GoProcess
  let spans: SpanRecords
  beforeAll(() => {
    const run = crashProgram(buildProgram('memstats', VERSION), 'figures', 'names')
    core = openCore(run.core, run.binary, new Problems())
    process = openProcess(core, new Problems())
    spans = readSpans(process)
    readObjects(process, spans, new Progress())
  })
  afterAll(() => core?.close())

  /** The account when [low, high) of memory is mapped, but not in the core. */
  function accountWithout(low: number, high: number) {
    const problems = new Problems()
    const rows = accountMemory({ ...process, problems, memory: holed(process.memory, low, high) }, spans)
    const sizes = new Map(rows.map(({ key, bytes }) => [key, bytes]))
    for (const { key, bytes } of rows) {
      const parts = rows.filter(({ parent }) => parent === key)
      const sum = parts.reduce((total, part) => total + (part.bytes ?? 0), 0)
      if (parts.length > 0) expect([key, sum]).toEqual([key, bytes ?? 0])
      expect(bytes ?? 0).toBeGreaterThanOrEqual(0)
    }
    return { sizes, codes: problems.rows.map(({ code }) => code) }
  }

  test('without the page allocator, all in arenas that is in no span is not known', () => {
    const mheap = process.layouts.variable('runtime.mheap_') ?? 0
    const bitmap = readRuntimeRegions(process, mheap, []).find(({ use }) => use === 'page bitmap')
    if (bitmap === undefined) throw new Error('no page bitmap')
    const whole = accountWithout(0, 0)
    const { sizes, codes } = accountWithout(bitmap.address, bitmap.address + bitmap.size)
    expect(codes).toContain('page-allocator-unreadable')
    expect(sizes.get('heap.in-use')).toBe(whole.sizes.get('heap.in-use'))
    expect(sizes.get('heap.stacks')).toBe(whole.sizes.get('heap.stacks'))
    expect(sizes.get('heap.idle')).toBe(0)
    const arenas = (whole.sizes.get('reserved.arenas') ?? 0) + (whole.sizes.get('heap.idle') ?? 0)
    expect(sizes.get('heap.unknown')).toBe(arenas)
    expect(sizes.get('process')).toBe(whole.sizes.get('process'))
  })

  test('without the runtime’s counters, its memory is what has an address', () => {
    const memstats = process.layouts.variable('runtime.memstats') ?? 0
    const { size } = process.layouts.struct('runtime.mstats')
    const { sizes, codes } = accountWithout(memstats, memstats + size)
    expect(codes).toEqual(['memory-counters-unreadable'])
    expect(sizes.get('runtime.mspans')).toBeUndefined()
    expect(sizes.get('runtime')).toBe(accountWithout(0, 0).sizes.get('runtime'))
  })

  test('a hole anywhere leaves an account that adds up', () => {
    const writable = process.memory.mappings.filter(
      ({ permissions, source }) => permissions === 'rw-' && source === 'core',
    )
    expect(writable.length).toBeGreaterThan(3)
    for (const { address, size } of writable) {
      // Odd parts, to cut lists at many places.
      const part = Math.ceil(size / 5 / 4096) * 4096
      for (let low = address; low < address + size; low += part) accountWithout(low, low + part)
    }
  })
})

function holed(memory: Memory, low: number, high: number): Memory {
  const check = (address: number, size: number) => {
    if (address < high && address + size > low) throw new FaultError(Math.max(address, low), 'hole')
  }
  const guard =
    <T>(size: number, read: (address: number) => T) =>
    (address: number) => {
      check(address, size)
      return read(address)
    }
  return {
    mappings: memory.mappings,
    plan: memory.plan,
    readU8: guard(1, (address) => memory.readU8(address)),
    readU16: guard(2, (address) => memory.readU16(address)),
    readU32: guard(4, (address) => memory.readU32(address)),
    readI32: guard(4, (address) => memory.readI32(address)),
    readWord: guard(8, (address) => memory.readWord(address)),
    readBytes: (address, size) => {
      check(address, size)
      return memory.readBytes(address, size)
    },
    readInto: (address, target) =>
      address < high && address + target.length > low
        ? memory.readInto(address, target.subarray(0, Math.max(0, low - address)))
        : memory.readInto(address, target),
    isReadable: (address, size) =>
      !(address < high && address + size > low) && memory.isReadable(address, size),
    close: () => {},
  }
}
