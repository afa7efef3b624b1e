import { describe, expect, test } from 'vitest'
import type { Memory } from '../../../src/extract/file/memory.ts'
import { openPclntab } from '../../../src/extract/go/pclntab.ts'
import { openTypeCatalog } from '../../../src/extract/go/type-catalog.ts'
import { readGoroutines } from '../../../src/extract/heap/goroutines.ts'
import { type NewRoot, RootBuilder } from '../../../src/extract/heap/root-builder.ts'
import { Problems } from '../../../src/model/problem.ts'
import { Progress } from '../../../src/progress.ts'
import { cpuMs } from '../../oracle/cpu.ts'
import { because, missingGo } from '../../oracle/toolchain.ts'
import { stackRun } from './stack-run.ts'

const version = '1.27.4'
const reason = missingGo(version)

describe.skipIf(reason)(`stacks in damaged memory${because(reason)}`, () => {
  // Words in 100 000 that are damaged: pclntab, stacks, g and m structures alike.
  test.each([2, 20, 200, 2000])('%i damaged words in 100 000 are problems, not errors', (rate) => {
    const { process } = stackRun(version)
    let found = 0
    for (let seed = 1; seed <= 20; seed++) {
      const memory = damaged(process.memory, seed, rate)
      const problems = new Problems()
      const pclntab = openPclntab(memory, process.modules, process.facts.minLC)
      const hurt = { ...process, memory, pclntab, problems }
      const started = cpuMs()
      const roots = new PlacedRoots()
      const rows = readGoroutines(hurt, openTypeCatalog(hurt), roots, new Progress())
      expect(cpuMs() - started, `seed ${seed}`).toBeLessThan(20_000)
      for (const { goid, stackSize } of rows.goroutines) {
        expect(Number.isSafeInteger(goid) && Number.isSafeInteger(stackSize), `seed ${seed}`).toBe(true)
      }
      expect(roots.nowhere, `seed ${seed}`).toEqual([])
      found += problems.rows.length
    }
    expect(found).toBeGreaterThan(0)
  })
})

/** Keeps the roots of which the database could not say where they are. */
class PlacedRoots extends RootBuilder {
  readonly nowhere: NewRoot[] = []
  override add(root: NewRoot): number {
    if (!Number.isSafeInteger(root.address) || !Number.isSafeInteger(root.size)) this.nowhere.push(root)
    return super.add(root)
  }
}

/** The same memory, with some words changed: to nil, to a neighbour, to a random or the largest value. */
function damaged(memory: Memory, seed: number, rate: number): Memory {
  const random = (address: number, salt: number) => {
    let hash = Math.imul(address >>> 3, 2654435761) ^ Math.imul(seed, 40503) ^ salt
    hash = Math.imul(hash ^ (hash >>> 15), 2246822519)
    return (hash ^ (hash >>> 13)) >>> 0
  }
  const change = (address: number, value: number, largest: number) => {
    if (random(address, 7) % 100_000 >= rate) return value
    return [0, value + 8, random(address, 11) % largest, Math.min(largest, value * 2), largest][
      random(address, 9) % 5
    ]
  }
  const scratch = (address: number, bytes: Uint8Array, length: number) => {
    for (let i = 0; i + 8 <= length; i += 8) {
      if (random(address + i, 3) % 100_000 < rate)
        bytes[i + (random(address, i) % 8)] = random(address + i, 5)
    }
  }
  return {
    mappings: memory.mappings,
    plan: memory.plan,
    readU8: (address) => change(address, memory.readU8(address), 0xff),
    readU16: (address) => change(address, memory.readU16(address), 0xffff),
    readU32: (address) => change(address, memory.readU32(address), 0xffffffff),
    readI32: (address) => change(address, memory.readI32(address), 0x7fffffff),
    readWord: (address) => change(address, memory.readWord(address), 2 ** 60),
    readBytes(address, size) {
      const bytes = memory.readBytes(address, size)
      scratch(address, bytes, size)
      return bytes
    },
    readInto(address, target) {
      const read = memory.readInto(address, target)
      scratch(address, target, read)
      return read
    },
    isReadable: (address, size) => memory.isReadable(address, size),
    close: () => undefined,
  }
}
