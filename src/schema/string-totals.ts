import { countUp, sortRows } from '../base/radix-sort.ts'
import type { AnalysedHeap } from '../model/heap-graph.ts'

/** Contents that strings have more than once among reachable objects, those first whose copies cost most. */
export interface DuplicateStrings {
  readonly count: number
  /** First row of StringTable with the contents, of a reachable object. */
  readonly row: Uint32Array
  /** Strings with the contents in reachable objects, at least 2. */
  readonly copies: Uint32Array
  /** Bytes of all copies but one. */
  readonly wastedBytes: Float64Array
}

/** Strings are equal when their lengths and hashes are. */
export function findDuplicateStrings({ heap, analysis }: AnalysedHeap): DuplicateStrings {
  const { strings } = heap
  const { low, high } = splitHashes(strings.hash)
  const order = sortRows(sortRows(sortRows(countUp(strings.count), strings.length), low), high)
  const rows: number[] = []
  const copies: number[] = []
  for (let start = 0; start < order.length; ) {
    const first = order[start]
    let end = start
    let reachable = 0
    let firstReachable = -1
    while (end < order.length && isEqual(first, order[end])) {
      const row = order[end++]
      if (analysis.reachable[strings.object[row]] === 0) continue
      if (reachable++ === 0) firstReachable = row
    }
    if (reachable > 1) {
      rows.push(firstReachable)
      copies.push(reachable)
    }
    start = end
  }
  const wasted = rows.map((row, place) => (copies[place] - 1) * strings.length[row])
  const byWaste = countUp(rows.length).sort((a, b) => wasted[b] - wasted[a] || rows[a] - rows[b])
  return {
    count: rows.length,
    row: byWaste.map((place) => rows[place]),
    copies: byWaste.map((place) => copies[place]),
    wastedBytes: Float64Array.from(byWaste, (place) => wasted[place]),
  }

  function isEqual(a: number, b: number): boolean {
    return low[a] === low[b] && high[a] === high[b] && strings.length[a] === strings.length[b]
  }
}

function splitHashes(hash: BigUint64Array): { low: Uint32Array; high: Uint32Array } {
  // Little endian, as the machines are that goheap runs on.
  const lanes = new Uint32Array(hash.buffer, hash.byteOffset, hash.length * 2)
  const low = new Uint32Array(hash.length)
  const high = new Uint32Array(hash.length)
  for (let i = 0; i < hash.length; i++) {
    low[i] = lanes[2 * i]
    high[i] = lanes[2 * i + 1]
  }
  return { low, high }
}
