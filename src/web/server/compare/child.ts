/**
 * The process that compares two databases, in seconds where a hundred thousand paths differ: started with their paths, the
 * older one first. It sends a Compared for each aspect, those first that take least.
 */
import { ASPECTS } from '../../../answers/diff/aspects.ts'
import { HeapDb } from '../../../index.ts'
import { answerCompare } from '../answers/compare.ts'
import type { Compared } from './comparison.ts'

const [old, db] = process.argv.slice(2).map((path) => HeapDb.open(path))
const aspects = [...ASPECTS].sort((a, b) => Number(a === 'path') - Number(b === 'path'))
for (const aspect of aspects) {
  const compared: Compared = { aspect, answer: answerCompare(old, db, aspect) }
  await new Promise((resolve) => process.send?.(compared, resolve))
}
process.disconnect?.()
