import { sharedInt32 } from '../../base/columns.ts'
import type { ObjectTable, SpanTable } from '../../model/tables.ts'
import { NONE, type ObjectIndex, type SpanIndex } from '../../model/types.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import { IN_USE } from './spans.ts'

/** Address -> span -> object. */
export interface ObjectFinder {
  /** Span in use (or manual) that covers the address; NONE when there is none. */
  spanAt(address: number): SpanIndex
  /** Object whose slot covers the address (header and tail of the slot included); NONE when there is none or the slot is free. */
  objectAt(address: number): ObjectIndex
}

/** Which words of an object can hold pointers, as the collector itself sees it. */
export interface ObjectMasks {
  /**
   * Sets words[w] to 1 for each word of the object (from its address on) that the collector treats as a pointer and
   * to 0 for the others, growing nothing: words past `words.length` are left out.
   * Returns the number of words of the object's slot after the header.
   */
  read(object: ObjectIndex, words: Uint8Array): number
}

/**
 * The page map behind an ObjectFinder: plain data over SharedArrayBuffers, so that workers share it.
 * Blocks of 64 MiB of address space are numbered from firstBlock; blockRow gives a block's row of PAGES_PER_BLOCK
 * entries in pageSpan, or NONE.
 */
export interface PageMap {
  readonly firstBlock: number
  readonly blockRow: Int32Array
  /** SpanIndex by page, or NONE. */
  readonly pageSpan: Int32Array
}

/** Address bits below a block: 64 MiB. */
const BLOCK_SHIFT = 26
const BLOCK_BYTES = 2 ** BLOCK_SHIFT
export const PAGES_PER_BLOCK = BLOCK_BYTES / PAGE_BYTES

export function buildPageMap(spans: SpanTable): PageMap {
  const blockOf = (address: number) => Math.floor(address / BLOCK_BYTES)
  if (spans.count === 0) return { firstBlock: 0, blockRow: sharedInt32(0), pageSpan: sharedInt32(0) }
  const last = spans.count - 1
  const firstBlock = blockOf(spans.address[0])
  const lastBlock = blockOf(spans.address[last] + spans.pages[last] * PAGE_BYTES - 1)
  const blockRow = sharedInt32(lastBlock - firstBlock + 1).fill(NONE)
  let rows = 0
  for (let s = 0; s < spans.count; s++) {
    const end = blockOf(spans.address[s] + spans.pages[s] * PAGE_BYTES - 1)
    for (let block = blockOf(spans.address[s]); block <= end; block++) {
      if (blockRow[block - firstBlock] === NONE) blockRow[block - firstBlock] = rows++
    }
  }
  const pageSpan = sharedInt32(rows * PAGES_PER_BLOCK).fill(NONE)
  for (let s = 0; s < spans.count; s++) {
    const firstPage = spans.address[s] / PAGE_BYTES
    for (let page = firstPage; page < firstPage + spans.pages[s]; page++) {
      const row = blockRow[Math.floor(page / PAGES_PER_BLOCK) - firstBlock]
      pageSpan[row * PAGES_PER_BLOCK + (page % PAGES_PER_BLOCK)] = s
    }
  }
  return { firstBlock, blockRow, pageSpan }
}

export function objectFinder(spans: SpanTable, objects: ObjectTable, map: PageMap): ObjectFinder {
  const spanAt = (address: number): SpanIndex => {
    const block = Math.floor(address / BLOCK_BYTES) - map.firstBlock
    if (!(block >= 0 && block < map.blockRow.length)) return NONE
    const row = map.blockRow[block]
    if (row === NONE) return NONE
    return map.pageSpan[row * PAGES_PER_BLOCK + Math.floor((address % BLOCK_BYTES) / PAGE_BYTES)]
  }
  const objectAt = (address: number): ObjectIndex => {
    const s = spanAt(address)
    if (s === NONE || spans.state[s] !== IN_USE) return NONE
    const slot = Math.floor((address - spans.address[s]) / spans.slotSize[s])
    return slot < spans.slots[s] ? objects.slotObject[spans.firstSlot[s] + slot] : NONE
  }
  return { spanAt, objectAt }
}
