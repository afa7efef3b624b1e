import type { FrameRow } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'
import type { Extracted } from './extracted.ts'
import { type DumpFrame, type DumpSegment, type HeapDump, movesOn } from './heap-dump.ts'

/**
 * Holds what goheap read from a core against the heap dump that the same process wrote just before. Each function
 * returns what does not agree, one line each: nothing, when goheap is right.
 */

const hex = (address: number) => `0x${address.toString(16)}`

/** Address and size of every slot, both directions. */
export function compareObjects(dump: HeapDump, { heap, slotAddress }: Extracted): string[] {
  const inDump = new Map(dump.objects.map((object) => [object.address, object.bytes.length]))
  const wrong: string[] = []
  for (let i = 0; i < heap.objects.count; i++) {
    const base = slotAddress(i)
    const size = inDump.get(base)
    if (size === undefined) wrong.push(`${hex(base)} (${heap.graph.size[i]} bytes) is in the core only`)
    else if (size !== heap.graph.size[i])
      wrong.push(`${hex(base)}: ${heap.graph.size[i]} bytes, dump: ${size}`)
    inDump.delete(base)
  }
  for (const [address, size] of inDump) wrong.push(`${hex(address)} (${size} bytes) is in the dump only`)
  return wrong
}

/** The complete pointer mask of every object. */
export function compareMasks(dump: HeapDump, { heap, finder, masks, slotAddress }: Extracted): string[] {
  const wrong: string[] = []
  for (const object of dump.objects) {
    const i = finder.objectAt(object.address)
    if (i === NONE) {
      wrong.push(`${hex(object.address)} is no object`)
      continue
    }
    const header = heap.objects.address[i] - slotAddress(i)
    const words = new Uint8Array((object.bytes.length - header) / 8).fill(2)
    const count = masks.read(i, words)
    const found: number[] = []
    for (let w = 0; w < words.length; w++) if (words[w] !== 0) found.push(header + w * 8)
    if (count !== words.length) wrong.push(`${hex(object.address)}: ${count} words, slot has ${words.length}`)
    const difference = firstDifference(found, object.pointers)
    if (difference) wrong.push(`${hex(object.address)} (${object.bytes.length} bytes): ${difference}`)
  }
  return wrong
}

function firstDifference(found: readonly number[], expected: readonly number[]): string | undefined {
  for (let i = 0; i < Math.max(found.length, expected.length); i++) {
    if (found[i] !== expected[i])
      return `pointer ${i} at +${found[i]}, dump +${expected[i]} (${found.length} pointers, dump ${expected.length})`
  }
  return undefined
}

/**
 * Every edge between objects, both directions: the pointer words are the dump's, their values are what the dump
 * recorded. A word whose value is another in the core was written after the dump: `written` gives these objects.
 */
export function compareEdges(dump: HeapDump, extracted: Extracted): { wrong: string[]; written: number[] } {
  const { core, heap, finder, slotAddress } = extracted
  const { edges } = heap.graph
  const wrong: string[] = []
  const written = new Set<number>()
  for (const object of dump.objects) {
    const i = finder.objectAt(object.address)
    if (i === NONE) continue
    let row = edges.first[i]
    for (const offset of object.pointers) {
      const value = core.memory.readWord(object.address + offset)
      if (value !== wordAt(object, offset)) written.add(i)
      const target = finder.objectAt(value)
      if (value === 0 || target === NONE) continue
      const place = object.address + offset - heap.objects.address[i]
      const isThere =
        row < edges.first[i + 1] &&
        edges.offset[row] === place &&
        edges.target[row] === target &&
        heap.objects.address[target] + signed(edges.targetOffset[row]) === value
      if (!isThere) wrong.push(`${hex(object.address)}+${offset}: no edge to ${hex(slotAddress(target))}`)
      else row++
    }
    if (row !== edges.first[i + 1])
      wrong.push(`${hex(object.address)}: ${edges.first[i + 1] - row} edges that the dump does not have`)
  }
  return { wrong, written: [...written].sort((a, b) => a - b) }
}

/** Offsets are kept unsigned; a pointer to a slot's malloc header would lie 8 bytes before its address. */
const signed = (offset: number) => (offset > 2 ** 31 ? offset - 2 ** 32 : offset)

const wordAt = (segment: DumpSegment, offset: number) => Number(segment.bytes.readBigUInt64LE(offset))

/** Words of memory by address that roots of goheap lie at, with the address they point to. */
function rootWords({ heap }: Extracted): Map<number, number> {
  const { roots, graph } = heap
  const words = new Map<number, number>()
  for (let r = 0; r < roots.count; r++) {
    for (let row = graph.rootEdges.first[r]; row < graph.rootEdges.first[r + 1]; row++) {
      if (roots.address[r] === 0) continue
      const target =
        heap.objects.address[graph.rootEdges.target[row]] + signed(graph.rootEdges.targetOffset[row])
      words.set(roots.address[r] + graph.rootEdges.offset[row], target)
    }
  }
  return words
}

/** The pointers in data and bss, both directions. Segments of the first module only: dumproots knows no other. */
export function compareGlobals(dump: HeapDump, extracted: Extracted): string[] {
  const wrong: string[] = []
  const words = rootWords(extracted)
  for (const segment of [dump.data, dump.bss]) {
    const inDump = new Set(segment.pointers.map((offset) => segment.address + offset))
    for (const address of inDump) {
      const value = extracted.core.memory.readWord(address)
      const expected = extracted.finder.objectAt(value) === NONE ? undefined : value
      const found = words.get(address)
      if (found !== expected)
        wrong.push(`global at ${hex(address)}: root to ${found}, core and dump: ${expected}`)
    }
    for (const address of words.keys()) {
      if (
        address >= segment.address &&
        address < segment.address + segment.bytes.length &&
        !inDump.has(address)
      )
        wrong.push(`global at ${hex(address)}: a root where the collector sees no pointer`)
    }
  }
  return wrong
}

/**
 * Goroutines, their frames and the pointers in them. The goroutine that wrote the dump has gone on since: it is left out,
 * as is what moves by itself.
 * Stack objects (variables whose address is taken) are not in the dump's masks: words outside of them are not judged.
 */
export function compareStacks(dump: HeapDump, extracted: Extracted): string[] {
  const { heap } = extracted
  const wrong: string[] = []
  const words = rootWords(extracted)
  for (const goroutine of dump.goroutines) {
    const row = heap.goroutines.find((row) => row.goid === goroutine.goid)
    if (!row) {
      wrong.push(`goroutine ${goroutine.goid} is in the dump only`)
      continue
    }
    if (goroutine.waitReason === 'dumping heap' || movesOn(dump, goroutine)) continue
    const frames = heap.frames.filter((frame) => frame.goroutineRoot === row.root)
    const { address } = heap.roots
    // An inlined call is a frame of its own in goheap, at the place of the one that it is in, which follows.
    const isInlined = ({ root, pc }: FrameRow, next: FrameRow | undefined) =>
      next !== undefined && next.pc === pc && address[next.root] === address[root]
    const pcs = frames.filter((frame, i) => !isInlined(frame, frames[i + 1])).map((frame) => frame.pc)
    const expected = goroutine.frames.map((frame) => frame.pc)
    if (pcs.join() !== expected.join())
      wrong.push(`goroutine ${goroutine.goid}: frames at ${pcs.map(hex)}, dump ${expected.map(hex)}`)
    for (const frame of goroutine.frames) {
      for (const line of compareFrame(frame, words, extracted))
        wrong.push(`goroutine ${goroutine.goid}: ${line}`)
    }
  }
  const dumped = new Set(dump.goroutines.map((goroutine) => goroutine.goid))
  for (const row of heap.goroutines) {
    if (!dumped.has(row.goid)) wrong.push(`goroutine ${row.goid} is in the core only`)
  }
  return wrong
}

function compareFrame(frame: DumpFrame, words: ReadonlyMap<number, number>, extracted: Extracted): string[] {
  const wrong: string[] = []
  // The dump takes the masks at the pc; the collector at the place where the frame would go on, if at all.
  if (frame.continuePc !== frame.pc) return wrong
  for (const offset of frame.pointers) {
    const value = wordAt(frame, offset)
    const expected = extracted.finder.objectAt(value) === NONE ? undefined : value
    const found = words.get(frame.address + offset)
    if (expected !== undefined && found !== expected)
      wrong.push(`${frame.function} sp+${offset}: root to ${found && hex(found)}, dump: ${hex(expected)}`)
  }
  return wrong
}

/** Finalizers: each closure is held by a root. */
export function compareFinalizers(dump: HeapDump, { heap, finder, slotAddress }: Extracted): string[] {
  const held = new Set<number>()
  for (let r = 0; r < heap.roots.count; r++) {
    for (let row = heap.graph.rootEdges.first[r]; row < heap.graph.rootEdges.first[r + 1]; row++) {
      held.add(heap.graph.rootEdges.target[row])
    }
  }
  return [...dump.finalizers, ...dump.queuedFinalizers]
    .map(({ closure }) => finder.objectAt(closure))
    .filter((closure) => closure !== NONE && !held.has(closure))
    .map((closure) => `finalizer closure ${hex(slotAddress(closure))} is held by no root`)
}
