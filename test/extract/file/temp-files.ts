import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for one test file's files, removed when its tests are done. */
export function makeTempFolder(): {
  path(name: string): string
  write(name: string, bytes: Uint8Array): string
} {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const path = (name: string) => join(folder, name)
  return {
    path,
    write(name, bytes) {
      writeFileSync(path(name), bytes)
      return path(name)
    },
  }
}
