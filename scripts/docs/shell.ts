import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A folder where command lines run as a reader would type them. */
export interface Shell {
  readonly folder: string
  /** What a line of shell prints, stdout and stderr as they come; `goheap` is this source tree's. */
  run(line: string): string
}

/** A shell in a folder, with this source tree's goheap on its path. Throws when a line fails without saying why. */
export function openShell(folder: string): Shell {
  const bin = join(folder, '.bin')
  mkdirSync(bin, { recursive: true })
  const command = join(bin, 'goheap')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  chmodSync(command, 0o755)
  const run = (line: string) => {
    const { status, stdout, error } = spawnSync('sh', ['-c', `exec 2>&1; ${line}`], {
      cwd: folder,
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, TZ: 'UTC' },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    if (error) throw error
    if (status !== 0 && stdout === '') throw new Error(`${line}: exit code ${status}`)
    return stdout
  }
  return { folder, run }
}
