import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BinaryFolder, findBinary } from '../../src/index.ts'
import { ROOT_KINDS } from '../../src/model/tables.ts'
import { dumpTwice, missingDelve } from '../oracle/delve.ts'
import { TESTED_ARCH } from '../oracle/emulator.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { putTogether, wrapAsMacho } from '../oracle/put-together.ts'
import {
  because,
  buildProgram,
  gcoreProgram,
  missingGcore,
  missingGo,
  unpackProgram,
} from '../oracle/toolchain.ts'
import { makeTempFolder } from './file/temp-files.ts'

const VERSION = '1.27.4'
const folder = makeTempFolder()
const isWaiting = (into: string) =>
  readFileSync(join(into, 'truth'), { encoding: 'utf8', flag: 'a+' }).includes('"HeapAlloc"')

/** What does not depend on the format of the dump. */
function contents({ heap: { objects, types, graph, roots, goroutines, frames } }: Extracted) {
  return {
    objects: Array.from(objects.address.subarray(0, objects.count), (address, i) => [
      address,
      graph.size[i],
      types.rows[objects.type[i]]?.name,
    ]),
    edges: graph.edges,
    roots: Array.from({ length: roots.count }, (_, i) => [ROOT_KINDS[roots.kind[i]], roots.address[i]]),
    rootEdges: graph.rootEdges,
    goroutines,
    frames,
  }
}

function expectSame(plain: Extracted, other: Extracted, least = 10_000): void {
  const [a, b] = [contents(plain), contents(other)]
  expect(a.objects.length).toBeGreaterThan(least)
  for (const part of ['objects', 'edges', 'roots', 'rootEdges', 'goroutines', 'frames'] as const) {
    expect(JSON.stringify(b[part]) === JSON.stringify(a[part]), part).toBe(true)
  }
}

const noDelve = missingGo(VERSION) ?? missingGcore() ?? missingDelve()
test.skipIf(noDelve)(
  `delve's dump and gcore's core of one stopped process give the same${because(noDelve)}`,
  async () => {
    const runs = dumpTwice(buildProgram('truth', VERSION), ['truth', 'park'], isWaiting)
    const [plain, other] = [await extractRun(runs.gcore), await extractRun(runs.delve)]
    try {
      expect([plain.core.writer, other.core.writer]).toEqual(['gcore', 'delve'])
      expectSame(plain, other)
    } finally {
      plain.core.close()
      other.core.close()
    }
  },
)

const reason =
  missingGo(VERSION) ?? missingGcore() ?? (TESTED_ARCH === 'amd64' ? undefined : 'NOT RUN: for amd64 only')

describe.skipIf(reason)(`dumps put together from a Linux process's memory${because(reason)}`, () => {
  const flags = ['-buildmode=pie', '-ldflags=-compressdwarf=false']
  test.each([
    { system: 'darwin', hasG: true },
    { system: 'darwin', hasG: false },
  ])(
    "in delve's format for $system, g known $hasG, with a Mach-O binary, give what the core gives",
    async ({ system, hasG }) => {
      const run = gcoreProgram(buildProgram('truth', VERSION, { flags }), ['truth', 'park'], isWaiting)
      const made = { core: folder.path('dump'), binary: folder.path('program') }
      putTogether(run, made.core, system, hasG)
      wrapAsMacho(run.binary, made.binary)
      const [plain, other] = [await extractRun(run), await extractRun(made)]
      try {
        expect(other.core).toMatchObject({ system, writer: 'delve', bias: plain.core.bias })
        expect(plain.core.bias).toBeGreaterThan(0)
        expectSame(plain, other)
      } finally {
        plain.core.close()
        other.core.close()
      }
    },
  )
})

const ARM64 = unpackProgram('stacks-arm64')

// On linux/arm64 delve writes none of the kernel's notes. delve: pkg/proc/native/dump_linux_other.go
test.each([true, false])(
  "a dump put together in delve's format for linux/arm64, g known %s, gives what the core gives",
  { timeout: 300_000 },
  async (hasG) => {
    const made = { core: folder.path('arm64'), binary: ARM64.binary }
    putTogether(ARM64, made.core, 'linux', hasG)
    // Nothing in it tells where the program was; which one it was, the memory does.
    expect(() => findBinary(made.core)).toThrow(
      /does not say where its program is \(Go build id [^)]+\): name the binary, or a folder to look in with --binary-dir$/,
    )
    expect(findBinary(made.core, { folder: new BinaryFolder(dirname(made.binary)) })).toBe(made.binary)
    const [plain, other] = [await extractRun(ARM64), await extractRun(made)]
    try {
      expect(other.core).toMatchObject({ system: 'linux', arch: 'arm64', writer: 'delve' })
      expectSame(plain, other, 1000)
    } finally {
      plain.core.close()
      other.core.close()
    }
  },
)

// The core is of a crash: its thread is in a signal handler, which goheap leaves on Linux alone. All else is the same.
test("a dump put together in delve's format for darwin/arm64, with a Mach-O binary, gives what the core gives", {
  timeout: 300_000,
}, async () => {
  const made = { core: folder.path('darwin-arm64'), binary: folder.path('program-arm64') }
  putTogether(ARM64, made.core, 'darwin', false)
  wrapAsMacho(ARM64.binary, made.binary)
  const [plain, other] = [await extractRun(ARM64), await extractRun(made)]
  try {
    expect(other.core).toMatchObject({ system: 'darwin', arch: 'arm64', writer: 'delve' })
    expect(other.heap.problems).toMatchObject([
      { code: 'build-id-unchecked' },
      { code: 'goroutine-place-unknown', count: 1 },
    ])
    const [a, b] = [contents(plain), contents(other)]
    expect(a.objects.length).toBeGreaterThan(1000)
    expect([a.objects, a.edges]).toEqual([b.objects, b.edges])
    const rest = outsideOfCrash(plain)
    expect(rest.length).toBeGreaterThan(4000)
    expect(outsideOfCrash(other)).toEqual(rest)
  } finally {
    plain.core.close()
    other.core.close()
  }
})

/** Roots that are no part of the stack and the registers of the goroutine that runs. */
function outsideOfCrash({ heap: { roots, goroutines } }: Extracted): string[] {
  const running = goroutines.find(({ status }) => status === 'running')
  if (running === undefined) throw new Error('no goroutine runs')
  const [low, high] = [roots.address[running.root], roots.address[running.root] + roots.size[running.root]]
  return Array.from(roots.address, (address, i) => ({ address, i }))
    .filter(({ address }) => address !== 0 && !(address >= low && address < high))
    .map(({ address, i }) => `${ROOT_KINDS[roots.kind[i]]} ${address} ${roots.size[i]} ${roots.name[i]}`)
}
