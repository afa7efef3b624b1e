import type { HeapDb } from '../schema/heap-db.ts'

/** Opens a database for what `answer` does, and closes it. Modules are loaded only now: help needs none. */
export async function withDatabase<T>(path: string, answer: (db: HeapDb) => T | Promise<T>): Promise<T> {
  const { HeapDb } = await import('../schema/heap-db.ts')
  const db = HeapDb.open(path)
  try {
    return await answer(db)
  } finally {
    db.close()
  }
}
