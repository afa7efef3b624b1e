import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'

/** Gives the labels that g.labels leads to, sorted by key; undefined for none or when they cannot be read. */
export type LabelReader = (labels: number) => ReadonlyMap<string, string> | undefined

/** Goroutines have a handful. */
const MAX_LABELS = 10_000
/** Longer keys and values are no labels. */
const MAX_TEXT_BYTES = 2 ** 20

const STRING_BYTES = 16
const SLOTS = 8
/** A bucket of map[string]string: 8 bytes of tophash, keys, values, the overflow bucket. runtime/map.go, bmap. */
const BUCKET = {
  keys: SLOTS,
  values: SLOTS + SLOTS * STRING_BYTES,
  overflow: SLOTS + 2 * SLOTS * STRING_BYTES,
}
const BUCKET_BYTES = BUCKET.overflow + 8
/** Smaller values of tophash are states: empty or moved to the new buckets. runtime/map.go, minTopHash. */
const MIN_TOP_HASH = 5
/** runtime/map.go, sameSizeGrow. */
const SAME_SIZE_GROW = 8

/**
 * g.labels points to a runtime/pprof.labelMap (runtime/pprof/runtime.go, SetGoroutineLabels): since Go 1.24 a struct of a list
 * of {key, value}, before that a map[string]string. Kept by address: goroutines inherit them.
 */
export function labelReader(process: GoProcess): LabelReader {
  const { layouts, layoutSource, dwarf } = process
  const known = new Map<number, ReadonlyMap<string, string> | undefined>()
  // The tables have no maps' types; without DWARF nothing tells that the pointer was set by another package.
  if (layoutSource === 'dwarf' && dwarf?.typesByName.has('runtime/pprof.labelMap') !== true)
    return () => undefined
  const layout = layouts.hasStruct('runtime/pprof.labelMap')
    ? layouts.struct('runtime/pprof.labelMap')
    : undefined
  // Of LabelSet; since Go 1.26 of internal/runtime/pprof/label.Set.
  const list = ['list', 'List'].find((name) => layout?.has(name))
  if (layout !== undefined && list === undefined) return () => undefined
  const offset = layout === undefined || list === undefined ? undefined : layout.offset(list)
  return (labels) => {
    if (labels === 0) return undefined
    if (!known.has(labels)) {
      const pairs = readable(() =>
        offset === undefined ? readMap(process, labels) : readList(process, labels + offset),
      )
      known.set(labels, pairs && new Map([...pairs].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))))
    }
    return known.get(labels)
  }
}

function readList({ memory }: GoProcess, slice: number): [string, string][] | undefined {
  const first = memory.readWord(slice)
  const count = memory.readWord(slice + 8)
  if (count > MAX_LABELS) return undefined
  return readPairs(
    Array.from({ length: count }, (_, i) => first + i * 2 * STRING_BYTES),
    (pair) => [readText({ memory }, pair), readText({ memory }, pair + STRING_BYTES)],
  )
}

/** `labels` is the address of the variable that holds the map. */
function readMap({ memory, layouts }: GoProcess, labels: number): [string, string][] | undefined {
  const hmap = layouts.struct('runtime.hmap')
  const map = memory.readWord(labels)
  if (map === 0) return []
  const count = memory.readWord(map + hmap.offset('count'))
  const bits = memory.readU8(map + hmap.offset('B'))
  const isSameSize = (memory.readU8(map + hmap.offset('flags')) & SAME_SIZE_GROW) !== 0
  if (count > MAX_LABELS || bits > 20) return undefined
  const places: { key: number; value: number }[] = []
  const visit = (buckets: number, length: number) => {
    for (let i = 0; buckets !== 0 && i < length; i++) {
      let bucket = buckets + i * BUCKET_BYTES
      for (let depth = 0; bucket !== 0 && depth < MAX_LABELS; depth++) {
        for (let slot = 0; slot < SLOTS; slot++) {
          if (memory.readU8(bucket + slot) < MIN_TOP_HASH) continue
          const key = bucket + BUCKET.keys + slot * STRING_BYTES
          places.push({ key, value: bucket + BUCKET.values + slot * STRING_BYTES })
        }
        bucket = memory.readWord(bucket + BUCKET.overflow)
      }
    }
  }
  visit(memory.readWord(map + hmap.offset('buckets')), 2 ** bits)
  visit(memory.readWord(map + hmap.offset('oldbuckets')), 2 ** (isSameSize ? bits : bits - 1))
  if (places.length !== count) return undefined
  return readPairs(places, ({ key, value }) => [readText({ memory }, key), readText({ memory }, value)])
}

/** undefined when one of them is no text. */
function readPairs<T>(
  places: readonly T[],
  read: (place: T) => [string | undefined, string | undefined],
): [string, string][] | undefined {
  const pairs: [string, string][] = []
  for (const place of places) {
    const [key, value] = read(place)
    if (key === undefined || value === undefined) return undefined
    pairs.push([key, value])
  }
  return pairs
}

function readText({ memory }: Pick<GoProcess, 'memory'>, header: number): string | undefined {
  const length = memory.readWord(header + 8)
  if (length > MAX_TEXT_BYTES) return undefined
  return length === 0 ? '' : Buffer.from(memory.readBytes(memory.readWord(header), length)).toString('utf8')
}
