import { ASPECTS, type Aspect } from '../../../answers/diff/aspects.ts'
import { compareHeaps } from '../../../answers/diff/compare.ts'
import { GoheapError } from '../../../errors.ts'
import type { Cell, HeapDb } from '../../../index.ts'
import type { Delta } from '../../../schema/delta-file.ts'

/** Rows of one answer: of large heaps a hundred thousand paths differ by a little. */
const MOST_GROWN = 4000
const MOST_SHRUNK = 1000

/** Two heaps side by side by an aspect of goheap diff, what grew most first. */
export interface ComparedAnswer {
  rows: Omit<Delta, 'series'>[]
  /** Rows between the most grown and the most shrunk that are not given. */
  left: number
  /** Of both: metadata. */
  old: Record<string, Cell>
  now: Record<string, Cell>
}

export function answerCompare(old: HeapDb, db: HeapDb, aspect: Aspect): ComparedAnswer {
  const rows = listDeltas(old, db, aspect)
  const left = Math.max(0, rows.length - MOST_GROWN - MOST_SHRUNK)
  return {
    rows: left === 0 ? rows : [...rows.slice(0, MOST_GROWN), ...rows.slice(-MOST_SHRUNK)],
    left,
    old: Object.fromEntries(old.metadata()),
    now: Object.fromEntries(db.metadata()),
  }
}

export function listDeltas(old: HeapDb, db: HeapDb, aspect: Aspect): Omit<Delta, 'series'>[] {
  return compareHeaps([old, db], [aspect]).map(({ series: _, ...row }) => row)
}

/** @throws GoheapError 'usage' */
export function readAspect(by: string): Aspect {
  const aspect = ASPECTS.find((name) => name === by)
  if (aspect === undefined) throw new GoheapError('usage', `by has to be one of ${ASPECTS.join(', ')}`)
  return aspect
}
