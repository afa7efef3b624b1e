import type { ObjectTable, SpanTable } from '../../model/tables.ts'
import { NONE, type ObjectIndex, type TypeIndex } from '../../model/types.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { SpanReader } from './span-reader.ts'
import { dynamicType } from './type-parts.ts'
import type { SlotPrograms } from './typing/slot-program.ts'
import { SLOT } from './typing/slots.ts'

export interface DynamicTypeSources {
  process: GoProcess
  catalog: TypeCatalog
  spans: SpanTable
  objects: ObjectTable
  programs: SlotPrograms
}

/** Where the interfaces of a type are: bytes to the first word of each, of one of the elements that follow each other. */
interface Interfaces {
  readonly step: number
  readonly offsets: readonly number[]
  readonly isEmpty: readonly boolean[]
}

/**
 * Makes a row of every type that an interface in an object of a known type holds. Typing makes those of values in the heap;
 * others are in data, of size 0, or nil pointers, and are only met where somebody reads the value of the interface. Of what
 * is a reflect.Type, the type that it stands for has a row too. Words that the core does not hold say nothing; that they are
 * missing was noted when pointers were read.
 */
export function readDynamicTypes(sources: DynamicTypeSources): void {
  const { process, catalog, spans, objects, programs } = sources
  const reader = new SpanReader(process.memory, spans)
  const reflected = catalog.byName('*reflect.rtype')
  const byType: Interfaces[] = []
  const known = new Map<number, TypeIndex>()
  for (let object = 0; object < objects.count; object++) {
    const type = objects.type[object]
    if (type === NONE) continue
    byType[type] ??= interfacesOf(programs, type)
    const end = byType[type].offsets.length === 0 ? 0 : objects.length[object] * catalog.table.rows[type].size
    visit(object, byType[type], end)
  }

  function visit(object: ObjectIndex, { step, offsets, isEmpty }: Interfaces, end: number): void {
    const s = objects.span[object]
    const start = (objects.address[object] - spans.address[s]) / 8
    for (let from = 0; from < end; from += step) {
      for (let i = 0; i < offsets.length; i++) {
        const word = start + (from + offsets[i]) / 8
        const first = readWord(s, word)
        if (first === 0) continue
        let type = known.get(first)
        if (type === undefined) {
          type = dynamicType(process, catalog, first, isEmpty[i])
          known.set(first, type)
        }
        if (type === NONE || type !== reflected) continue
        const descriptor = readWord(s, word + 1)
        if (descriptor !== 0) catalog.fromRuntime(descriptor)
      }
    }
  }

  function readWord(s: number, word: number): number {
    reader.moveTo(s, word)
    return reader.hi * 2 ** 32 + reader.lo
  }
}

function interfacesOf(programs: SlotPrograms, type: TypeIndex): Interfaces {
  const program = programs.of(type)
  if (program === undefined || program.size === 0) return { step: 0, offsets: [], isEmpty: [] }
  const { kind, offset } = program
  const places = Array.from(kind.keys()).filter(
    (i) => kind[i] === SLOT.interface || kind[i] === SLOT.emptyInterface,
  )
  return {
    step: program.size,
    // A slot is at the second word.
    offsets: places.map((i) => offset[i] - 8),
    isEmpty: places.map((i) => kind[i] === SLOT.emptyInterface),
  }
}
