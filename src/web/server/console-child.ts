/**
 * The process that runs SQL of the user: it can be killed while SQLite is at work, which no thread can.
 * Started with the path of a database; says 'ready' once it is open. Every message is a SqlRequest, answered by one
 * SqlReply.
 */
import { HeapDb } from '../../index.ts'
import { encode } from './answer.ts'
import type { SqlReply, SqlRequest } from './console.ts'

const db = HeapDb.open(process.argv[2])

process.on('message', ({ sql, rows: most }: SqlRequest) => {
  process.send?.(runSql(sql, most))
})
process.send?.('ready')
// The server is gone.
process.on('disconnect', () => process.exit())

function runSql(sql: string, most: number): SqlReply {
  try {
    const result = db.query(sql)
    const rows: unknown[] = []
    let isPart = false
    for (const row of result.rows) {
      if (rows.length === most) {
        isPart = true
        break
      }
      rows.push(row)
    }
    return { json: encode({ columns: result.columns, rows, isPart }) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
