import type { Cell, HeapDb } from '../../schema/heap-db.ts'
import { readQuery } from '../../schema/query-file.ts'
import type { Output } from '../output.ts'
import { type ResultFormat, writeResult } from '../render/result.ts'
import type { Request } from './statements.ts'

/** What runs on the database; commands of the shell itself do not. */
export type QueryRequest = Exclude<Request, { kind: 'dot' }>

/** Runs SQL or a bundled query and writes the result. Gives the number of rows. */
export async function runRequest(
  db: HeapDb,
  output: Output,
  request: QueryRequest,
  format: ResultFormat,
): Promise<number> {
  const file = request.kind === 'named' ? readQuery(request.name) : undefined
  const { columns, rows } =
    request.kind === 'named' ? db.runQuery(readQuery(request.name), request.args) : db.query(request.sql)
  let count = 0
  function* counted(): Generator<Cell[]> {
    for (const row of rows) {
      count++
      yield row
    }
  }
  await writeResult(output, { columns, rows: counted() }, format, file?.columns)
  return count
}
