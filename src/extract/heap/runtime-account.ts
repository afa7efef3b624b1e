import type { GoProcess } from '../go/process.ts'
import type { AccountTree } from './account-tree.ts'
import { type MappedSums, pageSize, roundUp } from './memory-regions.ts'
import type { RuntimeCounters, RuntimeRegion, RuntimeUse } from './runtime-memory.ts'

export interface RuntimeSums {
  /** All of the node: what is placed by address, and what only the counters know. */
  bytes: number
  /** Counted by the runtime, but at no address that it keeps: somewhere in anonymous memory. */
  unplaced: number
  /** Ends of pages behind what was asked for. */
  rounding: number
  reserved: number
  /** Bytes that were asked for. */
  sizeOf(use: RuntimeUse): number
}

/** Mapped a page at a time as the heap grows, within a reservation. */
const RESERVED_USES: readonly RuntimeUse[] = ['page summary', 'scavenge index']

/** `anonymous`: bytes of mapped memory that belong to nothing that has an address. */
export function sumRuntime(
  process: GoProcess,
  regions: readonly RuntimeRegion[],
  {
    sums,
    counters,
    anonymous,
  }: { sums: MappedSums; counters: RuntimeCounters | undefined; anonymous: number },
): RuntimeSums {
  const page = pageSize(process)
  const sizes = new Map<RuntimeUse, number>()
  const grow = (use: RuntimeUse, size: number) => sizes.set(use, (sizes.get(use) ?? 0) + size)
  let counted = 0
  let rounding = 0
  let reserved = 0
  for (const { use, size, isCounted } of regions) {
    if (RESERVED_USES.includes(use)) continue
    grow(use, size)
    if (isCounted) counted += size
    rounding += roundUp(size, page) - size
  }
  for (const use of RESERVED_USES) {
    grow(use, sums.writable(use))
    counted += sums.writable(use)
    reserved += sums.all(use) - sums.writable(use)
  }
  const placed = [...sizes.keys()].reduce(
    (total, use) => total + (RESERVED_USES.includes(use) ? sums.writable(use) : sums.all(use)),
    0,
  )
  const missing = counters === undefined ? 0 : sumCounters(counters) - counted
  const unplaced = Math.min(Math.max(0, missing), anonymous)
  if (unplaced !== missing) {
    const message = `the runtime’s counters have ${missing} bytes more than its structures, and ${anonymous} bytes of memory are left`
    process.problems.add('spans', 'memory-counters-differ', 'info', message)
  }
  return { bytes: placed + unplaced, unplaced, rounding, reserved, sizeOf: (use) => sizes.get(use) ?? 0 }
}

const sumCounters = ({ mspans, mcaches, profile, collector, other, threadStacks }: RuntimeCounters) =>
  mspans + mcaches + profile + collector + other + threadStacks

export function addRuntime(
  tree: AccountTree,
  { bytes, rounding, sizeOf }: RuntimeSums,
  counters: RuntimeCounters | undefined,
): void {
  const { mspans, mspansInUse, mcaches, mcachesInUse, profile, collector, other, threadStacks } =
    counters ?? UNKNOWN
  const note = 'What the runtime keeps outside of the heap, by its own counters.'
  tree.add('runtime', 'go', 'runtime', bytes, note)
  tree.addAll('runtime', [
    ['mspans', 'span structures', mspans, 'MemStats.MSpanSys.'],
    ['mcaches', 'cache structures', mcaches, 'MemStats.MCacheSys.'],
    ['profile', 'profiles', profile, 'MemStats.BuckHashSys.'],
    ['gc', 'collector', collector, 'MemStats.GCSys without work buffers and masks.'],
    ['other', 'other', other, 'MemStats.OtherSys.'],
    ['stacks', 'thread stacks', threadStacks, 'Got by the runtime for threads; part of MemStats.StackSys.'],
    ['arena-map', 'map of arenas', sizeOf('arena map'), 'Mostly never touched; not in MemStats.'],
    ['rounding', 'page ends', rounding, 'Behind the last byte asked for; not in MemStats.'],
  ])
  tree.addAll('runtime.mspans', [['used', 'in use', mspansInUse, 'MemStats.MSpanInuse.']])
  tree.addRest('runtime.mspans', ['free', 'free', 'For spans to come.'])
  tree.addAll('runtime.mcaches', [['used', 'in use', mcachesInUse, 'MemStats.MCacheInuse.']])
  tree.addRest('runtime.mcaches', ['free', 'free', 'For Ps to come.'])
  const table = sizeOf('profile table')
  tree.addAll('runtime.profile', [['table', 'hash table', table, 'Made with the first sample.']])
  tree.addRest('runtime.profile', ['stacks', 'stacks', 'Of samples.'])
  tree.addAll('runtime.gc', [
    [
      'arenas',
      'arena structures',
      sizeOf('heap arena'),
      'Which span has a page; to Go 1.21 heap bits as well.',
    ],
    ['bits', 'allocation and mark bits', sizeOf('gc bits'), 'Of the slots of spans.'],
    ['page-summaries', 'page summaries', sizeOf('page summary'), 'Of the page allocator.'],
    [
      'page-bitmaps',
      'page bitmaps',
      sizeOf('page bitmap'),
      'Of the page allocator: free and released pages.',
    ],
    ['scavenge-index', 'scavenge index', sizeOf('scavenge index'), 'Of the page allocator.'],
    ['span-queues', 'span queues', sizeOf('span queue'), 'Of the Green Tea collector (Go 1.26+).'],
  ])
  tree.addRest('runtime.gc', [
    'rest',
    'small ones',
    'Finalizer blocks, span sets and more, in shared chunks.',
  ])
  tree.addAll('runtime.other', [['spans', 'list of all spans', sizeOf('span list'), 'mheap.allspans.']])
  tree.addRest('runtime.other', ['rest', 'small ones', 'Specials, itabs, network polling, free space.'])
}

const UNKNOWN: Partial<RuntimeCounters> = {}
