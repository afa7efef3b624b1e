/**
 * Builds a program of fixtures/programs, lets it crash, and packs its core, binary and what else it wrote under
 * fixtures/packed: node scripts/pack-fixture.ts <name>. See unpack-fixture.ts for the form.
 *
 * The program runs with an empty environment: a core holds the environment of its process.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { type Arch, EMULATED_CORE, launcherOf } from '../test/oracle/emulator.ts'
import { buildProgram, type GoVersion } from '../test/oracle/toolchain.ts'
import { type FixtureManifest, PACKED } from './unpack-fixture.ts'

interface Recipe {
  about: string
  program: string
  goVersion: GoVersion
  /** Default: this machine's. */
  arch?: Arch
  /** Arguments: names of files that the program writes. They are packed too. */
  writes: readonly string[]
}

const RECIPES: Record<string, Recipe> = {
  leaky: {
    about: 'a small web shop with two planted leaks, ended by its own memory watchdog',
    program: 'leaky',
    goVersion: '1.26.8',
    writes: ['dump'],
  },
  'dumpself-1.21': {
    about: 'objects of every shape, on the oldest Go version that is read',
    program: 'dumpself',
    goVersion: '1.21.13',
    writes: ['dump', 'truth'],
  },
  'stacks-arm64': {
    about: 'goroutines in every state on arm64, run and dumped by qemu-user',
    program: 'stacks',
    goVersion: '1.21.13',
    arch: 'arm64',
    writes: ['heap.dump', 'traceback', 'kept'],
  },
}

const name = process.argv[2]
const recipe = RECIPES[name]
if (!recipe) {
  console.error(`usage: node scripts/pack-fixture.ts ${Object.keys(RECIPES).join(' | ')}`)
  process.exit(2)
}
// Debug information that is not compressed already packs better.
const built = buildProgram(recipe.program, recipe.goVersion, {
  flags: ['-ldflags=-compressdwarf=false'],
  arch: recipe.arch,
})
const folder = mkdtempSync(join(tmpdir(), `${name}-`))
copyFileSync(built, join(folder, 'binary'))
const command = [...launcherOf(built), './binary', ...recipe.writes]
const run = spawnSync('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', ...command], {
  cwd: folder,
  env: { GOTRACEBACK: 'crash' },
  encoding: 'utf8',
})
console.log(run.stderr.split('\n', 1)[0])
const emulated = readdirSync(folder).find((file) => EMULATED_CORE.test(file))
if (emulated !== undefined) renameSync(join(folder, emulated), join(folder, 'core'))
const files = ['binary', 'core', ...recipe.writes].map((file) => {
  const bytes = readFileSync(join(folder, file))
  return { name: file, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
})
const all = Buffer.concat(files.map((file) => file.bytes))
const packed = brotliCompressSync(all, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
    [constants.BROTLI_PARAM_LGWIN]: Math.min(30, Math.ceil(Math.log2(all.length))),
    [constants.BROTLI_PARAM_SIZE_HINT]: all.length,
  },
})
const manifest: FixtureManifest = {
  about: recipe.about,
  goVersion: recipe.goVersion,
  files: files.map((file) => ({ name: file.name, size: file.bytes.length, sha256: file.sha256 })),
}
mkdirSync(PACKED, { recursive: true })
writeFileSync(join(PACKED, `${name}.json`), `${JSON.stringify(manifest, undefined, 2)}\n`)
writeFileSync(join(PACKED, `${name}.br`), packed)
rmSync(folder, { recursive: true })
for (const file of files) console.log(`${file.name}: ${file.bytes.length} bytes`)
console.log(`packed: ${packed.length} bytes`)
