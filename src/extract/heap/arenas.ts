import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'

/**
 * The runtime's own map from an address to its heapArena. runtime/mheap.go: arenaIndex, mheap.arenas.
 * 0 where the map has none.
 */
export function heapArenaOf(process: GoProcess, mheap: number): (address: number) => number {
  const { layouts, memory, facts } = process
  const arenas = mheap + layouts.struct('runtime.mheap').offset('arenas')
  const l1Bits = layouts.constant('runtime.arenaL1Bits') ?? 0
  const l2Entries = 2 ** (layouts.constant('runtime.arenaL2Bits') ?? 22)
  const cache = new Map<number, number>()
  return (address) => {
    const index = Math.floor((address + facts.arenaBaseShift) / facts.arenaBytes)
    const known = cache.get(index)
    if (known !== undefined) return known
    const found = readable(() => {
      const l1 = l1Bits === 0 ? 0 : Math.floor(index / l2Entries)
      const l2 = memory.readWord(arenas + l1 * 8)
      return l2 === 0 ? 0 : memory.readWord(l2 + (l1Bits === 0 ? index : index % l2Entries) * 8)
    })
    cache.set(index, found ?? 0)
    return found ?? 0
  }
}

/** Address of the mspan that the arena map holds for an address; 0 for none. */
export function arenaReader(process: GoProcess, mheap: number): (address: number) => number {
  const { layouts, memory, facts } = process
  const arenaOf = heapArenaOf(process, mheap)
  const spans = layouts.struct('runtime.heapArena').offset('spans')
  const pageBytes = layouts.constant('runtime._PageSize') ?? 8192
  return (address) => {
    const arena = arenaOf(address)
    if (arena === 0) return 0
    const page = Math.floor(((address + facts.arenaBaseShift) % facts.arenaBytes) / pageBytes)
    return readable(() => memory.readWord(arena + spans + page * 8)) ?? 0
  }
}
