/**
 * Cores of programs nobody here wrote: node bench/real-programs/run.ts [NAME ...] [--folder /tmp/real] [--port 23790]
 *
 * Builds each through the Go module proxy and fills its heap with a million objects or more: a server over loopback, the
 * compiler by compiling. Forces a collection, notes what the runtime counts, and takes a core, written by the kernel on
 * SIGABRT; of servers also `core.gcore` of the running process. Leaves <folder>/<name>/{binary,core,facts.json}.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, goCommand } from './build.ts'
import { compile } from './compile.ts'
import { etcd } from './etcd.ts'
import { gopls } from './gopls.ts'
import { nats } from './nats.ts'
import { findCore, start } from './process.ts'
import {
  type Batch,
  collectAndCount,
  type Facts,
  type RealProgram,
  readCounts,
  type Server,
  waitFor,
  waitUntilQuiet,
} from './program.ts'
import { prometheus } from './prometheus.ts'

const PROGRAMS: readonly RealProgram[] = [etcd, nats, gopls, compile, prometheus]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: 'string', default: '/tmp/real' }, port: { type: 'string', default: '23790' } },
})

for (const program of PROGRAMS) {
  if (positionals.length === 0 || positionals.includes(program.name)) {
    await takeCores(program, join(values.folder, program.name), Number(values.port))
  }
}

async function takeCores(program: RealProgram, folder: string, port: number): Promise<void> {
  const binary = build(program, folder)
  const run = join(folder, 'run')
  rmSync(run, { recursive: true, force: true })
  mkdirSync(run, { recursive: true })
  const counts =
    'load' in program
      ? await takeOfServer(program, binary, run, port)
      : await takeOfBatch(program, binary, run)
  renameSync(findCore(run), join(folder, 'core'))
  const gcore = readdirSync(run).find((name) => name.startsWith('gcore.'))
  if (gcore !== undefined) renameSync(join(run, gcore), join(folder, 'core.gcore'))
  const facts: Facts = { program: program.name, requires: program.requires, go: program.go, ...counts }
  writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  console.log(JSON.stringify(facts, undefined, 2))
}

type Counts = Pick<Facts, 'beforeAbort' | 'beforeGcore'>

async function takeOfServer(program: Server, binary: string, run: string, port: number): Promise<Counts> {
  const child = start(binary, program.args(run, port), run, program.environment?.(run))
  const exited = once(child, 'exit')
  try {
    await waitFor(program.readyUrl(port))
    const started = Date.now()
    await program.load(port, run)
    console.log(`${program.name}: loaded in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    await waitUntilQuiet(program.pprofUrl(port))
    const beforeGcore = await collectAndCount(program.pprofUrl(port))
    execFileSync('gcore', ['-o', join(run, 'gcore'), String(child.pid)], { stdio: 'ignore' })
    const beforeAbort = await collectAndCount(program.pprofUrl(port))
    child.kill('SIGABRT')
    await exited
    return { beforeAbort, beforeGcore }
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
}

async function takeOfBatch(program: Batch, binary: string, run: string): Promise<Counts> {
  const child = start(binary, program.args(run, goCommand(program.go)), run, program.environment(run))
  await once(child, 'exit')
  return { beforeAbort: readCounts(readFileSync(join(run, 'log'), 'utf8')) }
}
