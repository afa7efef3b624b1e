import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What tests build, kept between runs: programs, cores, Python packages. Names hold the hash of all it is made from. */
const CACHE = join(tmpdir(), 'goheap-test-cache')

/** Fills CACHE/<name> once; parallel test files that come to the same name both fill, and one of them wins. */
export function once(name: string, fill: (folder: string) => void): string {
  const folder = join(CACHE, name)
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date())
    return folder
  }
  mkdirSync(CACHE, { recursive: true })
  dropUnused()
  const partial = mkdtempSync(join(CACHE, 'partial-'))
  try {
    fill(partial)
    renameSync(partial, folder)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

export const hash = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)

/** Cores are large: what no test has asked for in a while is made again when one does. */
function dropUnused(): void {
  for (const name of readdirSync(CACHE)) {
    const age = Date.now() - (statSync(join(CACHE, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > KEPT_MS) rmSync(join(CACHE, name), { recursive: true, force: true })
  }
}
const KEPT_MS = 2 * 3600 * 1000
