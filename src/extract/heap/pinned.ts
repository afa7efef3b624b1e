import { GrowableColumn } from '../../base/columns.ts'
import type { PinnedTable } from '../../model/tables.ts'
import { MAX_SLOT_WITHOUT_HEADER, PAGE_BYTES } from '../go/facts.ts'
import { SIZE_CLASSES, TINY_BYTES } from '../go/size-classes.ts'
import type { CapacitySources } from './capacity.ts'
import type { ShownParts } from './shown-parts.ts'

/** A growing slice is made about twice as long when it is full, so that it shows more than half of its array. */
const MOST_SHOWN = 0.5

/** Arrays of which pointers show little, where a copy of that would take less memory. */
export function findPinned({ process, spans, live }: CapacitySources, shown: ShownParts): PinnedTable {
  const hasHeaders = process.layouts.struct('runtime.mspan').has('largeType')
  const [object, offset, size, saved] = [
    new GrowableColumn(Uint32Array),
    ...Array.from({ length: 3 }, () => new GrowableColumn(Float64Array)),
  ] as const
  for (let s = 0; s < spans.count; s++) {
    const slot = spans.slotSize[s]
    const room = slot - spans.headerSize[s]
    const hasHeader = hasHeaders && spans.noscan[s] === 0
    for (let row = spans.firstObject[s]; row < spans.firstObject[s + 1]; row++) {
      if (!live.has(row) || !shown.hasPart(row)) continue
      const bytes = shown.toOf(row) - shown.fromOf(row)
      if (bytes > MOST_SHOWN * room) continue
      const less = slot - slotOf(bytes, { hasHeader })
      if (less <= 0) continue
      object.push(row)
      offset.push(shown.fromOf(row))
      size.push(bytes)
      saved.push(less)
    }
  }
  const count = object.length
  return {
    count,
    object: object.finish(),
    offset: offset.finish(),
    size: size.finish(),
    saved: saved.finish(),
  }
}

const LARGEST = SIZE_CLASSES[SIZE_CLASSES.length - 1]
/** A pointer to the type. runtime/mbitmap.go, mallocHeaderSize */
const HEADER_BYTES = 8

/**
 * Bytes of the slot that an allocation takes; of small values without pointers, which share one, all of it.
 * runtime/msize.go, roundupsize
 */
function slotOf(bytes: number, { hasHeader }: { hasHeader: boolean }): number {
  const request = hasHeader && bytes > MAX_SLOT_WITHOUT_HEADER ? bytes + HEADER_BYTES : bytes
  if (request > LARGEST) return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES
  return Math.max(TINY_BYTES, SIZE_CLASSES.find((size) => size >= request) ?? LARGEST)
}
