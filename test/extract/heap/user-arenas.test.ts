import { afterAll, expect, test } from 'vitest'
import { openCore } from '../../../src/extract/file/core.ts'
import type { Memory } from '../../../src/extract/file/memory.ts'
import { openProcess } from '../../../src/extract/go/process.ts'
import { IN_USE, readSpans } from '../../../src/extract/heap/spans.ts'
import { Problems } from '../../../src/model/problem.ts'
import { unpackProgram } from '../../oracle/toolchain.ts'

// GOEXPERIMENT=arenas itself: npm run states.
const run = unpackProgram('leaky')
const core = openCore(run.core, run.binary, new Problems())
afterAll(() => core.close())
const process = openProcess(core, new Problems())
const mspan = process.layouts.struct('runtime.mspan')
const { table, mspan: addresses, sizeClass } = readSpans(process)
const large = Array.from(sizeClass).findIndex((is, s) => is === 0 && table.state[s] === IN_USE)

/** The spans of the process when that of a large object is said to be a chunk of a user arena. */
function spansWith(spanClass: number) {
  const fields = new Map([
    [addresses[large] + mspan.offset('isUserArenaChunk'), 1],
    [addresses[large] + mspan.offset('spanclass'), spanClass],
    [addresses[large] + mspan.offset('largeType'), table.address[large]],
  ])
  const { memory: real } = core
  const memory: Memory = {
    mappings: real.mappings,
    plan: real.plan,
    readU8: (address) => fields.get(address) ?? real.readU8(address),
    readU16: (address) => real.readU16(address),
    readU32: (address) => real.readU32(address),
    readI32: (address) => real.readI32(address),
    readWord: (address) => fields.get(address) ?? real.readWord(address),
    readBytes: (address, size) => real.readBytes(address, size),
    readInto: (address, target) => real.readInto(address, target),
    isReadable: (address, size) => real.isReadable(address, size),
    close: () => undefined,
  }
  return readSpans({ ...process, memory })
}

test('a chunk of a user arena that is in use is a span, the type of which the runtime made up', () => {
  const spans = spansWith(0)
  expect(spans.table.address).toEqual(table.address)
  expect(large).toBeGreaterThanOrEqual(0)
  expect([spans.userArena[large], spans.table.largeType[large]]).toEqual([1, 0])
})

test('one that was freed has no memory, and is none', () => {
  const spans = spansWith(1)
  expect(Array.from(spans.table.address)).toEqual(Array.from(table.address).filter((_, s) => s !== large))
})
