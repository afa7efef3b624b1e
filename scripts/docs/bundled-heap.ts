import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { unpackFixture } from '../unpack-fixture.ts'
import { openShell, type Shell } from './shell.ts'

/** A folder with the bundled core (`core`, its program `binary`). */
export interface BundledHeap extends Shell {
  /** heap.db, which `goheap index` wrote. */
  readonly db: HeapDb
}

/** Unpacks and indexes fixtures/packed/leaky in a temporary folder for as long as `use` runs. */
export async function withBundledHeap<T>(use: (heap: BundledHeap) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-docs-'))
  try {
    unpackFixture('leaky', folder)
    const shell = openShell(folder)
    shell.run('goheap index core binary -o heap.db --quiet')
    const db = HeapDb.open(join(folder, 'heap.db'))
    try {
      return await use({ ...shell, db })
    } finally {
      db.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
