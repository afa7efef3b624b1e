import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { unpackFixture } from '../../scripts/unpack-fixture.ts'
import { analyse } from '../../src/analyse.ts'
import { GoheapError } from '../../src/errors.ts'
import { extract } from '../../src/extract/extract.ts'
import { openCore } from '../../src/extract/file/core.ts'
import type { AnalysedHeap } from '../../src/model/heap-graph.ts'
import { Problems } from '../../src/model/problem.ts'

const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
const cut = join(folder, 'cut')
let run: { core: string; binary: string }
let whole: AnalysedHeap
let size: number
beforeAll(async () => {
  run = unpackFixture('leaky', folder)
  size = statSync(run.core).size
  whole = await read(run.core)
  return () => rmSync(folder, { recursive: true })
})

async function read(path: string): Promise<AnalysedHeap> {
  const problems = new Problems()
  const core = openCore(path, run.binary, problems)
  try {
    return analyse(await extract(core, problems, { threads: 1 }))
  } finally {
    core.close()
  }
}

async function readCut(bytes: number): Promise<AnalysedHeap> {
  copyFileSync(run.core, cut)
  truncateSync(cut, bytes)
  return await read(cut)
}

/** Offset, target and place in it of each pointer, by the addresses of the objects. */
function listEdges({ heap: { objects, graph } }: AnalysedHeap): Set<string> {
  const { edges } = graph
  const found = new Set<string>()
  for (let source = 0; source < objects.count; source++) {
    for (let edge = edges.first[source]; edge < edges.first[source + 1]; edge++) {
      found.add(
        `${objects.address[source]}+${edges.offset[edge]} -> ${objects.address[edges.target[edge]]}+${edges.targetOffset[edge]}`,
      )
    }
  }
  return found
}

test('a whole core has lost nothing', () => {
  expect(whole.heap.metadata.get('reachability')).toBe('complete')
  expect(whole.heap.metadata.get('lost_objects')).toBe(0)
})

// In a kernel core the heap comes first, then what the runtime has got for itself, the oldest last.
test.each([0.9, 0.99, 0.995])(
  'of a core cut at %d what is read is so, and what is not is counted',
  async (share) => {
    const { heap } = await readCut(Math.floor(size * share))
    const known = new Set(whole.heap.objects.address)
    expect([...heap.objects.address].filter((address) => !known.has(address))).toEqual([])
    const edges = listEdges(whole)
    expect([...listEdges({ heap } as AnalysedHeap)].filter((edge) => !edges.has(edge))).toEqual([])
    expect(heap.problems.map(({ code }) => code)).toContain('core-truncated')
    const lost = whole.heap.objects.count - heap.objects.count
    // The allocator books what a P has taken from its spans only later.
    expect(Math.abs(Number(heap.metadata.get('lost_objects')) - lost)).toBeLessThan(100)
    expect(heap.metadata.get('reachability')).toBe('incomplete')
  },
)

test('a core that has lost only what is no part of the heap gives the figures of the whole one', async () => {
  const { heap, analysis } = await readCut(Math.floor(size * 0.999))
  expect(heap.problems.map(({ code }) => code)).toEqual(['core-truncated'])
  expect(heap.mappings.filter(({ source }) => source === 'lost')).not.toEqual([])
  expect(heap.metadata.get('reachability')).toBe('complete')
  expect(analysis.reachable).toEqual(whole.analysis.reachable)
  expect(analysis.retainedSize).toEqual(whole.analysis.retainedSize)
})

test('a core that is cut off before its heap is refused in one sentence', async () => {
  for (const share of [0.01, 0.05, 0.3]) {
    const refused = await readCut(Math.floor(size * share)).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(GoheapError)
    expect(refused).toMatchObject({
      code: 'truncated',
      message: expect.stringMatching(/neither objects nor goroutines/),
    })
  }
})
