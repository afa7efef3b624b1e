/** Anything that covers [address, address + size). */
export interface AddressRange {
  address: number
  size: number
}

/** The part [from, to) of a range. Ranges that carry offsets advance them here. */
export type Cut<R extends AddressRange> = (range: R, from: number, to: number) => R

/**
 * Lays `over` on `base`: where both have an address, `over` wins. Both ascend without overlap, and so does the result.
 */
export function overlay<R extends AddressRange>(base: readonly R[], over: readonly R[], cut: Cut<R>): R[] {
  if (base.length === 0) return [...over]
  const result: R[] = []
  let next = 0
  for (const below of base) {
    const end = below.address + below.size
    let from = below.address
    while (next < over.length && over[next].address < end) {
      const above = over[next]
      if (above.address > from) result.push(cut(below, from, above.address))
      from = Math.max(from, above.address + above.size)
      // One that reaches past `below` may cover the next range of `base` too, so it is not taken yet.
      if (from > end) break
      result.push(above)
      next++
    }
    if (from < end) result.push(from === below.address ? below : cut(below, from, end))
  }
  while (next < over.length) result.push(over[next++])
  return result
}

/**
 * Makes ranges in any order, overlaps allowed, into ascending ones that do not overlap: the later in the list wins.
 * O(n log n) in the number of pieces that come out.
 */
export function flatten<R extends AddressRange>(ranges: readonly R[], cut: Cut<R>): R[] {
  if (isAscending(ranges)) return [...ranges]
  if (ranges.length === 1) return [...ranges]
  const middle = ranges.length >> 1
  return overlay(flatten(ranges.slice(0, middle), cut), flatten(ranges.slice(middle), cut), cut)
}

/** The parts of `ranges` that no range of `mask` covers. Both ascend without overlap. */
export function subtract<R extends AddressRange>(
  ranges: readonly R[],
  mask: readonly AddressRange[],
  cut: Cut<R>,
): R[] {
  return carve(ranges, mask, cut, 'outside')
}

/** The parts of `ranges` that ranges of `mask` cover. Both ascend without overlap. */
export function intersect<R extends AddressRange>(
  ranges: readonly R[],
  mask: readonly AddressRange[],
  cut: Cut<R>,
): R[] {
  return carve(ranges, mask, cut, 'inside')
}

/** Index of the last range that starts at or below `address`; -1 when all start above. Ranges ascend. */
export function findRange(ranges: readonly AddressRange[], address: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranges[middle].address <= address) low = middle + 1
    else high = middle
  }
  return low - 1
}

function isAscending(ranges: readonly AddressRange[]): boolean {
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i - 1].address + ranges[i - 1].size > ranges[i].address) return false
  }
  return true
}

function carve<R extends AddressRange>(
  ranges: readonly R[],
  mask: readonly AddressRange[],
  cut: Cut<R>,
  keep: 'inside' | 'outside',
): R[] {
  const result: R[] = []
  let next = 0
  const push = (range: R, from: number, to: number) => {
    if (from < to) result.push(cut(range, from, to))
  }
  for (const range of ranges) {
    const end = range.address + range.size
    let from = range.address
    while (next < mask.length && mask[next].address + mask[next].size <= from) next++
    for (let i = next; i < mask.length && mask[i].address < end; i++) {
      const maskStart = Math.max(mask[i].address, from)
      const maskEnd = Math.min(mask[i].address + mask[i].size, end)
      if (keep === 'outside') push(range, from, maskStart)
      else push(range, maskStart, maskEnd)
      from = maskEnd
    }
    if (keep === 'outside') push(range, from, end)
  }
  return result
}
