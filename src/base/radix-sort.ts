const DIGIT_BITS = 16
const DIGIT_VALUES = 1 << DIGIT_BITS

/** Row numbers 0..count-1. */
export function countUp(count: number): Uint32Array {
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  return order
}

/**
 * Sorts row numbers by a key, rows with equal keys keeping their order: sorting by the last of several keys first, and by
 * the first last, gives the order of all. Radix sort from the lowest digit up (D. Knuth, The Art of Computer
 * Programming 3, 5.2.5), O(rows) for each 16 bits of the largest key. Keys are whole numbers from 0 to 2^53; `lowest` is
 * a value, as -1, that comes before them all.
 *
 * Uses up `order`, and returns the sorted rows in it or in an array of its own.
 */
export function sortRows(order: Uint32Array, keys: ArrayLike<number>, lowest?: number): Uint32Array {
  let largest = 0
  for (const row of order) if (keys[row] > largest) largest = keys[row]
  let from: Uint32Array = order
  let to: Uint32Array = new Uint32Array(order.length)
  // One more than a key, so that `lowest` is 0.
  for (let unit = 1; unit <= largest + 1; unit *= DIGIT_VALUES) {
    const places = new Uint32Array(DIGIT_VALUES + 1)
    for (const row of from) places[digitOf(keys[row], lowest, unit) + 1]++
    for (let digit = 0; digit < DIGIT_VALUES; digit++) places[digit + 1] += places[digit]
    for (const row of from) to[places[digitOf(keys[row], lowest, unit)]++] = row
    const sorted = to
    to = from
    from = sorted
  }
  return from
}

function digitOf(key: number, lowest: number | undefined, unit: number): number {
  const value = key === lowest ? 0 : key + 1
  // Bit operations take 32 bits.
  return unit === 1 && value < 2 ** 32 ? value & (DIGIT_VALUES - 1) : Math.floor(value / unit) % DIGIT_VALUES
}
