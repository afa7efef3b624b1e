/** Run in a folder on a file system too small for the database: prints the error and what is left in the folder. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import { GoheapError } from '../../src/errors.ts'
import { writeDatabase } from '../../src/schema/write.ts'

const folder = process.argv[2]
try {
  await writeDatabase(makeSyntheticHeap(100_000), join(folder, 'heap.db'))
  console.log('written')
} catch (error) {
  if (!(error instanceof GoheapError)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message, left: readdirSync(folder) }))
}
