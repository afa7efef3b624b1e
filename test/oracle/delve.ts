import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HANG_MS, hash, once, SIZE_LIMITED } from './cache.ts'
import { isEmulated } from './emulator.ts'
import { type CrashedRun, waitUntil } from './toolchain.ts'

/** Why delve cannot take a dump here; undefined when it can. */
export function missingDelve(): string | undefined {
  if (isEmulated) return 'NOT RUN: delve cannot attach to an emulated program'
  return findDelve() === undefined ? 'NOT RUN: dlv is not installed: scripts/setup-tests.sh' : undefined
}

/**
 * Runs a program until it waits, and has delve attach to it and dump it. `isWaiting` is asked about the folder of the run
 * until it says yes.
 */
export function delveProgram(
  binary: string,
  args: readonly string[],
  isWaiting: (folder: string) => boolean,
): CrashedRun {
  const folder = once(`delve-${hash(binary, ...args)}`, (into) => {
    const child = spawn(binary, args, { cwd: into, stdio: 'ignore' })
    try {
      waitUntil(() => isWaiting(into), `${binary} comes to wait, which`)
      dumpByDelve(findDelve() ?? 'dlv', String(child.pid), into)
    } finally {
      child.kill('SIGKILL')
    }
  })
  return { binary, core: join(folder, 'core'), folder }
}

/** The same moment of a stopped process twice: `core` of gcore, and delve's dump of it. */
export function dumpTwice(
  binary: string,
  args: readonly string[],
  isWaiting: (folder: string) => boolean,
): { gcore: CrashedRun; delve: CrashedRun } {
  const folder = once(`twice-${hash(binary, ...args)}`, (into) => {
    const child = spawn(binary, args, { cwd: into, stdio: 'ignore' })
    try {
      waitUntil(() => isWaiting(into), `${binary} comes to wait, which`)
      child.kill('SIGSTOP')
      execFileSync('gcore', ['-o', join(into, 'gcore'), String(child.pid)], { stdio: 'ignore' })
      renameSync(join(into, `gcore.${child.pid}`), join(into, 'gcore'))
      dumpByDelve(findDelve() ?? 'dlv', String(child.pid), into)
    } finally {
      child.kill('SIGKILL')
    }
  })
  const run = (name: string) => ({ binary, core: join(folder, name), folder })
  return { gcore: run('gcore'), delve: run('core') }
}

/** Has delve, started by the command `dlv`, write the file `core` in a folder. */
export function dumpByDelve(
  dlv: string | readonly string[],
  processId: string,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): void {
  writeFileSync(join(folder, 'commands'), 'dump core\nexit -d\n')
  const [command, ...first] = [dlv].flat()
  const args = ['attach', processId, '--allow-non-terminal-interactive=true', '--init', 'commands']
  const [sh, ...limited] = SIZE_LIMITED
  const run = spawnSync(sh, [...limited, command, ...first, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: HANG_MS,
  })
  if (!existsSync(join(folder, 'core'))) throw new Error(`delve wrote no core: ${run.stdout}\n${run.stderr}`)
}

/** On the path, or where `go install` puts it. */
function findDelve(): string | undefined {
  const installed = join(goPath(), 'bin', 'dlv')
  return ['dlv', installed].find((command) => spawnSync(command, ['version']).status === 0)
}

/** GOPATH; empty without Go. */
export function goPath(): string {
  try {
    return execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}
