import type { HeapDb } from '../schema/heap-db.ts'
import type { Output } from './output.ts'
import type { ResultFormat } from './render/result.ts'
import type { RowFormat } from './render/rows.ts'

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

export async function openOutput(): Promise<Output> {
  const { Output } = await import('./output.ts')
  return new Output()
}

/** Writes rows that no query gave as a table, JSON or CSV. */
export async function writeRows<Row extends object>(
  output: Output,
  rows: Iterable<Row>,
  columns: RowFormat<Row>,
  format: ResultFormat,
): Promise<void> {
  const [{ writeResult }, { rowsToResult }] = await Promise.all([
    import('./render/result.ts'),
    import('./render/rows.ts'),
  ])
  const { result, columns: described } = rowsToResult(rows, columns)
  await writeResult(output, result, format, described)
}
