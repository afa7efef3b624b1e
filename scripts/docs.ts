/**
 * Writes the pages that are made from the source, and the golden rows of the queries: npm run docs. With --check it only names those that are stale.
 *
 * A test holds the pages against what this would write: run it after a change of the schema, a query, a command, or of
 * anything else that changes what goheap says of the bundled core. In a merge conflict take either side, and run it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makePages, PROJECT } from './docs/pages.ts'

const isCheck = process.argv.includes('--check')
for (const [name, text] of await makePages()) {
  const path = join(PROJECT, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (isCheck) process.exitCode = 1
  else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  console.log(`${isCheck ? 'stale' : 'written'}: ${name}`)
}
