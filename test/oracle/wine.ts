import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HANG_MS, hash, once } from './cache.ts'
import { dumpByDelve, goPath } from './delve.ts'
import { isEmulated } from './emulator.ts'
import { type CrashedRun, waitUntil } from './toolchain.ts'

/** Where `GOOS=windows go install` puts delve for Windows. */
const DELVE = join(goPath(), 'bin', 'windows_amd64', 'dlv.exe')
const COMPILER = 'x86_64-w64-mingw32-gcc'
const QUIET = { WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree=;mshtml=' }

/**
 * What Go since 1.21.9 takes its random numbers from, and wine before 8.7 does not have.
 * runtime/os_windows.go, loadOptionalSyscalls
 */
const RANDOM_LIBRARY = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) { return SystemFunction036(p, (ULONG)n); }
`

/** Why no program for Windows can be run and dumped here; undefined when it can. */
export function missingWine(): string | undefined {
  if (isEmulated || process.arch !== 'x64') return 'NOT RUN: wine runs programs for amd64 only'
  for (const command of ['wine', COMPILER]) {
    if (spawnSync(command, ['--version'], { env: { ...process.env, ...QUIET } }).status !== 0)
      return `NOT RUN: ${command} is not installed`
  }
  return existsSync(DELVE)
    ? undefined
    : 'NOT RUN: delve for Windows is not installed: GOOS=windows go install github.com/go-delve/delve/cmd/dlv@latest'
}

/**
 * Runs a program for Windows under wine until it waits, and has delve for Windows, under wine too, attach to it and dump
 * it. The program writes its process id into the file args[0], as package record does.
 */
export function wineProgram(
  binary: string,
  args: readonly string[],
  isWaiting: (folder: string) => boolean,
): CrashedRun {
  const folder = once(`wine-${hash(binary, ...args)}`, (into) => {
    const prefix = join(into, 'prefix')
    const env = { ...process.env, ...QUIET, WINEPREFIX: prefix }
    makeWindows(prefix, env)
    const child = spawn('wine', [binary, ...args], { cwd: into, env, stdio: 'ignore' })
    try {
      waitUntil(() => isWaiting(into), `${binary} comes to wait, which`)
      const [, processId] = /"pid":(\d+)/.exec(readFileSync(join(into, args[0]), 'utf8')) ?? []
      dumpByDelve(['wine', DELVE], processId, into, env)
    } finally {
      child.kill('SIGKILL')
      spawnSync('wineserver', ['-k'], { env })
      spawnSync('wineserver', ['-w'], { env, timeout: HANG_MS })
      rmSync(prefix, { recursive: true, force: true })
    }
  })
  return { binary, core: join(folder, 'core'), folder }
}

/** A Windows of its own, 700 MB of it, with the one library that it lacks. */
function makeWindows(prefix: string, env: NodeJS.ProcessEnv): void {
  execFileSync('wineboot', ['-i'], { env, stdio: 'ignore', timeout: HANG_MS })
  const source = join(prefix, 'random.c')
  writeFileSync(source, RANDOM_LIBRARY)
  const library = join(prefix, 'drive_c', 'windows', 'system32', 'bcryptprimitives.dll')
  execFileSync(COMPILER, ['-shared', '-O2', '-s', '-o', library, source, '-ladvapi32'])
}
