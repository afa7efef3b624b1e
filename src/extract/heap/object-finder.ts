import type { ObjectIndex, SpanIndex } from '../../model/types.ts'

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
