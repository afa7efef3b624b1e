/**
 * Holds goheap against the runtime's own count and other readers on the cores that run.ts left:
 * node bench/real-programs/compare.ts [--folder /tmp/real] [--peers FOLDER] [name ...]
 *
 * FOLDER has the programs `viewcore-mended`, `viewcore` (golang.org/x/debug) and `grf` (cloudwego/goref); what is
 * missing is said. A row each: objects reachable, their share of what the runtime counted right after the forced
 * collection before the core was taken, bytes, seconds, and the highest memory where GNU time can tell.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Facts, RuntimeCounts } from './program.ts'
import { findPeers, goheap, runTimed } from './readers.ts'

/** The issue's bar: reachable objects within 0.5 % of what the runtime counts. */
const TOLERANCE = 0.005

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: 'string', default: '/tmp/real' }, peers: { type: 'string' } },
})
const readers = [goheap, ...findPeers(values.peers, (line) => console.log(`${line} (--peers FOLDER)`))]
let failed = false
for (const name of readdirSync(values.folder).sort()) {
  const folder = join(values.folder, name)
  if (!existsSync(join(folder, 'facts.json'))) continue
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const facts: Facts = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8'))
  compare(`${name}, kernel core`, join(folder, 'core'), join(folder, 'binary'), facts.beforeAbort)
  if (facts.beforeGcore !== undefined)
    compare(`${name}, gcore`, join(folder, 'core.gcore'), join(folder, 'binary'), facts.beforeGcore)
}
process.exitCode = failed ? 1 : 0

function compare(title: string, core: string, binary: string, counted: RuntimeCounts): void {
  console.log(`\n${title}: the runtime counts ${counted.heapObjects} objects, ${counted.heapAlloc} bytes`)
  if (!existsSync(core)) {
    console.log('  no such core')
    return
  }
  for (const reader of readers) {
    const scratch = mkdtempSync(join(tmpdir(), 'goheap-compare-'))
    try {
      const { output, seconds, peakMiB, status } = runTimed(reader.command(core, binary, scratch))
      const cost = `${seconds.toFixed(1)} s${peakMiB === undefined ? '' : `, ${peakMiB.toFixed(0)} MiB`}`
      if (status !== 0) {
        console.log(`  ${reader.name.padEnd(16)} fails (status ${status}) after ${cost}`)
        failed ||= reader === goheap
        continue
      }
      const { objects, bytes } = reader.read(output, scratch)
      const off = objects / counted.heapObjects - 1
      console.log(
        `  ${reader.name.padEnd(16)} ${String(objects).padStart(9)} objects ` +
          `${`${off < 0 ? '' : '+'}${(off * 100).toFixed(4)} %`.padStart(10)} ${String(bytes).padStart(11)} bytes  ${cost}`,
      )
      failed ||= reader === goheap && Math.abs(off) > TOLERANCE
    } finally {
      rmSync(scratch, { recursive: true })
    }
  }
}
