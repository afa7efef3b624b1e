import { NONE, type TypeIndex } from '../../model/types.ts'
import type { GoFunction } from '../go/pclntab.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { type Extent, type PlacedVariable, placesOf } from './frame-variables.ts'
import { partOf } from './type-parts.ts'

/** What is known of a word of a frame that no variable is in at the pc. */
export interface FrameSlot {
  /** The argument or result that the word is kept for; undefined when others may be there as well. */
  owner: PlacedVariable | undefined
  type: TypeIndex
}

/** Gives what a function keeps at an offset from its frames' top; undefined when nothing certain. */
export type FrameSlotReader = (
  fn: GoFunction,
  offset: number,
  /** The function's stack objects. */
  objects: readonly Extent[],
) => FrameSlot | undefined

/** A word that variables of different types use. */
const AMBIGUOUS: FrameSlot = { owner: undefined, type: NONE }

/**
 * Types that say nothing of what a slot holds: the compiler moves the data words of strings, interfaces and closures
 * under the first of these. cmd/compile/internal/types, BytePtr.
 */
const VAGUE = new Set(['*uint8', 'unsafe.Pointer', 'uintptr'])

/**
 * Slots in which the compiler puts values aside hold values of one type only (cmd/compile/internal/ssa/stackalloc.go,
 * stackalloc: locations by type). So the variables that are ever there tell the type of a value that has no name at the
 * moment, if they agree; but not its name. Only places above the frame, of arguments and results, are one variable's own.
 */
export function frameSlotReader(process: GoProcess, types: TypeCatalog): FrameSlotReader {
  const { dwarf, core } = process
  const known = new Map<number, ReadonlyMap<number, FrameSlot>>()
  return (fn, offset, objects) => {
    let slots = known.get(fn.entry)
    if (slots === undefined) {
      slots = readSlots(fn, objects)
      known.set(fn.entry, slots)
    }
    const slot = slots.get(offset)
    return slot === AMBIGUOUS ? undefined : slot
  }

  function readSlots(fn: GoFunction, objects: readonly Extent[]): ReadonlyMap<number, FrameSlot> {
    const slots = new Map<number, FrameSlot>()
    for (const variable of dwarf?.frameUsesOf(fn.entry - core.bias) ?? []) {
      for (const place of placesOf(types, variable, 0, objects)) addPlace(slots, place)
    }
    return slots
  }

  function addPlace(slots: Map<number, FrameSlot>, place: PlacedVariable): void {
    for (let offset = place.start; offset + 8 <= place.end; offset += 8) {
      const type = pointerAt(place, offset - place.start)
      const before = slots.get(offset)
      if (type === NONE || (before !== undefined && before.type !== type)) {
        slots.set(offset, AMBIGUOUS)
      } else {
        const owner = place.start >= 0 && place.isArgument ? place : undefined
        const isSame = before === undefined || isSamePlace(before.owner, owner)
        slots.set(offset, { owner: isSame ? owner : undefined, type })
      }
    }
  }

  /** Type of the pointer at an offset in a variable; NONE when it is none, or says nothing. */
  function pointerAt(place: PlacedVariable, offset: number): TypeIndex {
    if (place.type === NONE) return NONE
    const { type } = partOf(types, place.type, offset, 8)
    if (type === NONE) return NONE
    const { kind, name } = types.table.rows[type]
    const isPointer = kind === 'ptr' || kind === 'map' || kind === 'chan' || kind === 'func'
    return isPointer && !VAGUE.has(name) ? type : NONE
  }
}

function isSamePlace(a: PlacedVariable | undefined, b: PlacedVariable | undefined): boolean {
  return a !== undefined && b !== undefined && a.name === b.name && a.start === b.start && a.end === b.end
}
