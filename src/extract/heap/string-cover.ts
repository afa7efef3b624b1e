import type { EdgeTable, ObjectTable, RootEdgeTable, RootTable, SpanTable } from '../../model/tables.ts'
import { NONE, type ObjectIndex, type TypeIndex } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import { TINY_BYTES } from '../go/size-classes.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { SpanReader } from './span-reader.ts'
import { HeapParts } from './typing/heap-parts.ts'
import { entryAt, type SlotProgram, SlotPrograms } from './typing/slot-program.ts'
import { SLOT } from './typing/slots.ts'

export interface StringSources {
  process: GoProcess
  catalog: TypeCatalog
  spans: SpanTable
  objects: ObjectTable
  edges: EdgeTable
  roots: RootTable
  rootEdges: RootEdgeTable
}

/**
 * Which bytes of each object string headers show. In slots that small values share (see `isShared`) `from` is a bit
 * set: bits 0 to 15 are the bytes shown, bit 16 + i says that a string has byte i and the one before. Elsewhere the
 * bytes are [from, to), from the first that any string shows to the last; `to` 0: none.
 */
export interface StringCover {
  readonly from: Uint32Array | Float64Array
  readonly to: Uint32Array | Float64Array
}

/** A slot of the tiny allocator: unrelated strings of less than 16 bytes may be in one. runtime/malloc.go, mallocgc. */
export const isShared = (spans: SpanTable, s: number) =>
  spans.noscan[s] === 1 && spans.slotSize[s] === TINY_BYTES

/** Goes through all strings in objects and variables whose type is known. */
export function coverStrings(sources: StringSources): StringCover {
  const { process, catalog, spans, objects, edges, roots, rootEdges } = sources
  const make = spans.slotSize.some((size) => size >= 2 ** 32) ? Float64Array : Uint32Array
  const cover: StringCover = { from: new make(objects.count), to: new make(objects.count) }
  const programs = stringPrograms(process, catalog)
  const { rows } = catalog.table

  const show = (object: ObjectIndex, offset: number, length: number) => {
    const s = objects.span[object]
    const end = offset + length
    if (length === 0 || end > spans.slotSize[s] - spans.headerSize[s]) return
    if (isShared(spans, s)) {
      const bytes = (1 << end) - (1 << offset)
      cover.from[object] |= bytes | ((bytes & (bytes << 1)) << 16)
      return
    }
    if (cover.to[object] === 0 || offset < cover.from[object]) cover.from[object] = offset
    if (end > cover.to[object]) cover.to[object] = end
  }

  const reader = new SpanReader(process.memory, spans)
  for (let object = 0; object < objects.count; object++) {
    const type = objects.type[object]
    const program = type === NONE ? undefined : programs(type)
    if (program === undefined) continue
    const s = objects.span[object]
    const start = objects.address[object] - spans.address[s]
    const end = objects.length[object] * rows[type].size
    for (let e = edges.first[object]; e < edges.first[object + 1]; e++) {
      const at = edges.offset[e]
      if (at >= end) break
      const entry = entryAt(program, at % program.size)
      if (entry === NONE || program.kind[entry] !== SLOT.string) continue
      const target = edges.target[e]
      // What a dead object points at may have been freed, and its place given to something else.
      if (objects.unswept[object] === 1 && objects.unswept[target] === 0) continue
      reader.moveTo(s, (start + at) / 8 + 1)
      show(target, edges.targetOffset[e], reader.hi * 2 ** 32 + reader.lo)
    }
  }
  for (let root = 0; root < roots.count; root++) {
    const type = roots.type[root]
    const program = type === NONE || roots.address[root] === 0 ? undefined : programs(type)
    if (program === undefined) continue
    for (let e = rootEdges.first[root]; e < rootEdges.first[root + 1]; e++) {
      const at = rootEdges.offset[e]
      if (at < 0 || at >= rows[type].size) continue
      const entry = entryAt(program, at % program.size)
      if (entry === NONE || program.kind[entry] !== SLOT.string) continue
      const length = readable(() => process.memory.readWord(roots.address[root] + at + 8)) ?? 0
      show(rootEdges.target[e], rootEdges.targetOffset[e], length)
    }
  }
  return cover
}

/** Programs of the types that have strings. */
function stringPrograms(
  process: GoProcess,
  catalog: TypeCatalog,
): (type: TypeIndex) => SlotProgram | undefined {
  const programs = new SlotPrograms(catalog, new HeapParts(process, catalog))
  const known: (SlotProgram | null | undefined)[] = []
  return (type) => {
    const before = known[type]
    if (before !== undefined) return before ?? undefined
    const program = programs.of(type)
    const hasStrings = program?.kind.includes(SLOT.string)
    known[type] = program !== undefined && hasStrings ? program : null
    return known[type] ?? undefined
  }
}
