import { GoheapError } from '../errors.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { chooseNodes, type NodeChoice } from './node-set.ts'
import { findPointer } from './pointer-choice.ts'
import { searchRetained } from './retained-by-search.ts'
import { readRetained } from './retained-by-tree.ts'

/** What is to be taken out of the heap, all of it at once. */
export interface RetainedQuestion extends NodeChoice {
  /** Pointers to be set to nil: SOURCE.OFFSET or SOURCE.FIELD. */
  cuts?: readonly string[]
}

export interface RetainedAnswer {
  /** What was chosen, in words. */
  set: string
  /** Objects and roots chosen. */
  selected: number
  /** Slot bytes of the chosen objects that are reachable. */
  selected_size: number
  /** Bytes that would become garbage. */
  retained_size: number
  /** Objects that would. */
  retained_count: number
  /** Percent of all reachable bytes; null when there are none. */
  share: number | null
  /** What would become garbage, by type, heaviest first. */
  types: RetainedType[]
}

export interface RetainedType {
  /** null: not known. */
  type: string | null
  objects: number
  bytes: number
}

/** An answer, with types by their ids: 0 for objects whose type is not known. */
export interface RetainedSums {
  selected: number
  selectedSize: number
  types: ReadonlyMap<number, { objects: number; bytes: number }>
}

/**
 * What would become garbage without a set of nodes and pointers, exactly. More than the sum of their own retained sizes
 * where only several of them together keep something alive.
 *
 * @throws GoheapError 'usage' when nothing is chosen, or what is chosen does not exist
 */
export function answerRetained(db: HeapDb, question: RetainedQuestion): RetainedAnswer {
  const sets = chooseNodes(db, question)
  const cuts = question.cuts ?? []
  const pointers = cuts.map((text) => findPointer(db, text))
  if (sets.length === 0 && pointers.length === 0) throw new GoheapError('usage', 'nothing is chosen')
  const { selected, selectedSize, types } =
    readRetained(db, sets, pointers) ?? searchRetained(db, sets, pointers)
  const sums = nameTypes(db, types)
  const retainedSize = sums.reduce((sum, { bytes }) => sum + bytes, 0)
  const reachableBytes = Number(db.metadata().get('reachable_bytes'))
  return {
    set: [...sets.map(({ name }) => name), ...cuts.map((text) => `pointer ${text}`)].join(', '),
    selected,
    selected_size: selectedSize,
    retained_size: retainedSize,
    retained_count: sums.reduce((sum, { objects }) => sum + objects, 0),
    share: reachableBytes === 0 ? null : (100 * retainedSize) / reachableBytes,
    types: sums,
  }
}

function nameTypes(db: HeapDb, types: RetainedSums['types']): RetainedType[] {
  const { rows } = db.query('SELECT id, name FROM types')
  const names = new Map(Array.from(rows, ([id, name]) => [Number(id), String(name)]))
  return [...types]
    .map(([type, sum]) => ({ type: names.get(type) ?? null, ...sum }))
    .sort((a, b) => b.bytes - a.bytes || (String(a.type) < String(b.type) ? -1 : 1))
}
