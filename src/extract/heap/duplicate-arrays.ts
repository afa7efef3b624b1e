import { BitSet } from '../../base/bitset.ts'
import { GrowableColumn } from '../../base/columns.ts'
import { countUp, sortRows } from '../../base/radix-sort.ts'
import type { DuplicateArrayTable, StringTable } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import type { Progress } from '../../progress.ts'
import type { CapacitySources } from './capacity.ts'
import type { ShownParts } from './shown-parts.ts'
import { StringReader } from './string-reader.ts'

/** Smaller contents are equal by chance, and cost less than what would find them. */
const LEAST_BYTES = 16
/** Bytes by which arrays of one type and length are told apart before all of them are read. */
const SAMPLE_BYTES = 1024
/** Arrays over this are sampled by a read of their own. */
const WINDOW_SHARE = 2 ** 16

/**
 * Arrays without pointers whose contents another one of the same type has too. Contents are the bytes from the first that
 * a slice or pointer shows to the last. What strings show is in StringTable. Of arrays that cannot be equal to any other,
 * by type, length or their beginning, no more is read.
 */
export function findDuplicateArrays(
  sources: CapacitySources & { strings: StringTable },
  shown: ShownParts,
  progress: Progress,
): DuplicateArrayTable {
  const { process, objects } = sources
  const contents = new Contents(listArrays(sources, shown))
  contents.keepAlike()
  const total = contents.count
  progress.update('arrays', 0, total)
  const reader = new StringReader(process.memory)
  const sampler = new StringReader(process.memory, SAMPLE_BYTES)
  const hash = (row: number, most: number) => {
    if ((row & 0xffff) === 0) progress.update('arrays', row, total)
    const object = contents.object[row]
    const bytes = contents.size[row]
    const from = bytes > WINDOW_SHARE && most < bytes ? sampler : reader
    // What the core does not hold is equal to nothing.
    const isHeld = from.hashBytes(objects.address[object] + shown.fromOf(object), Math.min(bytes, most))
    return isHeld ? from.hash : undefined
  }
  contents.rehash(0, (row) => hash(row, SAMPLE_BYTES))
  contents.keepAlike()
  contents.rehash(SAMPLE_BYTES, (row) => hash(row, Number.POSITIVE_INFINITY))
  contents.keepAlike()
  return contents.finish()
}

/** Live arrays in spans without pointers of which the shown part is known, and is no string. */
function listArrays(
  { spans, objects, live, strings }: CapacitySources & { strings: StringTable },
  shown: ShownParts,
) {
  const isString = new BitSet(objects.count)
  for (let row = 0; row < strings.count; row++) isString.add(strings.object[row])
  const object = new GrowableColumn(Uint32Array)
  const size = new GrowableColumn(Float64Array)
  const type = new GrowableColumn(Int32Array)
  for (let s = 0; s < spans.count; s++) {
    if (spans.noscan[s] === 0) continue
    for (let row = spans.firstObject[s]; row < spans.firstObject[s + 1]; row++) {
      if (!live.has(row) || isString.has(row) || objects.type[row] === NONE) continue
      if (!shown.hasPart(row)) continue
      const bytes = shown.toOf(row) - shown.fromOf(row)
      if (bytes < LEAST_BYTES) continue
      object.push(row)
      size.push(bytes)
      type.push(objects.type[row])
    }
  }
  return { object: object.finish(), size: size.finish(), type: type.finish() }
}

/** Arrays with what is known of their contents so far, ascending ObjectIndex. */
class Contents {
  object: Uint32Array
  size: Float64Array
  #type: Int32Array
  #low: Uint32Array
  #high: Uint32Array
  /** Rows in an order in which alike ones are next to each other; of the last keepAlike. */
  #groups = new Uint32Array(0)

  constructor({ object, size, type }: { object: Uint32Array; size: Float64Array; type: Int32Array }) {
    this.object = object
    this.size = size
    this.#type = type
    this.#low = new Uint32Array(object.length)
    this.#high = new Uint32Array(object.length)
  }

  get count(): number {
    return this.object.length
  }

  /** Hashes the rows of more than `over` bytes again. Those that have none any more are dropped. */
  rehash(over: number, hash: (row: number) => { low: number; high: number } | undefined): void {
    const kept = new GrowableColumn(Uint32Array)
    for (let row = 0; row < this.count; row++) {
      if (this.size[row] > over) {
        const found = hash(row)
        if (found === undefined) continue
        this.#low[row] = found.low
        this.#high[row] = found.high
      }
      kept.push(row)
    }
    this.#keep(kept.finish())
  }

  /** Drops rows that no other one is like. */
  keepAlike(): void {
    const order = [this.#low, this.#high, this.size, this.#type].reduce<Uint32Array>(
      (sorted, keys) => sortRows(sorted, keys),
      countUp(this.count),
    )
    const hasTwin = new BitSet(this.count)
    const group = new Uint32Array(this.count)
    let groups = 0
    for (let place = 0; place < order.length; place++) {
      const isFirst = place === 0 || !this.#isAlike(order[place - 1], order[place])
      if (isFirst) groups++
      else {
        hasTwin.add(order[place - 1])
        hasTwin.add(order[place])
      }
      group[order[place]] = groups
    }
    const kept = countUp(this.count).filter((row) => hasTwin.has(row))
    this.#groups = kept.map((row) => group[row])
    this.#keep(kept)
  }

  /** Groups of the last keepAlike. */
  finish(): DuplicateArrayTable {
    const order = sortRows(countUp(this.count), this.#groups)
    const group = new Uint32Array(this.count)
    for (let place = 1; place < order.length; place++) {
      const isSame = this.#groups[order[place]] === this.#groups[order[place - 1]]
      group[place] = group[place - 1] + (isSame ? 0 : 1)
    }
    return {
      count: this.count,
      object: order.map((row) => this.object[row]),
      size: Float64Array.from(order, (row) => this.size[row]),
      group,
    }
  }

  #isAlike(a: number, b: number): boolean {
    return (
      this.#type[a] === this.#type[b] &&
      this.size[a] === this.size[b] &&
      this.#low[a] === this.#low[b] &&
      this.#high[a] === this.#high[b]
    )
  }

  #keep(rows: Uint32Array): void {
    this.object = rows.map((row) => this.object[row])
    this.size = Float64Array.from(rows, (row) => this.size[row])
    this.#type = Int32Array.from(rows, (row) => this.#type[row])
    this.#low = rows.map((row) => this.#low[row])
    this.#high = rows.map((row) => this.#high[row])
  }
}
