import type { ObjectTable } from '../../model/tables.ts'
import { readable } from '../file/readable.ts'
import { PAGE_BYTES } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'
import { IN_USE, type SpanRecords } from './spans.ts'

/** Problems by which slots are missing from the heap that was read. */
const LOSES_SLOTS = ['spans-lost', 'span-unreadable', 'span-contradicts', 'alloc-bits-unreadable']

/**
 * Counts what a damaged or cut off core has lost of the heap: objects of which not all bytes are there, and, by the
 * runtime's own count, those that no row can be made of. Both become problems. Gives the latter number: 0 for none,
 * undefined when it is not known.
 */
export function countLostObjects(
  process: GoProcess,
  spans: SpanRecords,
  objects: ObjectTable,
): number | undefined {
  noteAbsentObjects(process, spans, objects)
  const { problems } = process
  if (!problems.rows.some(({ code }) => LOSES_SLOTS.includes(code))) return 0
  const counted = countByAllocator(process)
  if (counted === undefined) {
    const message = 'spans or slots could not be read: how many objects were in them is not known'
    problems.add('objects', 'objects-lost', 'error', message)
    return undefined
  }
  const lost = Math.max(0, counted - objects.count)
  if (lost > 0) {
    const message = `of about ${counted} objects that the runtime counts, ${lost} are in spans or slots that could not be read`
    problems.add('objects', 'objects-lost', 'error', message, { count: lost })
  }
  return lost
}

function noteAbsentObjects({ memory, problems }: GoProcess, spans: SpanRecords, objects: ObjectTable): void {
  const { table } = spans
  let count = 0
  let first: number | undefined
  for (let s = 0; s < table.count; s++) {
    if (table.state[s] !== IN_USE || memory.isReadable(table.address[s], table.pages[s] * PAGE_BYTES))
      continue
    for (let object = table.firstObject[s]; object < table.firstObject[s + 1]; object++) {
      const slot = objects.address[object] - table.headerSize[s]
      if (memory.isReadable(slot, table.slotSize[s])) continue
      count++
      first ??= objects.address[object]
    }
  }
  if (count === 0) return
  const message = 'objects whose bytes are not, or not all, in the core: what they hold is not known'
  problems.add('objects', 'objects-absent', 'error', message, { address: first, count })
}

/** consistentHeapStats.stats: three parts, of which the sum counts. runtime/mstats.go */
const PARTS = 3

/**
 * Objects allocated and not freed, as memstats.heapStats has it: without those that a P took from its spans since it got
 * them. runtime/mstats.go, heapStatsDelta; undefined when it is not in the core.
 */
function countByAllocator({ layouts, memory }: GoProcess): number | undefined {
  const memstats = layouts.variable('runtime.memstats')
  if (memstats === undefined || !layouts.hasStruct('runtime.heapStatsDelta')) return undefined
  const delta = layouts.struct('runtime.heapStatsDelta')
  const stats =
    memstats +
    layouts.struct('runtime.mstats').offset('heapStats') +
    layouts.struct('runtime.consistentHeapStats').offset('stats')
  // A part alone may be below zero: two's complement, and far from 2^52 in any real count.
  const sum = (field: string) => {
    let total = 0
    for (let part = 0; part < PARTS; part++) {
      const { offset, size } = delta.field(field)
      for (let at = 0; at < size; at += 8) {
        const place = stats + part * delta.size + offset + at
        total += memory.readI32(place + 4) * 2 ** 32 + memory.readU32(place)
      }
    }
    return total
  }
  const count = readable(
    () => sum('smallAllocCount') - sum('smallFreeCount') + sum('largeAllocCount') - sum('largeFreeCount'),
  )
  return count !== undefined && count >= 0 && Number.isSafeInteger(count) ? count : undefined
}
