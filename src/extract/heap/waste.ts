import { GrowableColumn } from '../../base/columns.ts'
import type { StringTable, TinyTable, WasteTables } from '../../model/tables.ts'
import type { Progress } from '../../progress.ts'
import { type CapacitySources, readCapacity } from './capacity.ts'
import { findDuplicateArrays } from './duplicate-arrays.ts'
import { findPinned } from './pinned.ts'
import type { ShownParts } from './shown-parts.ts'
import { isShared } from './string-cover.ts'

export interface WasteSources extends CapacitySources {
  strings: StringTable
}

/** What of the memory of objects serves no purpose, as far as it takes the core to tell. */
export function readWaste(sources: WasteSources, progress: Progress): WasteTables {
  const { unused, shown } = readCapacity(sources, progress)
  return {
    unused,
    rings: listRings(sources, shown),
    pinned: findPinned(sources, shown),
    duplicateArrays: findDuplicateArrays(sources, shown, progress),
    tiny: listTiny(sources, shown),
  }
}

function listRings({ objects }: WasteSources, shown: ShownParts): Uint32Array {
  const rings = new GrowableColumn(Uint32Array)
  for (let object = 0; object < objects.count; object++) if (shown.isRing(object)) rings.push(object)
  return rings.finish()
}

function listTiny({ spans, live }: WasteSources, shown: ShownParts): TinyTable {
  const tiny = new GrowableColumn(Uint32Array)
  const unseen = new GrowableColumn(Int32Array)
  for (let s = 0; s < spans.count; s++) {
    if (!isShared(spans, s)) continue
    for (let object = spans.firstObject[s]; object < spans.firstObject[s + 1]; object++) {
      if (!live.has(object)) continue
      tiny.push(object)
      unseen.push(shown.unseenOfTiny(object))
    }
  }
  return { count: tiny.length, object: tiny.finish(), unseen: unseen.finish() }
}
