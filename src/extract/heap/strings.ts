import type { OffsetArray, SpanTable, StringTable } from '../../model/tables.ts'
import type { Progress } from '../../progress.ts'
import { TINY_BYTES } from '../go/size-classes.ts'
import { coverStrings, isShared, type StringCover, type StringSources } from './string-cover.ts'
import { MAX_VALUE_BYTES, StringReader } from './string-reader.ts'

/**
 * String data in the heap: the bytes that strings of a known place show, wherever they were made (a string over the
 * bytes of a []byte counts), garbage included.
 *
 * An object is one row, from the first byte that a string shows to the last: substrings are part of the object that they
 * were cut from. Only in 16-byte slots, which the tiny allocator fills with values that have nothing to do with each
 * other, each string is a row, and strings that overlap are one.
 */
export function readStrings(
  sources: StringSources,
  { withValues, progress }: { withValues: boolean; progress: Progress },
): StringTable {
  const { process, spans, objects } = sources
  progress.update('strings', 0, objects.count)
  const cover = coverStrings(sources)
  const rows = listRows(spans, cover)
  const count = rows.object.length
  const lanes = new Uint32Array(count * 2)
  const reader = new StringReader(process.memory)
  let kept = 0
  for (let row = 0; row < count; row++) {
    if ((row & 0xffff) === 0) progress.update('strings', row, count)
    const address = objects.address[rows.object[row]] + rows.offset[row]
    if (!reader.hashBytes(address, rows.length[row])) {
      process.problems.add(
        'strings',
        'string-absent',
        'warning',
        'the core does not hold the bytes of a string',
        {
          address,
        },
      )
      continue
    }
    rows.object[kept] = rows.object[row]
    rows.offset[kept] = rows.offset[row]
    rows.length[kept] = rows.length[row]
    // Little endian, as the machines are that goheap runs on.
    lanes[kept * 2] = reader.hash.low
    lanes[kept * 2 + 1] = reader.hash.high
    kept++
  }
  const table = {
    count: kept,
    object: rows.object.subarray(0, kept),
    offset: rows.offset.subarray(0, kept),
    length: rows.length.subarray(0, kept),
    hash: new BigUint64Array(lanes.buffer, 0, kept),
  }
  if (!withValues) return { ...table, value: undefined, maxValueBytes: 0 }
  const value = (row: number) =>
    reader.text(objects.address[table.object[row]] + table.offset[row], table.length[row])
  return { ...table, value, maxValueBytes: MAX_VALUE_BYTES }
}

interface Rows {
  object: Uint32Array
  offset: OffsetArray
  length: OffsetArray
}

function listRows(spans: SpanTable, cover: StringCover): Rows {
  let count = 0
  eachRow(spans, cover, () => count++)
  const make = cover.from instanceof Float64Array ? Float64Array : Uint32Array
  const rows: Rows = { object: new Uint32Array(count), offset: new make(count), length: new make(count) }
  let row = 0
  eachRow(spans, cover, (object, from, to) => {
    rows.object[row] = object
    rows.offset[row] = from
    rows.length[row++] = to - from
  })
  return rows
}

function eachRow(
  spans: SpanTable,
  { from, to }: StringCover,
  visit: (object: number, from: number, to: number) => void,
): void {
  for (let s = 0; s < spans.count; s++) {
    const shared = isShared(spans, s)
    for (let object = spans.firstObject[s]; object < spans.firstObject[s + 1]; object++) {
      if (!shared) {
        if (to[object] > 0) visit(object, from[object], to[object])
        continue
      }
      const bits = from[object]
      for (let start = 0; start < TINY_BYTES; start++) {
        if (((bits >>> start) & 1) === 0) continue
        let end = start + 1
        // Bit 16 + end: the string goes on.
        while (end < TINY_BYTES && (bits >>> (TINY_BYTES + end)) & 1) end++
        visit(object, start, end)
        start = end - 1
      }
    }
  }
}
