import { ASPECTS } from '../../../answers/diff/aspects.ts'
import { compareHeaps } from '../../../answers/diff/compare.ts'
import { GoheapError } from '../../../errors.ts'
import type { HeapDb } from '../../../index.ts'
import type { Delta } from '../../../schema/delta-file.ts'
import type { Answer } from '../answer.ts'

/** Rows of one answer: of large heaps hundreds of thousands of paths differ by a little. */
const MOST_GROWN = 4000
const MOST_SHRUNK = 1000

/**
 * Two heaps side by side `by` an aspect of goheap diff, what grew most first. `left`: rows between the most grown and the most
 * shrunk that are not given.
 */
export function answerCompare(old: HeapDb): Answer {
  /** By aspect: two databases that do not change differ in the same things forever. */
  const known = new Map<string, Omit<Delta, 'series'>[]>()
  return (db, params) => {
    const by = params.get('by') ?? 'type'
    const aspect = ASPECTS.find((name) => name === by)
    if (aspect === undefined) throw new GoheapError('usage', `by has to be one of ${ASPECTS.join(', ')}`)
    let rows = known.get(aspect)
    if (rows === undefined) {
      rows = compareHeaps([old, db], [aspect]).map(({ series: _, ...row }) => row)
      known.set(aspect, rows)
    }
    const left = Math.max(0, rows.length - MOST_GROWN - MOST_SHRUNK)
    const shown = left === 0 ? rows : [...rows.slice(0, MOST_GROWN), ...rows.slice(-MOST_SHRUNK)]
    return {
      rows: shown,
      left,
      old: Object.fromEntries(old.metadata()),
      now: Object.fromEntries(db.metadata()),
    }
  }
}
