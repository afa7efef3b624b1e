import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Starts the program such that it leaves a core in its folder when it crashes; what it says goes to `log` there. */
export function start(
  binary: string,
  args: string[],
  cwd: string,
  environment: Record<string, string> = {},
): ChildProcess {
  const log = openSync(join(cwd, 'log'), 'w')
  return spawn('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', binary, ...args], {
    cwd,
    env: { ...process.env, GOTRACEBACK: 'crash', ...environment },
    stdio: ['ignore', log, log],
  })
}

/** The core that the kernel wrote into a folder. */
export function findCore(folder: string): string {
  const core = readdirSync(folder).find((name) => name.startsWith('core'))
  if (!core) throw new Error('no core: is /proc/sys/kernel/core_pattern "core"?')
  return join(folder, core)
}
