import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readManifest, unpackFixture } from '../../scripts/unpack-fixture.ts'
import { alone, HANG_MS, hash, once, SIZE_LIMITED } from './cache.ts'
import { type Arch, EMULATED_CORE, isEmulated, launcherOf, missingEmulator, TESTED_ARCH } from './emulator.ts'

/** The Go versions that tests build with: the last patch of every minor version goheap reads. */
export const GO_VERSIONS = [
  '1.21.13',
  '1.22.12',
  '1.23.12',
  '1.24.13',
  '1.25.11',
  '1.26.8',
  '1.27.4',
] as const
export type GoVersion = (typeof GO_VERSIONS)[number]

/** Those of them that arm64 is tested with under an emulator; all with GOHEAP_ARM64=all. */
export const ARM64_VERSIONS: readonly GoVersion[] =
  process.env.GOHEAP_ARM64 === 'all' ? GO_VERSIONS : ['1.21.13', '1.27.4']

/** Versions for a test that takes long with each: these, or those that GOHEAP_VERSIONS lists; `all` for every one. */
export function chooseVersions(...some: GoVersion[]): readonly GoVersion[] {
  const wanted = process.env.GOHEAP_VERSIONS
  if (wanted === 'all') return GO_VERSIONS
  return wanted === undefined ? some : GO_VERSIONS.filter((version) => wanted.split(',').includes(version))
}

/** Folder of the Go programs that tests build. */
export const PROGRAMS = fileURLToPath(new URL('../../fixtures/programs', import.meta.url))

/**
 * Why no program can be built with this Go version or crash into a core; undefined when it can.
 * For the name of a test that then does not run: describe.skipIf(reason)(`... ${reason}`).
 */
export function missingGo(version: GoVersion): string | undefined {
  const reason = missingToolchain(version)
  if (reason !== undefined) return reason
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  if (pattern.includes('/') || pattern.startsWith('|'))
    return `NOT RUN: core files go elsewhere (${pattern}): set kernel.core_pattern to "core"`
  return missingEmulator(TESTED_ARCH)
}

const DOWNLOAD_MS = 150_000

/** Asked once a run, which is what process.ppid tells from others: Go downloads its other versions. */
function missingToolchain(version: GoVersion): string | undefined {
  const folder = once(`go-${version}-${process.ppid}`, (into) => {
    const go = spawnSync('go', ['version'], {
      env: environment(version),
      encoding: 'utf8',
      timeout: DOWNLOAD_MS,
    })
    const isThere = go.error === undefined || !('code' in go.error) || go.error.code !== 'ENOENT'
    const why = (go.error?.message ?? go.stderr).trim().split('\n').at(-1)
    const absent = isThere ? `go ${version} cannot be had (${why})` : 'go is not installed'
    const reason = go.status === 0 ? '' : `NOT RUN: ${absent}`
    writeFileSync(join(into, 'reason'), reason)
  })
  return readFileSync(join(folder, 'reason'), 'utf8') || undefined
}

/** ' (NOT RUN: ...)' or '': what the name of a test ends in. */
export const because = (reason: string | undefined) => (reason ? ` (${reason})` : '')

/** Why no program with C in it can be built; undefined when it can. */
export function missingC(): string | undefined {
  if (isEmulated) return 'NOT RUN: there is no C compiler for the emulated machine'
  return spawnSync('gcc', ['--version']).error ? 'NOT RUN: gcc is not installed' : undefined
}

const environment = (
  version: GoVersion,
  { cgo = false, arch = TESTED_ARCH, system = 'linux', env }: BuildOptions = {},
) => ({
  ...process.env,
  GOTOOLCHAIN: `go${version}`,
  GOWORK: 'off',
  GOFLAGS: '',
  CGO_ENABLED: cgo ? '1' : '0',
  GOARCH: arch,
  GOOS: system,
  ...env,
})

export interface BuildOptions {
  /** Further arguments of `go build`, as ['-ldflags=-s -w']. */
  flags?: readonly string[]
  /** Let Go link C code. */
  cgo?: boolean
  /** Default: this machine's. crashProgram runs programs for another one in an emulator. */
  arch?: Arch | undefined
  /** Name of GOOS. Default: this machine's. */
  system?: 'linux' | 'darwin' | 'windows'
  /** Further settings, as { GOEXPERIMENT: 'noswissmap' }. */
  env?: Readonly<Record<string, string>>
  /** Default: `binary`. */
  output?: string
}

/** Builds fixtures/programs/<program> and returns the path of the binary. The same sources are built once. */
export function buildProgram(program: string, version: GoVersion, options: BuildOptions = {}): string {
  const { flags = [], output = 'binary' } = options
  const key = hash(
    ...[version, options.arch ?? TESTED_ARCH, ...flags, ...(options.cgo ? ['cgo'] : [])],
    ...(options.system ? [options.system] : []),
    ...(options.env ? [JSON.stringify(options.env)] : []),
    ...sourceHashes(program),
  )
  return once(`${program}-${version}-${key}`, (folder) => {
    const minor = version.split('.').slice(0, 2).join('.')
    // The language version decides GODEBUG defaults: each toolchain is to behave as itself.
    const modfile = join(folder, 'go.mod')
    execFileSync('cp', [join(PROGRAMS, 'go.mod'), modfile])
    execFileSync('go', ['mod', 'edit', `-go=${minor}`, modfile], { env: environment(version) })
    const compiler = flags.filter((flag) => !/^-(ldflags|overlay)/.test(flag))
    const target = hash(
      version,
      options.system ?? '',
      options.arch ?? TESTED_ARCH,
      ...compiler,
      JSON.stringify(options.env ?? {}),
    )
    const args = ['build', '-trimpath', '-buildvcs=false', `-modfile=${modfile}`, ...flags]
    // Two at once would both compile the standard library, which takes longer than all else.
    alone(`go-build-${target}`, () => {
      execFileSync('go', [...args, '-o', join(folder, output), `./${program}`], {
        cwd: PROGRAMS,
        // The compiler is soon done: to collect its garbage costs a quarter more.
        env: { ...environment(version, options), GOGC: '400' },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
    })
  }).concat(`/${output}`)
}

/** A folder with what a crashed run left: `core`, and the files that the program wrote. */
export interface CrashedRun {
  readonly binary: string
  readonly core: string
  readonly folder: string
}

/** Runs a program until it crashes. Its arguments are names of files in the folder of the run, or plain words. */
export function crashProgram(binary: string, ...args: readonly string[]): CrashedRun {
  const folder = once(`crash-${hash(binary, ...args)}`, (into) => {
    const command = [...launcherOf(binary), binary, ...args]
    const run = spawnSync('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', ...command], {
      cwd: into,
      // The sanitizers let no process leave a core unless they are told to.
      env: {
        ...process.env,
        GOTRACEBACK: 'crash',
        ASAN_OPTIONS: 'disable_coredump=0',
        MSAN_OPTIONS: 'disable_coredump=0',
      },
      encoding: 'utf8',
      timeout: HANG_MS,
      maxBuffer: 1 << 28,
    })
    const files = readdirSync(into)
    const core =
      files.find((name) => EMULATED_CORE.test(name)) ?? files.find((name) => /^core(\.\d+)?$/.test(name))
    if (!core)
      throw new Error(`${binary} left no core (signal ${run.signal}, status ${run.status})\n${run.stderr}`)
    if (core !== 'core') renameSync(join(into, core), join(into, 'core'))
  })
  return { binary, core: join(folder, 'core'), folder }
}

/**
 * Runs a program until it waits, and has gcore take its core. `isWaiting` is asked about the folder of the run until
 * it says yes.
 */
export function gcoreProgram(
  binary: string,
  args: readonly string[],
  isWaiting: (folder: string) => boolean,
): CrashedRun {
  const folder = once(`gcore-${hash(binary, ...args)}`, (into) => {
    const child = spawn(binary, args, { cwd: into, stdio: 'ignore' })
    try {
      waitUntil(() => isWaiting(into), `${binary} comes to wait, which`)
      const [sh, ...limited] = SIZE_LIMITED
      const gcore = ['gcore', '-o', join(into, 'core'), String(child.pid)]
      execFileSync(sh, [...limited, ...gcore], { stdio: 'ignore' })
      renameSync(join(into, `core.${child.pid}`), join(into, 'core'))
      // gcore writes a gigabyte of zeroes for address space that is only reserved.
      spawnSync('fallocate', ['--dig-holes', join(into, 'core')])
    } finally {
      child.kill('SIGKILL')
    }
  })
  return { binary, core: join(folder, 'core'), folder }
}

/** A packed core of fixtures/packed, unpacked once: it needs neither Go nor a crash. */
export function unpackProgram(name: string): CrashedRun {
  const version = hash(JSON.stringify(readManifest(name)))
  const folder = once(`packed-${name}-${version}`, (into) => unpackFixture(name, into))
  return { binary: join(folder, 'binary'), core: join(folder, 'core'), folder }
}

/** Why gcore cannot be used; undefined when it can. */
export function missingGcore(): string | undefined {
  if (isEmulated) return 'NOT RUN: gcore takes no core of an emulated program'
  return spawnSync('gcore').error ? 'NOT RUN: gcore (of gdb) is not installed' : undefined
}

/** Waits, asking ten times a second. */
export function waitUntil(isSo: () => boolean, what: string): void {
  const end = performance.now() + HANG_MS
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`${what} does not happen`)
    execFileSync('sleep', ['0.1'])
  }
}

/** Hashes of a program's sources and of the fixture packages that it imports, directly or not. */
function sourceHashes(program: string): string[] {
  const packages = new Set([program])
  const hashes = [hash(readFileSync(join(PROGRAMS, 'go.mod'), 'utf8'))]
  for (const name of packages) {
    const folder = join(PROGRAMS, name)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(folder, file)).isFile())
      .sort()
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8')
      hashes.push(hash(name, file, text))
      for (const [, imported] of text.matchAll(/"example\.com\/fixtures\/(\w+)/g)) packages.add(imported)
    }
  }
  return hashes
}
