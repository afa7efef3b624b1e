import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `\xff Go buildinf:`, the pointer size, and the flag for strings in place. debug/buildinfo/buildinfo.go */
const MAGIC = Buffer.from('\xff Go buildinf:\x08\x02', 'latin1')
const HEADER_BYTES = 32

/**
 * Copies of a core and its binary in which the Go release has another name. A name of another length costs the list of
 * modules and build settings, whose place it takes.
 */
export function renameRelease(
  run: { core: string; binary: string },
  release: string,
  folder: string,
): { core: string; binary: string } {
  const copies = { core: join(folder, 'core'), binary: join(folder, 'binary') }
  for (const name of ['core', 'binary'] as const) {
    copyFileSync(run[name], copies[name])
    const bytes = readFileSync(run[name])
    for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1))
      writeName(bytes, at, release)
    writeFileSync(copies[name], bytes)
  }
  return copies
}

/** A varint length and the text, then the same of the modules. */
function writeName(bytes: Buffer, blob: number, release: string): void {
  const at = blob + HEADER_BYTES
  const length = bytes[at]
  // Neither name takes a second byte for its length.
  if (length >= 128 || release.length >= 126) throw new Error('not a name of a release')
  const isSame = release.length === length
  bytes.write(String.fromCharCode(release.length) + release + (isSame ? '' : '\0'), at, 'latin1')
}
