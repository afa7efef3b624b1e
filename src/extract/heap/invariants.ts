import { GoheapError } from '../../errors.ts'
import { Problems } from '../../model/problem.ts'
import type { ObjectTable } from '../../model/tables.ts'
import { readable } from '../file/readable.ts'
import { NEWEST_MINOR } from '../go/facts.ts'
import type { GoProcess } from '../go/process.ts'
import { isAddress, readRtypeHeader } from '../go/rtype.ts'
import { goroutineReader, goroutineStatuses, readAllGs } from './goroutine-reader.ts'
import type { ObjectMasks } from './object-finder.ts'
import { IN_USE, type SpanRecords } from './spans.ts'

/** One thing that holds in every release that goheap knows. */
export interface Invariant {
  /** What holds, as a sentence without its end. */
  statement: string
  checked: number
  broken: number
}

/** The heap as far as it is read by then. */
export interface ReadHeap {
  process: GoProcess
  spans: SpanRecords
  objects: ObjectTable
  masks: ObjectMasks
}

/** A core shows a moment in the midst of things: so much of everything may be in between, or two of many. */
const TOLERANCE = 0.02
const MANY = 20
/** Elements that are looked at, spread evenly. */
const SAMPLE = 4096
/** Words of an object that are looked at. */
const WORDS = 512
const MAX_GO_STATUS = 16

/**
 * For a Go release that goheap does not know: says in problems that it was read as the newest known one, which holds when
 * all invariants do. Throws 'unknown-go' when one does not, unless `force`; then a problem row says which.
 */
export function judgeUnknownRelease(heap: ReadHeap, { force }: { force: boolean }): void {
  const { facts, problems } = heap.process
  if (facts.isKnownVersion) return
  const known = `Go 1.${NEWEST_MINOR}`
  const release = `the program was built with ${facts.version}, and goheap knows up to ${known}`
  const checks = checkInvariants(heap)
  const broken = checks.filter((check) => !holds(check))
  const facing = broken.map((check) => `${check.statement} (not so: ${check.broken} of ${check.checked})`)
  if (broken.length === 0) {
    const message = `${release}: it was read as ${known} is, and what has to hold of it does: ${checks.length} checks`
    problems.add('facts', 'unknown-release', 'warning', message)
    return
  }
  const message = `${release}; read as ${known} is, this does not hold: ${facing.join('; ')}`
  if (!force) throw new GoheapError('unknown-go', message)
  problems.add('facts', 'invariants-broken', 'error', message, { count: broken.length })
}

/**
 * Holds what was read of a heap against what has to be true of any: that a runtime which goheap does not know lays things
 * out as the newest that it knows does, or as its own DWARF says.
 */
function checkInvariants(heap: ReadHeap): Invariant[] {
  return [
    checkSpans(heap),
    checkAllocation(heap),
    checkHeaders(heap),
    checkPointerMasks(heap),
    checkGlobalMasks(heap),
    checkFunctions(heap),
    checkGoroutines(heap),
  ]
}

/** Also false when there was nothing to look at: then nothing is known. */
const holds = ({ checked, broken }: Invariant) =>
  checked > 0 && broken <= Math.max(checked * TOLERANCE, checked >= MANY ? 2 : 0)

function checkSpans({ process, spans }: ReadHeap): Invariant {
  const leftOut = process.problems.rows.find(({ code }) => code === 'span-contradicts')?.count ?? 0
  return {
    statement: 'the arena map leads from the pages of a span to its mspan',
    checked: spans.table.count + leftOut,
    broken: leftOut,
  }
}

/** mspan.freeindex, allocBits and allocCount tell the same. */
function checkAllocation({ spans }: ReadHeap): Invariant {
  const { table, allocCount } = spans
  const rows = sample(table.count).filter((s) => table.state[s] === IN_USE)
  return {
    statement: 'a span has as many allocated slots as its allocCount says',
    checked: rows.length,
    broken: rows.filter((s) => table.allocated[s] !== allocCount[s]).length,
  }
}

/** Malloc headers and mspan.largeType lead to type descriptors of a size that goes into the slot. */
function checkHeaders({ process, spans, objects }: ReadHeap): Invariant {
  const { memory, facts } = process
  const { table } = spans
  const result = { statement: 'the types of large objects are type descriptors', checked: 0, broken: 0 }
  let hasHeaders = false
  for (const object of sample(objects.count)) {
    const s = objects.span[object]
    if (table.noscan[s] === 1) continue
    const header = objects.address[object] - table.headerSize[s]
    const address = table.headerSize[s] > 0 ? readable(() => memory.readWord(header)) : table.largeType[s]
    // Nil: an allocation under way.
    if (address === undefined || address === 0) continue
    hasHeaders = true
    result.checked++
    const type = readRtypeHeader(memory, facts, address)
    if (type === undefined || type.size > table.slotSize[s]) result.broken++
  }
  // A small program has no such objects, and old releases have no headers: that breaks nothing.
  return hasHeaders ? result : { ...result, checked: 1 }
}

/** What the collector follows are nil or addresses, never numbers or text. */
function checkPointerMasks({ process, spans, objects, masks }: ReadHeap): Invariant {
  const result = {
    statement: 'words that the heap’s masks call pointers are addresses',
    checked: 0,
    broken: 0,
  }
  const mask = new Uint8Array(WORDS)
  for (const object of sample(objects.count)) {
    if (spans.table.noscan[objects.span[object]] === 1 || objects.unswept[object] === 1) continue
    const words = Math.min(masks.read(object, mask), WORDS)
    for (let w = 0; w < words; w++) {
      if (mask[w] === 0) continue
      const value = readable(() => process.memory.readWord(objects.address[object] + w * 8))
      if (value === undefined || value === 0) continue
      result.checked++
      if (!isAddress(value) || !isMapped(process, value)) result.broken++
    }
  }
  return result
}

/** One past the end of an object is an address too. */
function isMapped({ memory }: GoProcess, address: number): boolean {
  const { mappings } = memory
  let low = 0
  let high = mappings.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (mappings[middle].address <= address) low = middle + 1
    else high = middle
  }
  const mapping = mappings[low - 1]
  return mapping !== undefined && address <= mapping.address + mapping.size
}

/** The linker's masks of data and bss have a bit for each of their words. */
function checkGlobalMasks({ process }: ReadHeap): Invariant {
  const [{ data, edata, gcdatamask, bss, ebss, gcbssmask }] = process.modules
  const parts = [
    { bytes: edata - data, mask: gcdatamask },
    { bytes: ebss - bss, mask: gcbssmask },
  ]
  return {
    statement: 'the masks of data and bss have a bit for each word',
    checked: parts.length,
    broken: parts.filter(({ bytes, mask }) => !(bytes >= 0) || Math.abs(mask.bits - bytes / 8) > 8).length,
  }
}

/** Functions that every program has, where the tables of functions have them. */
function checkFunctions({ process: { pclntab } }: ReadHeap): Invariant {
  const names = ['runtime.main', 'runtime.goexit', 'runtime.gcStart', 'runtime.mstart1']
  const found = new Set<string>()
  for (const fn of pclntab.functions()) if (names.includes(fn.name) && fn.end > fn.entry) found.add(fn.name)
  return {
    statement: 'the table of functions has those of the runtime',
    checked: names.length,
    broken: names.length - found.size,
  }
}

/** Statuses are known, stacks have a beginning and an end, and whoever waits stands in a function. */
function checkGoroutines({ process }: ReadHeap): Invariant {
  const { pclntab, layouts } = process
  // What cannot be read of it is a problem of the stage that reads goroutines.
  const all = readAllGs({ ...process, problems: new Problems() })
  const read = goroutineReader(process)
  const { waiting, runnable } = goroutineStatuses(layouts)
  const isSound = (address: number) => {
    const g = readable(() => read(address))
    if (g === undefined || g.status > MAX_GO_STATUS) return false
    if (g.status !== waiting && g.status !== runnable) return true
    const isOnStack = g.saved.sp >= g.stackLow && g.saved.sp < g.stackHigh
    return isOnStack && pclntab.functionAt(g.saved.pc) !== undefined
  }
  const rows = sample(all.length).map((i) => all[i])
  return {
    statement: 'goroutines have a stack, and stand in a function',
    checked: rows.length,
    broken: rows.filter((address) => !isSound(address)).length,
  }
}

/** Numbers below `count`, at most SAMPLE of them, spread evenly. */
function sample(count: number): number[] {
  const step = Math.max(1, Math.floor(count / SAMPLE))
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step)
}
