import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { unpackFixture } from '../unpack-fixture.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A folder with the bundled core (`core`, its program `binary`), where command lines run as a reader would type them. */
export interface BundledHeap {
  readonly folder: string
  /** heap.db, which `goheap index` wrote. */
  readonly db: HeapDb
  /** What a line of shell prints, stdout and stderr as they come; `goheap` is this source tree's. */
  run(line: string): string
}

/** Unpacks and indexes fixtures/packed/leaky in a temporary folder for as long as `use` runs. */
export async function withBundledHeap<T>(use: (heap: BundledHeap) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-docs-'))
  try {
    unpackFixture('leaky', folder)
    const run = makeShell(folder)
    run('goheap index core binary -o heap.db --quiet')
    const db = HeapDb.open(join(folder, 'heap.db'))
    try {
      return await use({ folder, db, run })
    } finally {
      db.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A shell in a folder, with this source tree's goheap on its path. Throws when a line fails without saying why. */
function makeShell(folder: string): (line: string) => string {
  const bin = join(folder, '.bin')
  mkdirSync(bin)
  const command = join(bin, 'goheap')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  chmodSync(command, 0o755)
  return (line) => {
    const { status, stdout, error } = spawnSync('sh', ['-c', `exec 2>&1; ${line}`], {
      cwd: folder,
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, TZ: 'UTC' },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    if (error) throw error
    if (status !== 0 && stdout === '') throw new Error(`${line}: exit code ${status}`)
    return stdout
  }
}
