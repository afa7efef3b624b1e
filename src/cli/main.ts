#!/usr/bin/env node
/** The command. Nothing but the check of Node's version is loaded before it: better-sqlite3 crashes an older Node. */

/** package.json, engines. */
const REQUIRED = [22, 12]

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < REQUIRED[0] || (major === REQUIRED[0] && minor < REQUIRED[1])) {
  process.stderr.write(
    `goheap: Node ${process.versions.node} is too old; install Node ${REQUIRED.join('.')} or newer\n`,
  )
  process.exitCode = 2
} else {
  const { run } = await import('./program.ts')
  process.exitCode = await run(process.argv)
}
