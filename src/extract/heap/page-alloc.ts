import type { AddressRange } from '../file/extents.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'

/**
 * What the page allocator says of a page. Released: given back to the operating system, reads as zeros when used again. Taken
 * and released are only the pages that Go 1.26+ puts before the heap, so that it begins at a random place:
 * markRandomPaddingPages.
 */
export const PAGE_STATES = ['free', 'free, released', 'taken', 'taken, released'] as const

/** Consecutive pages in one state. */
export interface PageRun extends AddressRange {
  /** Index into PAGE_STATES. */
  state: number
}

const FREE = 0
const FREE_RELEASED = 1

/** Pages in a chunk of the allocator's bitmaps. runtime/mpagealloc.go, logPallocChunkPages. */
const CHUNK_PAGES = 512
const CHUNK_BYTES = CHUNK_PAGES * PAGE_BYTES
/** Entries of the second level of pageAlloc.chunks, for a 48-bit address space. runtime/mpagealloc.go, pallocChunksL2Bits. */
const L2_BITS = 13
/** Pages in the cache of a P. runtime/mpagecache.go, pageCachePages. */
const CACHE_PAGES = 64
/** More ranges than a heap of many terabytes can be scattered over. */
const MAX_RANGES = 2 ** 20

/**
 * The state of every page that the heap has grown to, ascending. runtime/mpagealloc.go: pageAlloc.inUse, pageAlloc.chunks,
 * pallocData. Pages in the cache of a P are taken here: see readPageCaches. Faults as Memory does.
 */
export function readPageRuns(process: GoProcess, mheap: number): PageRun[] {
  const { memory, layouts, facts } = process
  const heap = layouts.struct('runtime.mheap')
  const chunks = mheap + heap.offset('pages.chunks')
  const chunkData = layouts.struct('runtime.pallocData')
  const scavengedAt = chunkData.offset('scavenged')
  const runs: PageRun[] = []
  const bits = new Uint8Array(chunkData.size)
  const stateOf = (page: number) => {
    const bit = 1 << (page & 7)
    return ((bits[page >> 3] & bit) === 0 ? 0 : 2) + ((bits[scavengedAt + (page >> 3)] & bit) === 0 ? 0 : 1)
  }
  for (const { address: base, size } of readInUse(process, mheap)) {
    for (let address = base; address < base + size; address += CHUNK_BYTES) {
      const chunk = Math.floor((address + facts.arenaBaseShift) / CHUNK_BYTES)
      const l2 = memory.readWord(chunks + Math.floor(chunk / 2 ** L2_BITS) * 8)
      bits.set(memory.readBytes(l2 + (chunk % 2 ** L2_BITS) * bits.length, bits.length))
      let first = 0
      for (let page = 1; page <= CHUNK_PAGES; page++) {
        if (page < CHUNK_PAGES && stateOf(page) === stateOf(first)) continue
        pushRun(runs, address + first * PAGE_BYTES, (page - first) * PAGE_BYTES, stateOf(first))
        first = page
      }
    }
  }
  return runs
}

function pushRun(runs: PageRun[], address: number, size: number, state: number): void {
  const last = runs.at(-1)
  if (last?.state === state && last.address + last.size === address) last.size += size
  else runs.push({ address, size, state })
}

/** Address ranges that the heap has grown to, in whole chunks. runtime/mranges.go, addrRanges. */
function readInUse({ memory, layouts }: GoProcess, mheap: number): AddressRange[] {
  const ranges = mheap + layouts.struct('runtime.mheap').offset('pages.inUse.ranges')
  const range = layouts.struct('runtime.addrRange')
  const first = memory.readWord(ranges)
  const count = Math.min(memory.readWord(ranges + 8), MAX_RANGES)
  return Array.from({ length: count }, (_, i) => {
    const at = first + i * range.size
    const base = memory.readWord(at + range.offset('base.a'))
    return { address: base, size: memory.readWord(at + range.offset('limit.a')) - base }
  })
}

/**
 * Free pages that Ps have taken ahead, ascending; state is FREE or FREE_RELEASED. runtime/mpagecache.go, pageCache: 64
 * pages from `base`, a set bit of `cache` is a free page. Faults as Memory does.
 */
export function readPageCaches(process: GoProcess): PageRun[] {
  const { memory, layouts } = process
  const p = layouts.struct('runtime.p')
  const pages: PageRun[] = []
  for (const address of readProcessors(process)) {
    const word = (field: string) => address + p.offset(`pcache.${field}`)
    const base = memory.readWord(word('base'))
    const cache = memory.readBytes(word('cache'), CACHE_PAGES / 8)
    const released = memory.readBytes(word('scav'), CACHE_PAGES / 8)
    for (let page = 0; page < CACHE_PAGES; page++) {
      const bit = 1 << (page & 7)
      if ((cache[page >> 3] & bit) === 0) continue
      const state = (released[page >> 3] & bit) === 0 ? FREE : FREE_RELEASED
      pages.push({ address: base + page * PAGE_BYTES, size: PAGE_BYTES, state })
    }
  }
  return pages.sort((a, b) => a.address - b.address)
}

/** Addresses of all Ps. runtime/runtime2.go, allp. */
export function readProcessors({ memory, layouts }: GoProcess): number[] {
  const allp = layouts.variable('runtime.allp')
  if (allp === undefined) return []
  const first = memory.readWord(allp)
  const count = Math.min(memory.readWord(allp + 8), 2 ** 16)
  const all = Array.from({ length: count }, (_, i) => memory.readWord(first + i * 8))
  return all.filter((address) => address !== 0)
}
