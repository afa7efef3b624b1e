import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import type { SpanRecords } from './spans.ts'

/** A special record of a span. runtime/mheap.go: special, and the records that begin with one. */
export interface Special {
  /** Name behind `_KindSpecial` in the runtime: Finalizer, WeakHandle, Profile, Cleanup, PinCounter, ... */
  kind: string
  /** Address of the record. */
  address: number
  /** Slot of the span it belongs to. */
  slot: number
  /** Bytes from the span's base to the place it was set for (a tiny object lies inside its slot). */
  offset: number
}

/** The runtime numbers the kinds anew in most releases; the constants say how. */
const KINDS = [
  'Finalizer',
  'WeakHandle',
  'Profile',
  'Reachable',
  'PinCounter',
  'Cleanup',
  'CheckFinalizer',
  'TinyBlock',
  'Bubble',
  'Secret',
]

/** Gives a function that reads the specials of a span. */
export function specialReader(process: GoProcess): (spans: SpanRecords, s: number) => Special[] {
  const { layouts, memory, problems } = process
  const layout = layouts.struct('runtime.special')
  const next = layout.offset('next')
  const offset = layout.field('offset')
  const kind = layout.offset('kind')
  const kindNames = new Map<number, string>()
  for (const name of KINDS) {
    const value = layouts.constant(`runtime._KindSpecial${name}`)
    if (value !== undefined) kindNames.set(value, name)
  }
  const readOne = (address: number, slotSize: number): Special => {
    const at =
      offset.size === 2 ? memory.readU16(address + offset.offset) : memory.readWord(address + offset.offset)
    const number = memory.readU8(address + kind)
    return {
      kind: kindNames.get(number) ?? `kind ${number}`,
      address,
      slot: Math.floor(at / slotSize),
      offset: at,
    }
  }
  return (spans, s) => {
    const found: Special[] = []
    const seen = new Set<number>()
    let address = spans.specials[s]
    while (address !== 0) {
      const at = address
      const [special, following] = readable(
        () => [readOne(at, spans.table.slotSize[s]), memory.readWord(at + next)] as const,
      ) ?? [undefined, 0]
      // A list that runs in circles has been damaged too.
      if (special === undefined || special.slot >= spans.table.slots[s] || seen.has(at)) {
        problems.add('roots', 'special-unreadable', 'error', 'a span’s list of specials breaks off', {
          address,
        })
        return found
      }
      seen.add(at)
      found.push(special)
      address = following
    }
    return found
  }
}
