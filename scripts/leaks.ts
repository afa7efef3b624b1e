/**
 * Leaks in servers that others wrote, and the way from their cores to the culprits: npm run leaks [-- --folder /tmp/leaks]
 *
 * Builds each server of bench/real-programs/leaks through the Go module proxy, with the line left out that it forgets (and
 * once more as released, to compare with), makes it leak, and takes a core while it is at work: what is in the folder
 * already is used again. Then runs the commands of docs/leak-in-a-server.md there and writes what they print into the page.
 * Exit code 1 when the first suspect is not the culprit, or not what has grown most.
 */
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../bench/real-programs/build.ts'
import { etcdWatches } from '../bench/real-programs/leaks/etcd-watches.ts'
import type { Leak } from '../bench/real-programs/leaks/leak.ts'
import { natsClients } from '../bench/real-programs/leaks/nats-clients.ts'
import { findCore, start } from '../bench/real-programs/process.ts'
import { type Server, waitFor } from '../bench/real-programs/program.ts'
import { refreshConsole } from './docs/console.ts'
import { PROJECT } from './docs/pages.ts'
import { openShell, type Shell } from './docs/shell.ts'

const PAGE = join(PROJECT, 'docs/leak-in-a-server.md')
const LEAKS: readonly Leak[] = [natsClients, etcdWatches]
/** How long a server goes on being filled until the signal comes. */
const AT_WORK_MS = 300

const { values } = parseArgs({
  options: { folder: { type: 'string', default: '/tmp/leaks' }, port: { type: 'string', default: '23790' } },
})

for (const leak of LEAKS) {
  const binary = build(leak.server, join(values.folder, leak.name), leak.forgotten)
  await takeCore(leak.server, binary, join(values.folder, leak.name))
  if (leak.forgotten === undefined) continue
  const released = join(values.folder, `${leak.name}-released`)
  await takeCore(leak.server, build(leak.server, released), released)
}
const shell = openShell(values.folder)
for (const { name } of LEAKS)
  for (const database of [`${name}.db`, `${name}-released.db`])
    rmSync(join(values.folder, database), { force: true })
writeFileSync(PAGE, refreshConsole(readFileSync(PAGE, 'utf8'), shell))
console.log(`written: ${PAGE}`)
for (const leak of LEAKS) holdAgainst(leak, shell)

/** Leaves `core` in the folder, of the server amid its load. */
async function takeCore(server: Server, binary: string, folder: string): Promise<void> {
  const core = join(folder, 'core')
  if (existsSync(core)) return
  const run = join(folder, 'run')
  rmSync(run, { recursive: true, force: true })
  mkdirSync(run)
  const port = Number(values.port)
  const child = start(binary, server.args(run, port), run, server.environment?.(run))
  const exited = once(child, 'exit')
  try {
    await waitFor(server.readyUrl(port))
    await server.load(port, run)
    // It breaks off with the server.
    server.load(port, run).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, AT_WORK_MS))
    child.kill('SIGABRT')
    await exited
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
  renameSync(findCore(run), core)
  console.log(`${folder}: core taken`)
}

/** The first suspect is the culprit, and the way of what has grown most since the release ends there. */
function holdAgainst({ name, culprit, forgotten }: Leak, { run }: Shell): void {
  const [suspect] = JSON.parse(run(`goheap suspects ${name}.db --json`))
  const isFirst = suspect?.gathers === culprit.gathers && suspect.field === culprit.field
  console.log(`${name}: ${isFirst ? 'the first suspect is the culprit' : JSON.stringify(suspect)}`)
  if (!isFirst) process.exitCode = 1
  if (forgotten === undefined) return
  // Titles, then the rows.
  const [, , grown] = run(`goheap diff ${name}-released.db ${name}.db --by path --limit 1`).split('\n')
  const isGrown = grown?.endsWith(` > ${culprit.gathers}`)
  console.log(`${name}: ${isGrown ? 'so is what has grown most' : grown}`)
  if (!isGrown) process.exitCode = 1
}
