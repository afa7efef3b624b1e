import type { SourceTable } from '../model/tables.ts'
import { NONE } from '../model/types.ts'

/** Targets that are sorted at a time: their counters stay in the processor's cache. */
const RANGE_BITS = 16
const RANGE = 1 << RANGE_BITS

/**
 * Sources by target. Of each target one source comes by itself, which is less than its others (`first`, NONE for none);
 * the others come as pairs with ascending sources (NONE: no pair). Pairs are dealt to ranges of targets before they are
 * sorted, as each would cost a cache miss or two.
 */
export function joinInbound(
  firstSource: Int32Array,
  others: { source: Int32Array; target: Uint32Array },
): SourceTable {
  const objectCount = firstSource.length
  const { starts, source, target } = dealToRanges(objectCount, others)
  const first = new Uint32Array(objectCount + 1)
  const inbound = new Uint32Array(objectCount + source.length)
  const place = new Uint32Array(RANGE + 1)
  let edge = 0
  for (let range = 0; range + 1 < starts.length; range++) {
    const base = range * RANGE
    const count = Math.min(RANGE, objectCount - base)
    place.fill(0)
    for (let pair = starts[range]; pair < starts[range + 1]; pair++) place[target[pair] - base]++
    for (let i = 0; i < count; i++) {
      const size = place[i]
      first[base + i] = edge
      if (firstSource[base + i] !== NONE) inbound[edge++] = firstSource[base + i]
      place[i] = edge
      edge += size
    }
    for (let pair = starts[range]; pair < starts[range + 1]; pair++)
      inbound[place[target[pair] - base]++] = source[pair]
  }
  first[objectCount] = edge
  return { first, source: inbound.subarray(0, edge) }
}

/** Pairs by range of targets, in their order within each: those of range r are [starts[r], starts[r + 1]). */
function dealToRanges(objectCount: number, pairs: { source: Int32Array; target: Uint32Array }) {
  const starts = new Uint32Array(Math.ceil(objectCount / RANGE) + 2)
  for (let pair = 0; pair < pairs.source.length; pair++)
    if (pairs.source[pair] !== NONE) starts[(pairs.target[pair] >>> RANGE_BITS) + 2]++
  for (let range = 2; range < starts.length; range++) starts[range] += starts[range - 1]
  const source = new Int32Array(starts[starts.length - 1])
  const target = new Uint32Array(source.length)
  // Counted two places on: dealing leaves each range's start where it belongs.
  for (let pair = 0; pair < pairs.source.length; pair++) {
    if (pairs.source[pair] === NONE) continue
    const place = starts[(pairs.target[pair] >>> RANGE_BITS) + 1]++
    source[place] = pairs.source[pair]
    target[place] = pairs.target[pair]
  }
  return { starts: starts.subarray(0, -1), source, target }
}
