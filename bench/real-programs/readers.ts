/** Programs that read a Go core, this one included: how to run each, and what it finds. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Found {
  objects: number
  bytes: number
  /** Of those, with a type; undefined when the reader does not tell by object. */
  typed?: { objects: number; bytes: number }
}

export interface Reader {
  name: string
  command(core: string, binary: string, scratch: string): string[]
  read(output: string, scratch: string): Found
}

export const goheap: Reader = {
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

/** viewcore prints a histogram of what it can reach: count, size, bytes, type; `unk64` is 64 bytes of no known type. */
const viewcore = (path: string): Reader => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  command: (core, binary) => [path, core, '--exe', binary, 'histogram'],
  read: (output) => {
    const rows = [...output.matchAll(/^\s*(\d+)\s+\d+\s+(\d+) (.*)$/gm)]
    const sum = (of: typeof rows) => ({
      objects: of.reduce((total, row) => total + Number(row[1]), 0),
      bytes: of.reduce((total, row) => total + Number(row[2]), 0),
    })
    return { ...sum(rows), typed: sum(rows.filter(([, , , type]) => !/^unk\d+$/.test(type.trim()))) }
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

/** Those of `folder`; what is missing is said through `tell`. */
export function findPeers(folder: string | undefined, tell: (line: string) => void): Reader[] {
  const peers: Reader[] = []
  for (const [name, reader] of [
    ['viewcore-mended', viewcore],
    ['viewcore', viewcore],
    ['grf', grf],
  ] as const) {
    const path = folder && join(folder, name)
    if (path && existsSync(path)) peers.push(reader(path))
    else tell(`${name} is missing: not compared`)
  }
  return peers
}

/** `peakMiB` undefined: there is no GNU time. */
export function runTimed(command: readonly string[]) {
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
    errors: run.stderr,
  }
}
