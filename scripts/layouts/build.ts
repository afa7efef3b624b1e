import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GoArch } from '../../src/extract/file/core.ts'

const PROGRAMS = fileURLToPath(new URL('../../fixtures/programs', import.meta.url))
/** The first has all structures; what the code of both refers to is what every program's does. */
export const BUILDS = ['layouts', 'empty'] as const

export interface Build {
  program: string
  version: string
  arch: GoArch
  /** Of GOEXPERIMENT, or `race`; empty for none. */
  experiment: string
  /** Where the binary goes. */
  folder: string
}

/** Path of the binary. */
export function buildFor({ program, version, arch, experiment, folder }: Build): string {
  const binary = join(folder, `${program}-${version}-${arch}-${experiment}`)
  const modfile = join(folder, 'go.mod')
  const isRace = experiment === 'race'
  const env = {
    ...environment(version, isRace ? '' : experiment),
    GOARCH: arch,
    CGO_ENABLED: isRace ? '1' : '0',
  }
  execFileSync('cp', [join(PROGRAMS, 'go.mod'), modfile])
  execFileSync('go', ['mod', 'edit', `-go=${version.split('.').slice(0, 2).join('.')}`, modfile], { env })
  const flags = ['-trimpath', '-buildvcs=false', `-modfile=${modfile}`, ...(isRace ? ['-race'] : [])]
  execFileSync('go', ['build', ...flags, '-o', binary, `./${program}`], {
    cwd: PROGRAMS,
    env,
    stdio: 'inherit',
  })
  return binary
}

/** Checks for the runtime's developers, for which every lock grows. */
export const UNREADABLE = ['staticlockranking']

/**
 * The settings of GOEXPERIMENT that are not the default and that the runtime asks for somewhere, as
 * `nogreenteagc`; but those of UNREADABLE.
 */
export function runtimeExperiments(version: string): string[] {
  const root = execFileSync('go', ['env', 'GOROOT'], {
    env: environment(version, ''),
    encoding: 'utf8',
  }).trim()
  const asked = new Set<string>()
  for (const folder of ['src/runtime', 'src/internal/abi', 'src/internal/runtime']) {
    for (const file of listGo(join(root, folder))) {
      for (const [, name] of readFileSync(file, 'utf8').matchAll(/goexperiment\.(\w+)/g))
        asked.add(name.toLowerCase())
    }
  }
  return [...asked]
    .sort()
    .flatMap((name) => [name, `no${name}`])
    .filter((setting) => {
      if (UNREADABLE.includes(setting)) return false
      const env = spawnSync('go', ['env', 'GOEXPERIMENT'], {
        env: environment(version, setting),
        encoding: 'utf8',
      })
      return env.status === 0 && env.stdout.trim() === setting
    })
}

function listGo(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
      .map((name) => join(folder, name))
  } catch (error) {
    // internal/runtime came with Go 1.23.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

const environment = (version: string, experiment: string) => ({
  ...process.env,
  GOTOOLCHAIN: `go${version}`,
  GOEXPERIMENT: experiment,
  GOWORK: 'off',
  GOFLAGS: '-p=2',
  GOOS: 'linux',
})
