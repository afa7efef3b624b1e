/**
 * Writes a packed core and its binary to a folder: node scripts/unpack-fixture.ts <name> <folder>
 *
 * fixtures/packed/<name>.json lists the files, fixtures/packed/<name>.br holds them one after the other as one
 * brotli stream with a window as wide as all of them, so that what a heap dump repeats of a core costs nothing.
 */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, constants } from 'node:zlib'

export const PACKED = fileURLToPath(new URL('../fixtures/packed', import.meta.url))

export interface FixtureManifest {
  /** What the core is of, in a sentence. */
  about: string
  goVersion: string
  files: { name: string; size: number; sha256: string }[]
}

export const readManifest = (name: string): FixtureManifest =>
  JSON.parse(readFileSync(join(PACKED, `${name}.json`), 'utf8'))

/** Unpacks fixtures/packed/<name> into the folder, which is made; returns the paths of the core and the binary. */
export function unpackFixture(name: string, folder: string): { core: string; binary: string } {
  const manifest = readManifest(name)
  const paths = { core: join(folder, 'core'), binary: join(folder, 'binary') }
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return paths
  mkdirSync(folder, { recursive: true })
  const params = { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 }
  const all = brotliDecompressSync(readFileSync(join(PACKED, `${name}.br`)), { params })
  let position = 0
  for (const file of manifest.files) {
    const bytes = all.subarray(position, position + file.size)
    position += file.size
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    if (sha256 !== file.sha256) throw new Error(`fixtures/packed/${name}.br: ${file.name} is damaged`)
    writeFileSync(join(folder, file.name), bytes)
  }
  chmodSync(paths.binary, 0o755)
  writeFileSync(complete, '')
  return paths
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, folder] = process.argv.slice(2)
  if (!name || !folder) {
    console.error('usage: node scripts/unpack-fixture.ts <name> <folder>')
    process.exit(2)
  }
  const { core, binary } = unpackFixture(name, folder)
  console.log(`${core}\n${binary}`)
}
