import type { AddressRange } from '../file/extents.ts'
import { readable } from '../file/readable.ts'
import { heapArenaOf } from '../go/arenas.ts'
import type { GoProcess } from '../go/process.ts'

/** What the runtime itself uses memory outside of the heap for, where its place is known. */
export type RuntimeUse =
  | 'heap arena' // heapArena: which span is where
  | 'gc bits' // allocBits and gcmarkBits of spans
  | 'page summary' // levels of pageAlloc.summary: reserved whole, mapped where the heap is
  | 'page bitmap' // second level of pageAlloc.chunks
  | 'scavenge index'
  | 'span queue' // rings of Green Tea's queues
  | 'span list' // mheap.allspans
  | 'profile table' // buckhash
  | 'arena map' // second level of mheap.arenas
  | 'persistent' // chunks of persistentalloc, shared by what is small

export interface RuntimeRegion extends AddressRange {
  use: RuntimeUse
  /** The runtime's counters, whose sum is RuntimeCounters.total, have it. */
  isCounted: boolean
}

/** runtime.memstats: bytes got from the operating system for what is not heap. undefined: not in the core. */
export interface RuntimeCounters {
  mspans: number
  mcaches: number
  profile: number
  collector: number
  other: number
  threadStacks: number
  mspansInUse: number
  mcachesInUse: number
  /** Heap memory by use, as the runtime counts it. */
  inHeap: number
  inStacks: number
  inWorkBuffers: number
  inMasks: number
  released: number
}

/** runtime/malloc.go, persistentChunkSize. */
const PERSISTENT_CHUNK_BYTES = 256 << 10
/** runtime/mheap.go, gcBitsChunkBytes. */
const GC_BITS_CHUNK_BYTES = 64 << 10
/** Smaller ones come from a persistent chunk. runtime/malloc.go, persistentalloc1, maxBlock. */
const OWN_MAPPING_BYTES = 64 << 10
/** Ends lists that run in circles. */
const MAX_LIST = 2 ** 22
/** First and second level of pageAlloc.chunks: 2^13 each. runtime/mpagealloc_64bit.go, pallocChunksL1Bits. */
const CHUNK_LEVEL = 2 ** 13
const SUMMARY_LEVELS = 5
/** runtime/mprof.go, buckHashSize. */
const PROFILE_TABLE_ENTRIES = 179_999

/** Faults as Memory does. runtime/mstats.go: mstats, heapStatsDelta; runtime/mheap.go: spanalloc, cachealloc. */
export function readRuntimeCounters({ memory, layouts }: GoProcess, mheap: number): RuntimeCounters {
  const memstats = layouts.variable('runtime.memstats') ?? 0
  const stats = layouts.struct('runtime.mstats')
  const heap = layouts.struct('runtime.mheap')
  const delta = layouts.struct('runtime.heapStatsDelta')
  const ring = memstats + stats.offset('heapStats.stats')
  const stat = (field: string) => memory.readWord(memstats + stats.offset(field))
  // The three deltas of the ring add up to the whole. runtime/mstats.go, consistentHeapStats.unsafeRead.
  const sumDeltas = (field: string) => {
    if (!delta.has(field)) return 0
    let sum = 0n
    for (let i = 0; i < 3; i++) {
      const bytes = memory.readBytes(ring + i * delta.size + delta.offset(field), 8)
      sum += new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true)
    }
    return Number(sum)
  }
  return {
    mspans: stat('mspan_sys'),
    mcaches: stat('mcache_sys'),
    profile: stat('buckhash_sys'),
    collector: stat('gcMiscSys'),
    other: stat('other_sys'),
    threadStacks: stat('stacks_sys'),
    mspansInUse: memory.readWord(mheap + heap.offset('spanalloc.inuse')),
    mcachesInUse: memory.readWord(mheap + heap.offset('cachealloc.inuse')),
    inHeap: sumDeltas('inHeap'),
    inStacks: sumDeltas('inStacks'),
    inWorkBuffers: sumDeltas('inWorkBufs'),
    inMasks: sumDeltas('inPtrScalarBits'),
    released: sumDeltas('released'),
  }
}

/** Ascending. `size` is what the runtime asked for; the mapping goes on to the end of the page. */
export function readRuntimeRegions(
  process: GoProcess,
  mheap: number,
  arenas: readonly number[],
): RuntimeRegion[] {
  const regions: RuntimeRegion[] = []
  const readers = [
    () => readPersistentChunks(process),
    () => readGcBits(process),
    () => readPageAllocator(process, mheap),
    () => readArenaStructs(process, mheap, arenas),
    () => readTables(process, mheap),
    () => readSpanQueues(process),
  ]
  for (const read of readers) {
    const found = readable(read)
    if (found !== undefined) regions.push(...found.filter(({ address, size }) => address > 0 && size > 0))
    else {
      const message =
        'a list of the runtime’s own memory is not in the core: some of it counts as not attributed'
      process.problems.add('spans', 'runtime-memory-unreadable', 'warning', message)
    }
  }
  return regions.sort((a, b) => a.address - b.address)
}

const region = (use: RuntimeUse, address: number, size: number, isCounted = true): RuntimeRegion => ({
  use,
  address,
  size,
  isCounted,
})

/** runtime/malloc.go, persistentChunks: each begins with the address of the one before. */
function readPersistentChunks({ memory, layouts }: GoProcess): RuntimeRegion[] {
  const head = layouts.variable('runtime.persistentChunks')
  if (head === undefined) return []
  return walk(memory.readWord(head), (chunk) => memory.readWord(chunk)).map((chunk) =>
    region('persistent', chunk, PERSISTENT_CHUNK_BYTES),
  )
}

/** runtime/mheap.go, gcBitsArenas: a mutex, then the lists free, next, current, previous. */
function readGcBits({ memory, layouts }: GoProcess): RuntimeRegion[] {
  const lists = layouts.variable('runtime.gcBitsArenas')
  if (lists === undefined) return []
  const next = layouts.struct('runtime.gcBitsArena').offset('next')
  const first = lists + layouts.struct('runtime.mutex').size
  const arenas = [0, 8, 16, 24].flatMap((at) =>
    walk(memory.readWord(first + at), (arena) => memory.readWord(arena + next)),
  )
  return [...new Set(arenas)].map((arena) => region('gc bits', arena, GC_BITS_CHUNK_BYTES))
}

/** runtime/mpagealloc.go: pageAlloc.summary, pageAlloc.chunks, scavengeIndex.chunks. */
function readPageAllocator({ memory, layouts }: GoProcess, mheap: number): RuntimeRegion[] {
  const heap = layouts.struct('runtime.mheap')
  const regions: RuntimeRegion[] = []
  const summary = mheap + heap.offset('pages.summary')
  for (let level = 0; level < SUMMARY_LEVELS; level++) {
    const [address, capacity] = [0, 16].map((at) => memory.readWord(summary + level * 24 + at))
    regions.push(region('page summary', address, capacity * 8))
  }
  const index = mheap + heap.offset('pages.scav.index.chunks')
  const { size: entry } = layouts.struct('runtime.atomicScavChunkData')
  regions.push(region('scavenge index', memory.readWord(index), memory.readWord(index + 16) * entry))
  const chunks = mheap + heap.offset('pages.chunks')
  const { size: chunk } = layouts.struct('runtime.pallocData')
  for (let l1 = 0; l1 < CHUNK_LEVEL; l1++) {
    const address = memory.readWord(chunks + l1 * 8)
    if (address !== 0) regions.push(region('page bitmap', address, CHUNK_LEVEL * chunk))
  }
  return regions
}

/** runtime/malloc.go, mheap.sysAlloc: a heapArena for each arena, and the map that leads to them. */
function readArenaStructs(process: GoProcess, mheap: number, arenas: readonly number[]): RuntimeRegion[] {
  const { memory, layouts } = process
  const arenaOf = heapArenaOf(process, mheap)
  const { size } = layouts.struct('runtime.heapArena')
  const structs =
    size < OWN_MAPPING_BYTES ? [] : arenas.map((base) => region('heap arena', arenaOf(base), size))
  // The map is got without being counted, as it is far larger than what is touched of it.
  const map = memory.readWord(mheap + layouts.struct('runtime.mheap').offset('arenas'))
  const entries = 2 ** (layouts.constant('runtime.arenaL2Bits') ?? 22)
  return [...structs, region('arena map', map, entries * 8, false)]
}

/** runtime/mheap.go, recordspan: mheap.allspans; runtime/mprof.go, buckhash. */
function readTables({ memory, layouts }: GoProcess, mheap: number): RuntimeRegion[] {
  const spans = mheap + layouts.struct('runtime.mheap').offset('allspans')
  const regions = [region('span list', memory.readWord(spans), memory.readWord(spans + 16) * 8)]
  const table = layouts.variable('runtime.buckhash')
  const entries = layouts.constant('runtime.buckHashSize') ?? PROFILE_TABLE_ENTRIES
  if (table !== undefined) regions.push(region('profile table', memory.readWord(table), entries * 8))
  return regions
}

/** runtime/mgcmark_greenteagc.go, spanSPMC: rings that are on work.spanSPMCs until the collector is done. */
function readSpanQueues({ memory, layouts }: GoProcess): RuntimeRegion[] {
  const work = layouts.variable('runtime.work')
  if (work === undefined || !layouts.hasStruct('runtime.spanSPMC')) return []
  const type = layouts.struct('runtime.workType')
  const queue = layouts.struct('runtime.spanSPMC')
  if (!type.has('spanSPMCs.list.obj') || !queue.has('allnode.next')) return []
  const head = memory.readWord(work + type.offset('spanSPMCs.list.obj'))
  const queues = walk(head, (at) => memory.readWord(at + queue.offset('allnode.next')))
  return queues.map((at) =>
    region(
      'span queue',
      memory.readWord(at + queue.offset('ring')),
      memory.readU32(at + queue.offset('cap')) * 8,
    ),
  )
}

/** The elements of a linked list, first to last, each once: one that runs in circles has been damaged. */
export function walk(first: number, next: (element: number) => number): number[] {
  const elements = new Set<number>()
  for (let at = first; at !== 0 && !elements.has(at) && elements.size < MAX_LIST; at = next(at))
    elements.add(at)
  return [...elements]
}
