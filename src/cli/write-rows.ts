import type { Output } from './output.ts'
import type { ResultFormat } from './render/result.ts'
import type { RowFormat } from './render/rows.ts'

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
