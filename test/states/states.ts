import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { hash, once } from '../oracle/cache.ts'
import {
  buildProgram,
  type CrashedRun,
  crashProgram,
  type GoVersion,
  gcoreProgram,
  waitUntil,
} from '../oracle/toolchain.ts'

/** A state of a process, other than one in the midst of something (see stops.ts), and how its core is had. */
export interface State {
  name: string
  /** For the page. */
  what: string
  /** Who wrote the core. */
  by: string
  capture(version: GoVersion): CrashedRun
  /** The program has counted its heap, and the core has just that. */
  isCounted: boolean
}

const build = (version: GoVersion, env: Record<string, string> = {}) =>
  buildProgram('states', version, Object.keys(env).length === 0 ? {} : { env })

const hasCounted = (folder: string) => truthOf(folder).includes('"HeapAlloc"')
const truthOf = (folder: string) => readFileSync(join(folder, 'truth'), { encoding: 'utf8', flag: 'a+' })

/** Counts itself and waits, and gcore takes its core. */
const settled =
  (mode: string, number: number, env: Record<string, string> = {}) =>
  (version: GoVersion) =>
    gcoreProgram(build(version, env), ['truth', mode, String(number), 'wait'], hasCounted)

export const STATES: readonly State[] = [
  {
    name: 'any moment',
    what: 'goroutines that allocate without end, the collector always at work',
    by: 'gcore',
    capture: (version) =>
      gcoreProgram(build(version), ['truth', 'churn'], (folder) => {
        if (!truthOf(folder).includes('"ring/63"')) return false
        spawnSync('sleep', ['1'])
        return true
      }),
    isCounted: false,
  },
  {
    name: 'threads',
    what: '3000 goroutines in system calls, each with a thread to itself',
    by: 'gcore',
    capture: settled('threads', 3000),
    isCounted: true,
  },
  {
    name: 'goroutines',
    what: '100,000 goroutines, each with an object of its own',
    by: 'gcore',
    capture: settled('goroutines', 100_000),
    isCounted: true,
  },
  {
    name: 'deep recursion',
    what: '2,000,000 calls, a stack of 512 MiB',
    by: 'kernel',
    capture: (version) => crashProgram(build(version), 'truth', 'deep', '2000000'),
    isCounted: true,
  },
  {
    name: 'stack overflow',
    what: 'endless recursion ended by the runtime: 22 million calls',
    by: 'kernel',
    capture: (version) => crashProgram(build(version), 'truth', 'overflow'),
    isCounted: false,
  },
  {
    name: 'user arenas',
    what: 'GOEXPERIMENT=arenas: one in use, one full, one freed',
    by: 'gcore',
    capture: settled('arenas', 0, { GOEXPERIMENT: 'arenas' }),
    isCounted: true,
  },
  {
    name: 'Ctrl-Z',
    what: 'stopped by SIGSTOP, as by Ctrl-Z',
    by: 'gcore',
    capture: (version) => stoppedProgram(build(version), ['truth', 'threads', '3', 'wait']),
    isCounted: true,
  },
  {
    name: 'out of memory',
    what: 'the system gives no more memory (ulimit -v): fatal error of the runtime',
    by: 'kernel',
    capture: (version) => limitedProgram(build(version), ['truth', 'limit'], 1_500_000),
    isCounted: false,
  },
  {
    name: 'callbacks',
    what: 'goroutines in C, in callbacks from C, and on threads that C made',
    by: 'kernel',
    capture: (version) => crashProgram(buildProgram('callbacks', version, { cgo: true }), 'truth'),
    isCounted: false,
  },
]

/**
 * Runs a program until it has counted, stops it, and has gcore take its core. Ctrl-Z sends SIGTSTP, which stops alike, but
 * not where there is no terminal: signal(7), POSIX on orphaned process groups.
 */
function stoppedProgram(binary: string, args: readonly string[]): CrashedRun {
  const folder = once(`stopped-${hash(binary, ...args)}`, (into) => {
    const child = spawn(binary, args, { cwd: into, stdio: 'ignore' })
    try {
      waitUntil(() => hasCounted(into), `${binary} comes to wait, which`)
      child.kill('SIGSTOP')
      const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]
      waitUntil(() => state() === 'T', `${binary} stops, which`)
      const run = spawnSync('gcore', ['-o', join(into, 'core'), String(child.pid)], { encoding: 'utf8' })
      if (run.status !== 0) throw new Error(`gcore: ${run.stderr}`)
      renameSync(join(into, `core.${child.pid}`), join(into, 'core'))
      spawnSync('fallocate', ['--dig-holes', join(into, 'core')])
    } finally {
      child.kill('SIGKILL')
    }
  })
  return { binary, core: join(folder, 'core'), folder }
}

/** Runs a program until it crashes for want of address space. */
function limitedProgram(binary: string, args: readonly string[], kibibytes: number): CrashedRun {
  const folder = once(`limited-${hash(binary, ...args, String(kibibytes))}`, (into) => {
    const script = `ulimit -c unlimited; ulimit -v ${kibibytes}; exec "$@"`
    const run = spawnSync('sh', ['-c', script, 'sh', binary, ...args], {
      cwd: into,
      env: { ...process.env, GOTRACEBACK: 'crash' },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    const core = readdirSync(into).find((name) => /^core(\.\d+)?$/.test(name))
    if (core !== undefined && core !== 'core') renameSync(join(into, core), join(into, 'core'))
    if (!existsSync(join(into, 'core')) || !/out of memory/.test(run.stderr))
      throw new Error(`${binary} did not run out of memory: ${run.stderr.slice(0, 2000)}`)
  })
  return { binary, core: join(folder, 'core'), folder }
}
