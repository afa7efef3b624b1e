import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { hash, once } from './cache.ts'

/** A Python with packages, or why there is none: for the name of a test that then does not run. */
export type PythonEnvironment =
  | { readonly python: string; readonly missing: undefined }
  | { readonly python: undefined; readonly missing: string }

/** Puts packages (`name==version`) into a virtual environment of their own, kept between runs. */
export function installPython(...packages: readonly string[]): PythonEnvironment {
  const version = spawnSync(
    'python3',
    ['-c', 'import sqlite3, sys; print(sys.version, sqlite3.sqlite_version)'],
    {
      encoding: 'utf8',
    },
  )
  if (version.error || version.status !== 0) return absent('python3 with sqlite3 is not installed')
  const [, major, minor] = version.stdout.match(/ (\d+)\.(\d+)\.\d+\n$/) ?? []
  // STRICT tables: https://sqlite.org/stricttables.html
  if (Number(major) === 3 && Number(minor) < 37)
    return absent(`python3 comes with SQLite 3.${minor}, before 3.37`)
  try {
    const folder = once(`python-${hash(version.stdout, ...packages)}`, (into) => {
      run('python3', '-m', 'venv', into)
      // Scripts in bin/ name the folder that they were installed to: only `python -m` works once it is renamed.
      run(
        join(into, 'bin/python'),
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        // Compiled is what is imported.
        '--no-compile',
        '--retries=1',
        ...packages,
      )
    })
    return { python: join(folder, 'bin/python'), missing: undefined }
  } catch (error) {
    if (!(error instanceof InstallError)) throw error
    return absent(error.message)
  }
}

class InstallError extends Error {}

const absent = (reason: string) => ({ python: undefined, missing: `NOT RUN: ${reason}` })

/** With a registry that does not answer it is given up. */
const MOST_MS = 150_000

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: MOST_MS })
  if (status === 0) return
  const lines = stderr?.trim().split('\n') ?? []
  throw new InstallError(`${command} ${args.slice(0, 3).join(' ')} fails (${error?.message ?? lines.at(-1)})`)
}
