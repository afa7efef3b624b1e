/** The process of SqlProcess: started with the path of a database; every message is a SqlJob, answered by one SqlOutcome. */
import { HeapDb } from '../../schema/heap-db.ts'
import { Output } from '../output.ts'
import { runRequest } from './run-request.ts'
import type { SqlJob, SqlOutcome } from './sql-process.ts'

const db = HeapDb.open(process.argv[2])
const output = new Output()

// A terminal in its usual mode sends Ctrl-C to this process too. The shell decides.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())
process.on('message', async (job: SqlJob) => {
  process.send?.(await runJob(job))
})

async function runJob({ request, format }: SqlJob): Promise<SqlOutcome> {
  const start = performance.now()
  try {
    const rows = await runRequest(db, output, request, format)
    return { kind: 'done', rows, seconds: (performance.now() - start) / 1000 }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
