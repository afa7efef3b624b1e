import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HANG_MS, hash, once } from './cache.ts'
import { isEmulated } from './emulator.ts'
import type { CrashedRun } from './toolchain.ts'

/** Where gdb stops a program. */
export interface Stop {
  /** Function or `file:line`, as gdb's `break` takes it; of several the first that is met. */
  at: readonly string[]
  /** So often it is passed over. */
  skip: number
  /** Instructions that the thread goes on from there, the others standing still. */
  steps: number
}

/** Why gdb cannot be used; undefined when it can. */
export function missingGdb(): string | undefined {
  if (isEmulated) return 'NOT RUN: gdb takes no core of an emulated program'
  return spawnSync('gdb', ['--version']).error ? 'NOT RUN: gdb is not installed' : undefined
}

/**
 * Runs a program under gdb to its main.ready, on from there to a stop, and takes its core as gcore does, which is what
 * it is then. The breakpoints are taken out before: the code is in the core.
 */
export function stopProgram(binary: string, args: readonly string[], { at, skip, steps }: Stop): CrashedRun {
  const key = hash(binary, ...args, ...at, String(skip), String(steps))
  const folder = once(`gdb-${key}`, (into) => {
    const commands = [
      ...['set confirm off', 'set auto-load off', 'set disable-randomization off', 'set width 0'],
      ...['SIGURG', 'SIGPROF', 'SIGPIPE'].map((signal) => `handle ${signal} nostop noprint pass`),
      ...['tbreak main.ready', `run ${args.join(' ')}`],
      ...at.flatMap((place, i) => [`break ${place}`, `ignore ${i + 2} ${skip}`]),
      'continue',
      ...(steps === 0 ? [] : ['set scheduler-locking step', `stepi ${steps}`]),
      ...['bt 8', 'delete', `gcore core`, 'kill'],
    ]
    const run = spawnSync(
      'gdb',
      ['-batch', '-nx', ...commands.flatMap((command) => ['-ex', command]), '--args', binary],
      { cwd: into, encoding: 'utf8', timeout: HANG_MS, killSignal: 'SIGTERM' },
    )
    const text = `${run.stdout}\n${run.stderr}`
    if (!existsSync(join(into, 'core')) || !/hit Breakpoint [2-9]/.test(text))
      throw new Error(`gdb did not stop ${binary} ${args.join(' ')} at ${at.join(', ')}: ${text}`)
    spawnSync('fallocate', ['--dig-holes', join(into, 'core')])
  })
  return { binary, core: join(folder, 'core'), folder }
}
