/**
 * Cores of programs nobody here wrote: node bench/real-programs/run.ts [etcd | nats ...] [--folder /tmp/real]
 *
 * Builds each through the Go module proxy, loads it over loopback until its heap has more than a million objects,
 * forces a collection, notes what the runtime counts, and takes two cores: `core.gcore` of the running process, and
 * `core`, written by the kernel on SIGABRT. Leaves <folder>/<name>/{binary,core,core.gcore,facts.json}.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { etcd } from './etcd.ts'
import { nats } from './nats.ts'
import { collectAndCount, type RealProgram, waitFor } from './program.ts'

const PROGRAMS: readonly RealProgram[] = [etcd, nats]

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
  const log = openSync(join(run, 'log'), 'w')
  const child = spawn(
    'sh',
    ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', binary, ...program.args(run, port)],
    {
      cwd: run,
      env: { ...process.env, GOTRACEBACK: 'crash' },
      stdio: ['ignore', log, log],
    },
  )
  const exited = once(child, 'exit')
  try {
    await waitFor(program.readyUrl(port))
    const started = Date.now()
    await program.load(port)
    console.log(`${program.name}: loaded in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    const beforeGcore = await collectAndCount(program.pprofUrl(port))
    execFileSync('gcore', ['-o', join(run, 'gcore'), String(child.pid)], { stdio: 'ignore' })
    const beforeAbort = await collectAndCount(program.pprofUrl(port))
    child.kill('SIGABRT')
    await exited
    const core = readdirSync(run).find((name) => name.startsWith('core'))
    if (!core) throw new Error('no core: is /proc/sys/kernel/core_pattern "core"?')
    renameSync(join(run, core), join(folder, 'core'))
    renameSync(join(run, `gcore.${child.pid}`), join(folder, 'core.gcore'))
    const facts = {
      program: program.name,
      requires: program.requires,
      go: program.go,
      beforeGcore,
      beforeAbort,
    }
    writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
    console.log(JSON.stringify(facts, undefined, 2))
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
}

function build(program: RealProgram, folder: string): string {
  const source = join(folder, 'src')
  const binary = join(folder, 'binary')
  if (existsSync(binary)) return binary
  mkdirSync(source, { recursive: true })
  writeFileSync(join(source, 'go.mod'), `module example.com/real/${program.name}\n\ngo ${program.go}\n`)
  writeFileSync(join(source, 'main.go'), program.main)
  const go = (...args: string[]) =>
    execFileSync('go', args, {
      cwd: source,
      stdio: 'inherit',
      env: { ...process.env, GOTOOLCHAIN: `go${program.go}` },
    })
  for (const module of program.requires) go('get', module)
  go('mod', 'tidy')
  go('build', '-o', binary, '.')
  return binary
}
