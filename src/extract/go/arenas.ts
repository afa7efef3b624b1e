import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { GoFacts } from './facts.ts'
import type { Layouts } from './layouts.ts'

/** What it takes to read the arena map. */
interface ArenaContext {
  memory: Memory
  layouts: Layouts
  facts: GoFacts
}

/**
 * The runtime's own map from an address to its heapArena. runtime/mheap.go: arenaIndex, mheap.arenas.
 * 0 where the map has none.
 */
export function heapArenaOf(process: ArenaContext, mheap: number): (address: number) => number {
  const arenaOf = arenaLookup(process, mheap)
  return (address) => arenaOf(address) ?? 0
}

/** The same, and undefined where the map itself is not in the core. */
function arenaLookup(process: ArenaContext, mheap: number): (address: number) => number | undefined {
  const { layouts, memory, facts } = process
  const arenas = mheap + layouts.struct('runtime.mheap').offset('arenas')
  const l1Bits = layouts.constant('runtime.arenaL1Bits') ?? 0
  const l2Entries = 2 ** (layouts.constant('runtime.arenaL2Bits') ?? 22)
  const cache = new Map<number, number | undefined>()
  return (address) => {
    const index = Math.floor((address + facts.arenaBaseShift) / facts.arenaBytes)
    if (cache.has(index)) return cache.get(index)
    const found = readable(() => {
      const l1 = l1Bits === 0 ? 0 : Math.floor(index / l2Entries)
      const l2 = memory.readWord(arenas + l1 * 8)
      return l2 === 0 ? 0 : memory.readWord(l2 + (l1Bits === 0 ? index : index % l2Entries) * 8)
    })
    cache.set(index, found)
    return found
  }
}

/** Address of the mspan that the arena map holds for an address; 0 for none, undefined where the map is not in the core. */
export function arenaReader(process: ArenaContext, mheap: number): (address: number) => number | undefined {
  const { layouts, memory, facts } = process
  const arenaOf = arenaLookup(process, mheap)
  const spans = layouts.struct('runtime.heapArena').offset('spans')
  const pageBytes = layouts.constant('runtime._PageSize') ?? 8192
  return (address) => {
    const arena = arenaOf(address)
    if (arena === undefined || arena === 0) return arena
    const page = Math.floor(((address + facts.arenaBaseShift) % facts.arenaBytes) / pageBytes)
    return readable(() => memory.readWord(arena + spans + page * 8))
  }
}

/**
 * Addresses of all mspans that the arena map leads to, each once, those of pages freed since included. For a core that
 * has lost mheap.allspans. Arenas are looked for wherever the process had memory.
 */
export function listMappedSpans(process: ArenaContext, mheap: number): number[] {
  const { layouts, memory, facts } = process
  const arenaOf = arenaLookup(process, mheap)
  const field = layouts.struct('runtime.heapArena').field('spans')
  const found = new Set<number>()
  const map = new Uint8Array(field.size)
  for (const base of listArenaBases(memory, facts)) {
    const arena = arenaOf(base)
    if (arena === undefined || arena === 0) continue
    const size = memory.readInto(arena + field.offset, map)
    const words = new Uint32Array(map.buffer, 0, Math.floor(size / 8) * 2)
    for (let i = 0; i < words.length; i += 2) {
      const span = words[i + 1] * 4294967296 + words[i]
      if (span !== 0) found.add(span)
    }
  }
  return [...found]
}

/** Reservations of many terabytes are the race detector's and its like; the heap lies in what can be written. */
const MAX_ARENAS = 2 ** 20

function listArenaBases(memory: Memory, { arenaBytes, arenaBaseShift }: GoFacts): Set<number> {
  const bases = new Set<number>()
  for (const { address, size, permissions } of memory.mappings) {
    if (permissions[1] !== 'w') continue
    const first = Math.floor((address + arenaBaseShift) / arenaBytes)
    const last = Math.floor((address + size - 1 + arenaBaseShift) / arenaBytes)
    for (let index = first; index <= last && bases.size < MAX_ARENAS; index++) {
      bases.add(index * arenaBytes - arenaBaseShift)
    }
  }
  return bases
}
