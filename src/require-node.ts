/** To be imported before all that loads better-sqlite3: a program that uses the library ends with an error, not a crash. */
import { GoheapError } from './errors.ts'
import { describeOldNode } from './node-version.ts'

const problem = describeOldNode(process.versions as { node: string; napi?: string })
if (problem !== undefined) throw new GoheapError('unsupported', `goheap: ${problem}`)
