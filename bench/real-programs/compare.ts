/**
 * Holds goheap against the runtime's own count and other readers on the cores that run.ts left:
 * node bench/real-programs/compare.ts [--folder /tmp/real] [--peers FOLDER] [name ...]
 *
 * FOLDER has the programs `viewcore-mended`, `viewcore` (golang.org/x/debug) and `grf` (cloudwego/goref); what is
 * missing is said. A row each: objects reachable, their share of what the runtime counted right after the forced
 * collection before the core was taken, bytes, seconds, and the highest memory where GNU time can tell.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { RuntimeCounts } from './program.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
/** The issue's bar: reachable objects within 0.5 % of what the runtime counts. */
const TOLERANCE = 0.005

interface Found {
  objects: number
  bytes: number
}

interface Reader {
  name: string
  command(core: string, binary: string, scratch: string): string[]
  read(output: string, scratch: string): Found
}

const goheap: Reader = {
  name: 'goheap',
  command: (core, binary, scratch) => [
    process.execPath,
    MAIN,
    'index',
    core,
    binary,
    '-o',
    join(scratch, 'heap.db'),
    '--json',
  ],
  read: (output) => {
    const summary: { reachableObjects: number; reachableBytes: number } = JSON.parse(output)
    return { objects: summary.reachableObjects, bytes: summary.reachableBytes }
  },
}

/** viewcore prints a histogram of what it can reach: count, size, bytes, type. */
const viewcore = (path: string): Reader => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  command: (core, binary) => [path, core, '--exe', binary, 'histogram'],
  read: (output) => {
    const rows = [...output.matchAll(/^\s*(\d+)\s+\d+\s+(\d+) /gm)]
    return {
      objects: rows.reduce((sum, row) => sum + Number(row[1]), 0),
      bytes: rows.reduce((sum, row) => sum + Number(row[2]), 0),
    }
  },
})

/** grf writes a pprof profile; `go tool pprof` gives its total. */
const grf = (path: string): Reader => ({
  name: 'grf',
  command: (core, binary, scratch) => [path, 'core', binary, core, '-o', join(scratch, 'grf.out')],
  read: (_output, scratch) => {
    const total = (index: string) => {
      const args = ['tool', 'pprof', `-sample_index=${index}`, '-unit=B', '-top', join(scratch, 'grf.out')]
      return Number(/([\d.]+)B? total/.exec(spawnSync('go', args, { encoding: 'utf8' }).stdout)?.[1])
    }
    return { objects: total('inuse_objects'), bytes: total('inuse_space') }
  },
})

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: 'string', default: '/tmp/real' }, peers: { type: 'string' } },
})
const readers = [goheap, ...findPeers(values.peers)]
let failed = false
for (const name of readdirSync(values.folder).sort()) {
  const folder = join(values.folder, name)
  if (!existsSync(join(folder, 'facts.json'))) continue
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const facts: { beforeAbort: RuntimeCounts; beforeGcore: RuntimeCounts } = JSON.parse(
    readFileSync(join(folder, 'facts.json'), 'utf8'),
  )
  compare(`${name}, kernel core`, join(folder, 'core'), join(folder, 'binary'), facts.beforeAbort)
  compare(`${name}, gcore`, join(folder, 'core.gcore'), join(folder, 'binary'), facts.beforeGcore)
}
process.exitCode = failed ? 1 : 0

function findPeers(folder: string | undefined): Reader[] {
  const peers: Reader[] = []
  for (const [name, reader] of [
    ['viewcore-mended', viewcore],
    ['viewcore', viewcore],
    ['grf', grf],
  ] as const) {
    const path = folder && join(folder, name)
    if (path && existsSync(path)) peers.push(reader(path))
    else console.log(`${name} is missing: not compared (--peers FOLDER)`)
  }
  return peers
}

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

function runTimed(command: readonly string[]) {
  const gnuTime = existsSync('/usr/bin/time') ? ['/usr/bin/time', '-f', 'peak %M'] : []
  const [program, ...args] = [...gnuTime, ...command]
  const started = Date.now()
  const run = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 30, timeout: 600_000 })
  const peak = /peak (\d+)/.exec(run.stderr)?.[1]
  return {
    output: run.stdout,
    seconds: (Date.now() - started) / 1000,
    peakMiB: peak === undefined ? undefined : Number(peak) / 1024,
    status: run.status,
  }
}
