import type { ObjectTable } from '../../model/tables.ts'
import type { ObjectIndex } from '../../model/types.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { TypeMasks } from '../go/gc-mask.ts'
import { readHeapBits, usesHeapBits } from './heap-bits.ts'
import type { ObjectMasks } from './object-finder.ts'
import type { ScanTables } from './scan.ts'

/** The collector's pointer mask of single objects; scan.ts walks whole spans by the same rules. */
export function objectMasks(
  tables: ScanTables,
  objects: ObjectTable,
  memory: Memory,
  masks: TypeMasks,
): ObjectMasks {
  const { spans } = tables
  let bits = new Uint8Array(64)

  const readBits = (object: ObjectIndex, s: number, slotWords: number, words: Uint8Array): void => {
    const firstWord = (objects.address[object] - spans.address[s]) / 8
    const count = Math.min(slotWords, words.length)
    // Whole bytes of the bitmap: from the one that holds the first word's bit on.
    const skew = firstWord % 8
    const size = Math.ceil((skew + count) / 8)
    if (bits.length < size) bits = new Uint8Array(size * 2)
    const part = bits.subarray(0, size)
    if (!readHeapBits(memory, tables.heapBits, spans, s, firstWord - skew, part)) return
    for (let w = 0; w < count; w++) words[w] = (part[(skew + w) >> 3] >> ((skew + w) & 7)) & 1
  }

  return {
    read(object, words) {
      const s = objects.span[object]
      const slotWords = (spans.slotSize[s] - spans.headerSize[s]) / 8
      words.fill(0)
      if (spans.noscan[s] === 1) return slotWords
      if (usesHeapBits(tables.heapBits, spans, tables.userArena, s)) {
        readBits(object, s, slotWords, words)
        return slotWords
      }
      const header = objects.address[object] - spans.headerSize[s]
      const type = spans.headerSize[s] > 0 ? readable(() => memory.readWord(header)) : spans.largeType[s]
      const mask = type === undefined || type === 0 ? undefined : masks.maskOf(type)
      if (mask === undefined) return slotWords
      const limit = Math.min(slotWords, words.length)
      for (let element = 0; element < limit; element += mask.size / 8) {
        for (const pointer of mask.pointerWords) {
          if (element + pointer < limit) words[element + pointer] = 1
        }
      }
      return slotWords
    },
  }
}
