import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, linkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hash, once } from './cache.ts'
import { missingEmulator } from './emulator.ts'
import { type BuildOptions, buildProgram, type GoVersion, missingC, PROGRAMS } from './toolchain.ts'

/** A way to build fixtures/programs/truth. */
export interface Build {
  name: string
  /** What somebody types, for the page. */
  how: string
  /** Minor versions that it is taken with; default: all. */
  minors?: readonly number[]
  /** Names and types of variables are not there: what the program says of them is not asked. */
  isStripped?: boolean
  /** Why there is a core of a crash only. */
  crashOnly?: string
  /** Why some captures cannot be taken, by the name of the capture. */
  without?: Readonly<Record<string, string>>
  /** Its code calls C where goheap sees no Go frame: a goroutine that is stopped there is held by its whole stack. */
  callsC?: boolean
  /** Labels whose figures are others than in the plain build, and why: see compareFigures. */
  differing?: { labels: RegExp; why: string } | undefined
  /** Why it cannot be built here; undefined when it can. */
  missing?(): string | undefined
  /** Path of the program. */
  make(version: GoVersion): string
}

const go = (version: GoVersion, options: BuildOptions = {}) => buildProgram('truth', version, options)
const withC = (version: GoVersion, options: BuildOptions = {}) =>
  go(version, { ...options, cgo: true, flags: ['-tags=withc', ...(options.flags ?? [])] })

const PLAIN: readonly Build[] = [
  { name: 'plain', how: 'go build', make: (version) => go(version) },
  {
    name: 'PIE',
    how: 'go build -buildmode=pie',
    make: (version) => go(version, { flags: ['-buildmode=pie'] }),
  },
  {
    name: '-N -l',
    how: "go build -gcflags='all=-N -l'",
    make: (version) => go(version, { flags: ['-tags=noinline', '-gcflags=all=-N -l'] }),
  },
  {
    name: '-s -w',
    how: "go build -ldflags='-s -w'",
    isStripped: true,
    make: (version) => go(version, { flags: ['-ldflags=-s -w'] }),
  },
  {
    name: '-s -w, PIE',
    how: "go build -buildmode=pie -ldflags='-s -w'",
    isStripped: true,
    make: (version) => go(version, { flags: ['-buildmode=pie', '-ldflags=-s -w'] }),
  },
]

const NO_GO_FOR_DELVE = { delve: 'delve does not attach to a program that is not Go' }

const NO_GCORE_OF_SANITIZERS = {
  gcore: 'gcore writes terabytes of address space that the sanitizer reserves',
}

const WITH_C: readonly Build[] = [
  { name: 'cgo', how: 'CGO_ENABLED=1 go build', make: (version) => withC(version) },
  {
    name: 'cgo, PIE',
    how: 'CGO_ENABLED=1 go build -buildmode=pie',
    make: (version) => withC(version, { flags: ['-buildmode=pie'] }),
  },
  {
    name: 'cgo, static',
    how: "go build -ldflags='-linkmode=external -extldflags=-static'",
    make: (version) => withC(version, { flags: ['-ldflags=-linkmode=external -extldflags=-static'] }),
  },
  {
    name: 'cgo, stripped',
    how: "CGO_ENABLED=1 go build -ldflags='-s -w'",
    isStripped: true,
    make: (version) => withC(version, { flags: ['-ldflags=-s -w'] }),
  },
  {
    name: 'cgo, DWARF 4 and 5',
    how: 'CGO_CFLAGS=-gdwarf-5 (-gdwarf-4 from Go 1.25 on) go build',
    make: (version) => withC(version, { env: { CGO_CFLAGS: `-O2 -g -gdwarf-${otherDwarf(version)}` } }),
  },
  {
    name: 'cgo, split DWARF of C',
    how: 'CGO_CFLAGS=-gsplit-dwarf go build',
    make: (version) => withC(version, { env: { CGO_CFLAGS: '-O2 -g -gsplit-dwarf' } }),
  },
  {
    name: 'c-archive',
    how: 'go build -buildmode=c-archive, linked into a C program',
    make: makeArchive,
  },
  {
    name: 'c-shared',
    how: 'go build -buildmode=c-shared, loaded by a C program',
    without: NO_GO_FOR_DELVE,
    make: (version) => makeShared(version),
  },
  {
    name: 'c-shared, stripped',
    how: "go build -buildmode=c-shared -ldflags='-s -w', loaded by a C program",
    isStripped: true,
    without: NO_GO_FOR_DELVE,
    make: (version) => makeShared(version, ['-ldflags=-s -w']),
  },
  { name: 'plugin', how: 'go build -buildmode=plugin, loaded by a Go program', make: makePlugin },
  {
    name: '-race',
    // runtime/race_amd64.s, racecall: on the thread's own stack, and nothing is noted in g.sched.
    callsC: true,
    how: 'go build -race',
    make: (version) => go(version, { cgo: true, flags: ['-race'] }),
  },
  {
    name: '-asan',
    // runtime/asan_amd64.s, asancall: as racecall does.
    callsC: true,
    how: 'go build -asan',
    without: NO_GCORE_OF_SANITIZERS,
    differing: { labels: /./, why: 'the allocator adds a redzone to everything' },
    make: (version) => go(version, { cgo: true, flags: ['-asan'] }),
  },
]

/** Settings of GOEXPERIMENT, and the minor versions in which they are not the default and do something to the heap. */
const EXPERIMENTS: Readonly<Record<string, readonly number[]>> = {
  noallocheaders: [22],
  noswissmap: [24, 25],
  nosynchashtriemap: [24],
  nospinbitmutex: [24],
  greenteagc: [25],
  nogreenteagc: [26, 27],
  norandomizedheapbase64: [26],
  runtimefreegc: [26, 27],
  goroutineleakprofile: [26],
  sizespecializedmalloc: [26],
  nosizespecializedmalloc: [27],
  mapsplitgroup: [27],
  nodwarf5: [25, 27],
  arenas: [21, 26],
  cgocheck2: [22, 27],
  preemptibleloops: [23],
  'noregabiargs,noregabiwrappers': [21, 27],
}

const OF_EXPERIMENT = 'Experiments change the heap, not how a core of it is taken: a crash will do'

/** Why none can be built. */
const BROKEN: Readonly<Record<string, string>> = {
  preemptibleloops: 'Go’s own compiler breaks off with an internal error',
}

/** What has a map in it. */
const OF_MAPS = /^(maps\/|generics\/pair|interfaces\/(shapes|cells)|garbage\/map)/

/** Those that change sizes. */
const RESIZING: Readonly<Record<string, Build['differing']>> = {
  noswissmap: { labels: OF_MAPS, why: 'maps are those of Go 1.23' },
  mapsplitgroup: { labels: OF_MAPS, why: 'maps keep keys and elements apart' },
  noallocheaders: { labels: /./, why: 'objects of more than 512 bytes have no header, and so smaller slots' },
}

const OF_EXPERIMENTS = Object.entries(EXPERIMENTS).flatMap(([name, minors]): Build[] => [
  {
    name,
    how: `GOEXPERIMENT=${name} go build`,
    minors,
    crashOnly: OF_EXPERIMENT,
    differing: RESIZING[name],
    missing: () => BROKEN[name],
    make: (version) => go(version, { env: { GOEXPERIMENT: name } }),
  },
  {
    name: `${name}, stripped`,
    how: `GOEXPERIMENT=${name} go build -ldflags='-s -w'`,
    minors,
    crashOnly: OF_EXPERIMENT,
    differing: RESIZING[name],
    missing: () => BROKEN[name],
    isStripped: true,
    make: (version) => go(version, { env: { GOEXPERIMENT: name }, flags: ['-ldflags=-s -w'] }),
  },
])

const EMULATED = 'Emulated by qemu-user, which writes a core of a crash, and lets no debugger in'

const ARM64: readonly Build[] = [
  { name: 'arm64', how: 'GOARCH=arm64 go build', make: (version) => go(version, { arch: 'arm64' }) },
  {
    name: 'arm64, -s -w',
    how: "GOARCH=arm64 go build -ldflags='-s -w'",
    isStripped: true,
    make: (version) => go(version, { arch: 'arm64', flags: ['-ldflags=-s -w'] }),
  },
]

export const BUILDS: readonly Build[] = [
  ...PLAIN,
  ...WITH_C.map((build) => ({ ...build, missing: missingC })),
  withClang('-msan', 'go build -msan'),
  ...OF_EXPERIMENTS,
  ...ARM64.map((build) => ({ ...build, crashOnly: EMULATED, missing: () => missingEmulator('arm64') })),
]

/** The build of a name; throws for any other. */
export function findBuild(name: string): Build {
  const build = BUILDS.find((candidate) => candidate.name === name)
  if (build === undefined) throw new Error(`there is no build ${name}`)
  return build
}

export const isTakenWith = ({ minors }: Build, version: GoVersion) =>
  minors === undefined || minors.includes(minorOf(version))

const minorOf = (version: string) => Number(version.split('.')[1])

/** Go writes DWARF 5 since 1.25. */
const otherDwarf = (version: GoVersion) => (minorOf(version) < 25 ? 5 : 4)

/** Clang compiles for msan only with a library of its own, which some systems pack apart. */
function missingClang(): string | undefined {
  const input = '#include <sanitizer/msan_interface.h>'
  const { error, status } = spawnSync('clang', ['-fsanitize=memory', '-E', '-'], { input })
  if (error) return 'clang is not installed'
  return status === 0 ? undefined : 'clang has no memory sanitizer'
}

function withClang(flag: string, how: string): Build {
  return {
    name: flag,
    // runtime/msan_amd64.s, msancall
    callsC: true,
    without: NO_GCORE_OF_SANITIZERS,
    how: `CC=clang ${how}`,
    missing: missingClang,
    make: (version) => go(version, { cgo: true, flags: [flag], env: { CC: 'clang' } }),
  }
}

const HOST = join(PROGRAMS, 'truth', 'host', 'host.c')

function makeArchive(version: GoVersion): string {
  const flags = ['-tags=withc,library', '-buildmode=c-archive']
  const archive = buildProgram('truth', version, { cgo: true, flags, output: 'truth.a' })
  return compileHost(archive, (program) => [HOST, archive, '-lpthread', '-ldl', '-lresolv', '-o', program])
}

function makeShared(version: GoVersion, further: readonly string[] = []): string {
  const flags = ['-tags=withc,library', '-buildmode=c-shared', ...further]
  const library = buildProgram('truth', version, { cgo: true, flags, output: 'libtruth.so' })
  return compileHost(library, (program) => {
    copyFileSync(library, join(dirname(program), 'libtruth.so'))
    return ['-DLIBRARY="libtruth.so"', HOST, '-ldl', '-o', program]
  })
}

function compileHost(library: string, argumentsFor: (program: string) => string[]): string {
  const folder = once(`host-${hash(library)}`, (into) => {
    const flags = ['-g', ...argumentsFor(join(into, 'host'))]
    execFileSync('gcc', flags, { stdio: ['ignore', 'inherit', 'inherit'] })
  })
  return join(folder, 'host')
}

/** The plugin lies beside the program. */
function makePlugin(version: GoVersion): string {
  const host = buildProgram('truth', version, { cgo: true, flags: ['-tags=plugins'] })
  const flags = ['-tags=plugins', '-buildmode=plugin']
  const plugin = buildProgram('truthplugin', version, { cgo: true, flags, output: 'plugin.so' })
  const folder = once(`plugin-${hash(host, plugin)}`, (into) => {
    linkSync(host, join(into, 'binary'))
    linkSync(plugin, join(into, 'plugin.so'))
  })
  return join(folder, 'binary')
}
