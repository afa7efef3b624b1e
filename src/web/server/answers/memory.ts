import type { Cell, HeapDb } from '../../../index.ts'
import { type Answer, selectAll } from '../answer.ts'
import { runNamed } from './named.ts'

/** Where the memory of the process is, and how the collector is set and does. */
export const answerMemory: Answer = (db) => ({ account: selectAccount(db), gc: runNamed(db, 'gc', {}) })

/** All of the memory account, each row behind the one that it is part of. */
export function selectAccount(db: HeapDb): Record<string, Cell>[] {
  return selectAll(db, 'SELECT id, parent_id, key, name, bytes, note FROM memory_account ORDER BY id')
}
