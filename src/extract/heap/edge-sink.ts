import { sharedFloat64, sharedUint32 } from '../../base/columns.ts'
import { NONE } from '../../model/types.ts'
import { PAGES_PER_BLOCK, type PageMap } from './object-finder.ts'
import type { ScanTables } from './scan.ts'
import { IN_USE } from './spans.ts'

/** Edges of one slice of spans, in (source, offset) order; how many each source has is in ScanTables.edgeCount. */
export interface SliceEdges {
  readonly offset: Float64Array | Uint32Array
  readonly target: Uint32Array
  readonly targetOffset: Float64Array | Uint32Array
}

const PAGE_SHIFT = 13
const BLOCKS_PER_HIGH_WORD_SHIFT = 6
const BLOCK_SHIFT = 26

/** Turns pointer words into edges: looks up page, span, slot and object, and keeps what hits an object. */
export class EdgeSink {
  readonly #tables: ScanTables
  readonly #map: PageMap
  #offset: Uint32Array | Float64Array
  #target: Uint32Array
  #targetOffset: Uint32Array | Float64Array
  #count = 0

  constructor(tables: ScanTables, map: PageMap) {
    this.#tables = tables
    this.#map = map
    this.#offset = tables.wideOffsets ? new Float64Array(1 << 16) : new Uint32Array(1 << 16)
    this.#target = new Uint32Array(1 << 16)
    this.#targetOffset = tables.wideOffsets ? new Float64Array(1 << 16) : new Uint32Array(1 << 16)
  }

  get count(): number {
    return this.#count
  }

  /** The word hi:lo, found `offset` bytes into its object. */
  word(offset: number, lo: number, hi: number): void {
    // User addresses are below 2^48: so the number of a block of 64 MiB is below 2^22.
    if (hi > 0xffff) return
    const map = this.#map
    const block = ((hi << BLOCKS_PER_HIGH_WORD_SHIFT) | (lo >>> BLOCK_SHIFT)) - map.firstBlock
    if (block < 0 || block >= map.blockRow.length) return
    const row = map.blockRow[block]
    if (row === NONE) return
    const s = map.pageSpan[row * PAGES_PER_BLOCK + ((lo >>> PAGE_SHIFT) & (PAGES_PER_BLOCK - 1))]
    if (s === NONE) return
    const { spans, slotObject } = this.#tables
    if (spans.state[s] !== IN_USE) return
    const delta = hi * 4294967296 + lo - spans.address[s]
    const slotSize = spans.slotSize[s]
    const slot = Math.floor(delta / slotSize)
    if (slot >= spans.slots[s]) return
    const target = slotObject[spans.firstSlot[s] + slot]
    if (target === NONE) return
    const within = delta - slot * slotSize - spans.headerSize[s]
    // No pointer of a program points at a malloc header; a stale word of a dead object may.
    if (within < 0) return
    if (this.#count === this.#target.length) this.#grow()
    this.#offset[this.#count] = offset
    this.#target[this.#count] = target
    this.#targetOffset[this.#count++] = within
  }

  finish(): SliceEdges {
    // Shared buffers cross from a worker to the main thread without a copy.
    const make = this.#tables.wideOffsets ? sharedFloat64 : sharedUint32
    const edges = {
      offset: make(this.#count),
      target: sharedUint32(this.#count),
      targetOffset: make(this.#count),
    }
    edges.offset.set(this.#offset.subarray(0, this.#count))
    edges.target.set(this.#target.subarray(0, this.#count))
    edges.targetOffset.set(this.#targetOffset.subarray(0, this.#count))
    return edges
  }

  #grow(): void {
    const size = this.#count * 2
    const offset = this.#tables.wideOffsets ? new Float64Array(size) : new Uint32Array(size)
    const target = new Uint32Array(size)
    const targetOffset = this.#tables.wideOffsets ? new Float64Array(size) : new Uint32Array(size)
    offset.set(this.#offset)
    target.set(this.#target)
    targetOffset.set(this.#targetOffset)
    this.#offset = offset
    this.#target = target
    this.#targetOffset = targetOffset
  }
}
