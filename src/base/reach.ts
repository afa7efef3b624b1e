import { BitSet } from './bitset.ts'

/** A graph as compressed sparse rows: the targets of row i are target[first[i]] up to target[first[i + 1]]. */
export interface SparseRows {
  readonly first: Uint32Array
  readonly target: Uint32Array
}

/** Rows that can be reached from the seeds, these included. */
export function reachRows({ first, target }: SparseRows, seeds: Uint32Array): BitSet {
  const count = first.length - 1
  const seen = new BitSet(count)
  // Every row goes in once.
  const queue = new Uint32Array(count)
  let queued = 0
  for (const seed of seeds) {
    if (seen.has(seed)) continue
    seen.add(seed)
    queue[queued++] = seed
  }
  for (let next = 0; next < queued; next++) {
    const end = first[queue[next] + 1]
    for (let edge = first[queue[next]]; edge < end; edge++) {
      const row = target[edge]
      if (seen.has(row)) continue
      seen.add(row)
      queue[queued++] = row
    }
  }
  return seen
}
