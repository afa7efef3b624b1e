import { ASPECTS } from '../../../answers/diff/aspects.ts'
import { compareHeaps } from '../../../answers/diff/compare.ts'
import { GoheapError } from '../../../errors.ts'
import type { HeapDb } from '../../../index.ts'
import type { Delta } from '../../../schema/delta-file.ts'
import type { Answer } from '../answer.ts'

/** Two heaps side by side `by` an aspect of goheap diff, what grew most first. */
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
    return { rows, old: Object.fromEntries(old.metadata()) }
  }
}
