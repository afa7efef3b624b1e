#!/usr/bin/env node
/** The command. Nothing but the check of Node's version is loaded before it: better-sqlite3 crashes an older Node. */
import { describeOldNode } from '../node-version.ts'

const problem = describeOldNode(process.versions as { node: string; napi?: string })
if (problem !== undefined) {
  process.stderr.write(`goheap: ${problem}\n`)
  process.exitCode = 2
} else {
  const { run } = await import('./program.ts')
  process.exitCode = await run(process.argv)
}
