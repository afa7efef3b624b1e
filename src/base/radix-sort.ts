/** Few enough counters to stay in the processor's first cache, with the lines that they point at in its second. */
const DIGIT_BITS = 12
const DIGITS = 1 << DIGIT_BITS

/** Row numbers 0..count-1. */
export function countUp(count: number): Uint32Array {
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  return order
}

/**
 * Sorts row numbers by a key, rows with equal keys keeping their order: sorting by the last of several keys first, and by
 * the first last, gives the order of all. Radix sort from the lowest digit up (D. Knuth, The Art of Computer
 * Programming 3, 5.2.5), O(rows) for each 12 bits of the largest key. Keys are whole numbers from -1 to 2^53 - 2.
 *
 * `order` stays as it is; the result is an array of its own.
 */
export function sortRows(order: Uint32Array, keys: ArrayLike<number>): Uint32Array {
  const count = order.length
  // One more than a key, so that -1 comes first. The key goes along with its row: looking it up costs a cache miss.
  const words = new Uint32Array(count)
  let largest = 0
  for (let i = 0; i < count; i++) {
    const word = keys[order[i]] + 1
    words[i] = word
    if (word > largest) largest = word
  }
  const sorted = sortByWord(order, words, Math.min(largest, 2 ** 32 - 1))
  if (largest < 2 ** 32) return sorted
  for (let i = 0; i < count; i++) words[i] = Math.floor((keys[sorted[i]] + 1) / 2 ** 32)
  return sortByWord(sorted, words, Math.floor(largest / 2 ** 32))
}

/** `words` is used up. */
function sortByWord(order: Uint32Array, words: Uint32Array, largest: number): Uint32Array {
  const count = order.length
  let fromRows = order
  let fromWords: Uint32Array = words
  let toRows: Uint32Array = new Uint32Array(count)
  let toWords: Uint32Array = new Uint32Array(count)
  const places = new Uint32Array(DIGITS)
  for (let shift = 0; shift < 32 && largest >>> shift > 0; shift += DIGIT_BITS) {
    places.fill(0)
    for (let i = 0; i < count; i++) places[(fromWords[i] >>> shift) & (DIGITS - 1)]++
    for (let digit = 0, place = 0; digit < DIGITS; digit++) {
      const size = places[digit]
      places[digit] = place
      place += size
    }
    for (let i = 0; i < count; i++) {
      const word = fromWords[i]
      const place = places[(word >>> shift) & (DIGITS - 1)]++
      toRows[place] = fromRows[i]
      toWords[place] = word
    }
    const freeRows = fromRows === order ? new Uint32Array(count) : fromRows
    const freeWords = fromWords
    fromRows = toRows
    fromWords = toWords
    toRows = freeRows
    toWords = freeWords
  }
  return fromRows === order ? order.slice() : fromRows
}
