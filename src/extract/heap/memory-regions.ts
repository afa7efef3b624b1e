import { type Mapping, SPAN_STATES } from '../../model/tables.ts'
import { PF_W, PF_X, PT_LOAD } from '../file/elf.ts'
import { type AddressRange, flatten, intersect, overlay } from '../file/extents.ts'
import { readable } from '../file/readable.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'
import { PAGE_STATES, readPageCaches, readPageRuns } from './page-alloc.ts'
import { type RuntimeRegion, type RuntimeUse, readRuntimeRegions } from './runtime-memory.ts'
import type { SpanRecords } from './spans.ts'
import { classifyManualSpans, type ManualUse, readThreadStacks } from './stack-spans.ts'

/** What a stretch of the address space is for. */
export type Use =
  | 'code'
  | 'read-only data'
  | 'data'
  | 'bss'
  | 'arena' // of the heap, what it has not grown to yet
  | 'arena, not known' // the same, and all that is in no span, when the page allocator cannot be read
  | (typeof PAGE_STATES)[number]
  | 'cache, free'
  | 'cache, free, released'
  | 'in use' // a span with objects
  | ManualUse
  | RuntimeUse
  | 'thread stack' // of a thread that C code made, as far as the runtime knows it
  | 'main stack'

export interface Region extends AddressRange {
  use: Use
}

export interface MemoryRegions {
  /** Ascending, without overlap, whether mapped or not. */
  regions: readonly Region[]
  runtime: readonly RuntimeRegion[]
  manual: ReadonlyMap<number, ManualUse>
}

/** Each address that the program, the heap or the runtime uses for something that can be told, once. */
export function mapRegions(process: GoProcess, spans: SpanRecords): MemoryRegions {
  const mheap = process.layouts.variable('runtime.mheap_') ?? 0
  const arenas = readArenas(process, mheap, spans)
  const runtime = readRuntimeRegions(process, mheap, arenas)
  const manual = classifyManualSpans(process, spans)
  const pages = readPages(process, mheap)
  const reserved: Use = pages === undefined ? 'arena, not known' : 'arena'
  const { arenaBytes } = process.facts
  const layers: Region[][] = [
    binaryRegions(process),
    arenas.map((address) => ({ address, size: arenaBytes, use: reserved })),
    pages ?? [],
    spanRegions(spans, manual),
    runtime.map(({ address, size, use }) => ({ address, size: roundUp(size, pageSize(process)), use })),
    threadRegions(process, arenas),
  ]
  let regions: Region[] = []
  for (const layer of layers) {
    const ascending = layer.toSorted((a, b) => a.address - b.address)
    regions = overlay(regions, flatten(ascending, cutRegion), cutRegion)
  }
  return { regions, runtime, manual }
}

export function cutRegion<R extends AddressRange>(range: R, from: number, to: number): R {
  return { ...range, address: from, size: to - from }
}

/** Bytes of a page of the operating system: what it maps is a multiple. */
export function pageSize({ layouts, memory }: GoProcess): number {
  const variable = layouts.variable('runtime.physPageSize')
  const size = variable === undefined ? 0 : (readable(() => memory.readWord(variable)) ?? 0)
  return size >= 4096 && size <= 2 ** 20 ? size : 4096
}

export const roundUp = (size: number, unit: number) => Math.ceil(size / unit) * unit

/** First addresses of all arenas, ascending: those that the runtime lists, and those that spans lie in. */
function readArenas({ layouts, memory, facts }: GoProcess, mheap: number, { table }: SpanRecords): number[] {
  const heap = layouts.struct('runtime.mheap')
  const indexes = new Set<number>()
  // Go 1.25 tells arenas of the heap from those of GOEXPERIMENT=arenas.
  for (const field of ['allArenas', 'heapArenas', 'userArenaArenas']) {
    if (!heap.has(field)) continue
    const at = mheap + heap.offset(field)
    const found = readable(() => {
      const [first, count] = [memory.readWord(at), Math.min(memory.readWord(at + 8), 2 ** 22)]
      return Array.from({ length: count }, (_, i) => memory.readWord(first + i * 8))
    })
    for (const index of found ?? []) indexes.add(index)
  }
  for (let s = 0; s < table.count; s++) {
    const last = table.address[s] + table.pages[s] * PAGE_BYTES - 1
    for (const address of [table.address[s], last]) {
      indexes.add(Math.floor((address + facts.arenaBaseShift) / facts.arenaBytes))
    }
  }
  return [...indexes].map((index) => index * facts.arenaBytes - facts.arenaBaseShift).sort((a, b) => a - b)
}

function readPages(process: GoProcess, mheap: number): Region[] | undefined {
  const pages = readable(() => {
    const runs = readPageRuns(process, mheap)
    const free = readPageCaches(process)
    const cached = free.map(
      ({ address, size, state }): Region => ({
        address,
        size,
        use: state === 0 ? 'cache, free' : 'cache, free, released',
      }),
    )
    const taken = runs.map(({ address, size, state }): Region => ({ address, size, use: PAGE_STATES[state] }))
    return overlay(flatten(taken, cutRegion), flatten(cached, cutRegion), cutRegion)
  })
  if (pages === undefined) {
    const message = 'the page allocator is not in the core: free pages of the heap are not known'
    process.problems.add('spans', 'page-allocator-unreadable', 'warning', message)
  }
  return pages
}

function spanRegions({ table }: SpanRecords, manual: ReadonlyMap<number, ManualUse>): Region[] {
  const regions: Region[] = []
  const inUse = SPAN_STATES.indexOf('in use')
  for (let s = 0; s < table.count; s++) {
    const use = table.state[s] === inUse ? 'in use' : manual.get(s)
    if (use === undefined) continue
    const size = table.pages[s] * PAGE_BYTES
    const last = regions.at(-1)
    if (last?.use === use && last.address + last.size === table.address[s]) last.size += size
    else regions.push({ address: table.address[s], size, use })
  }
  return regions
}

/** The program's segments, to the end of their last page. */
function binaryRegions(process: GoProcess): Region[] {
  const { binary, bias } = process.core
  const page = pageSize(process)
  const regions: Region[] = []
  for (const { type, flags, virtualAddress, fileSize, memorySize } of binary.segments) {
    if (type !== PT_LOAD || memorySize === 0) continue
    const address = virtualAddress + bias
    const start = Math.floor(address / page) * page
    const fileEnd = address + Math.min(fileSize, memorySize)
    const last = roundUp(address + memorySize, page)
    if ((flags & PF_W) === 0) {
      regions.push({ address: start, size: last - start, use: flags & PF_X ? 'code' : 'read-only data' })
      continue
    }
    regions.push({ address: start, size: fileEnd - start, use: 'data' })
    regions.push({ address: fileEnd, size: last - fileEnd, use: 'bss' })
  }
  return regions.filter(({ size }) => size > 0)
}

/** Stacks of threads that lie outside of the heap: with cgo, the C library made them. */
function threadRegions(process: GoProcess, arenas: readonly number[]): Region[] {
  const { arenaBytes } = process.facts
  const stacks = readable(() => readThreadStacks(process)) ?? []
  const main = readable(() => mainStack(process))
  const isMain = (high: number) =>
    main !== undefined && high > main.address && high <= main.address + main.size
  const isHeap = (address: number) => arenas.some((base) => address >= base && address < base + arenaBytes)
  const regions = stacks
    .filter(({ low, high }) => low > 0 && low < high && !isHeap(low) && !isMain(high))
    .map(({ low, high }): Region => ({ address: low, size: high - low, use: 'thread stack' }))
  return main === undefined ? regions : [...regions, main]
}

/**
 * The whole mapping that the main thread's stack (runtime.g0) ends in. The runtime knows only about how far down it goes;
 * the kernel never joins it with another.
 */
function mainStack({ layouts, memory }: GoProcess): Region | undefined {
  const g0 = layouts.variable('runtime.g0')
  if (g0 === undefined) return undefined
  const high = memory.readWord(g0 + layouts.struct('runtime.g').offset('stack.hi'))
  const mapping = memory.mappings.find(({ address, size }) => high > address && high <= address + size)
  return mapping && { address: mapping.address, size: mapping.size, use: 'main stack' }
}

/** Mapped bytes by use: those that can be written, and all. */
export interface MappedSums {
  writable(use: Use): number
  all(use: Use): number
}

export function sumMapped(mappings: readonly Mapping[], regions: readonly Region[]): MappedSums {
  const sum = (mapped: readonly Mapping[]) => {
    const sums = new Map<Use, number>()
    for (const { use, size } of intersect(regions, mapped, cutRegion)) {
      sums.set(use, (sums.get(use) ?? 0) + size)
    }
    return (use: Use) => sums.get(use) ?? 0
  }
  return { writable: sum(mappings.filter(({ permissions }) => permissions[1] === 'w')), all: sum(mappings) }
}
