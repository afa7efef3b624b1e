import type { SourceTable } from '../model/tables.ts'
import { NONE } from '../model/types.ts'

/** Targets that are sorted at a time: their counters stay in the processor's cache. */
const RANGE_BITS = 16
const RANGE = 1 << RANGE_BITS

/**
 * Sources by target, of pairs with ascending sources; a source NONE is no pair. Pairs are dealt to ranges of targets
 * before they are sorted, as each would cost a cache miss or two.
 */
export function sortPairs(
  objectCount: number,
  pairs: { source: Int32Array; target: Uint32Array },
): SourceTable {
  const dealt = dealToRanges(objectCount, pairs)
  const first = new Uint32Array(objectCount + 1)
  const source = new Uint32Array(dealt.source.length)
  const place = new Uint32Array(RANGE)
  let row = 0
  for (let range = 0; range + 1 < dealt.starts.length; range++) {
    const [start, end] = [dealt.starts[range], dealt.starts[range + 1]]
    const base = range * RANGE
    place.fill(0)
    for (let pair = start; pair < end; pair++) place[dealt.target[pair] - base]++
    for (let i = 0; i < RANGE && base + i < objectCount; i++) {
      first[base + i] = row
      const size = place[i]
      place[i] = row
      row += size
    }
    for (let pair = start; pair < end; pair++) source[place[dealt.target[pair] - base]++] = dealt.source[pair]
  }
  first[objectCount] = row
  return { first, source }
}

/** Pairs by range of targets, in their order within each: those of range r are [starts[r], starts[r + 1]). */
function dealToRanges(objectCount: number, pairs: { source: Int32Array; target: Uint32Array }) {
  // Counted two places on: dealing leaves each range's start where it belongs.
  const starts = new Uint32Array(Math.ceil(objectCount / RANGE) + 2)
  for (let pair = 0; pair < pairs.source.length; pair++)
    if (pairs.source[pair] !== NONE) starts[(pairs.target[pair] >>> RANGE_BITS) + 2]++
  for (let range = 2; range < starts.length; range++) starts[range] += starts[range - 1]
  const source = new Uint32Array(starts[starts.length - 1])
  const target = new Uint32Array(source.length)
  for (let pair = 0; pair < pairs.source.length; pair++) {
    if (pairs.source[pair] === NONE) continue
    const place = starts[(pairs.target[pair] >>> RANGE_BITS) + 1]++
    source[place] = pairs.source[pair]
    target[place] = pairs.target[pair]
  }
  return { starts: starts.subarray(0, -1), source, target }
}
