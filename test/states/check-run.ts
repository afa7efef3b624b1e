import { join } from 'node:path'
import { runTimed } from '../../bench/real-programs/readers.ts'
import { HeapDb, verify } from '../../src/index.ts'
import { compareCounts, compareDatabase, compareHolders, compareMapKeys } from '../oracle/compare-database.ts'
import type { CrashedRun } from '../oracle/toolchain.ts'
import { readTruth } from '../oracle/truth.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

export interface Checked {
  objects: number
  goroutines: number
  /** Objects that the program wrote down. */
  recorded: number
  /** Pointers to them in maps, with their keys. */
  keys: number
  seconds: number
  /** undefined: there is no GNU time. */
  peakMiB: number | undefined
  problems: { severity: string; code: string; count: number; message: string }[]
  /** What does not agree with what the program says, or with the core: nothing, when goheap is right. */
  wrong: string[]
}

/** Indexes a core with the command, and holds the database against the program's own record, and against the core by `verify`. */
export function checkRun(
  run: CrashedRun,
  folder: string,
  { isCounted, goesOn = false }: { isCounted: boolean; goesOn?: boolean },
): Checked {
  const path = join(folder, 'heap.db')
  const command = [
    process.execPath,
    MAIN,
    'index',
    run.core,
    run.binary,
    '-o',
    path,
    '--force',
    '--quiet',
    '--strings',
  ]
  const { status, errors, seconds, peakMiB } = runTimed(command)
  if (status !== 0) throw new Error(`goheap index ${run.core} ${run.binary} ends with ${status}: ${errors}`)
  const truth = readTruth(join(run.folder, 'truth'))
  const db = HeapDb.open(path)
  try {
    const maps = compareMapKeys(truth, db)
    const wrong = [
      ...compareDatabase(truth, db),
      ...maps.wrong,
      ...compareHolders(truth, db),
      // What a process that went on may have more, verify holds against the runtime's books.
      ...(isCounted ? compareCounts(truth, db, { goesOn }) : []),
    ]
    for (const check of verify(path, { source: run })) {
      if (check.verdict === 'fail') wrong.push(`verify: ${check.name}: ${check.detail}: ${check.examples}`)
    }
    const [[goroutines]] = db.query('SELECT COUNT(*) FROM goroutines').rows
    return {
      objects: Number(db.metadata().get('heap_objects')),
      goroutines: Number(goroutines),
      recorded: truth.objects.size,
      keys: maps.keys,
      seconds,
      peakMiB,
      problems: db
        .problems()
        .map(({ severity, code, count, message }) => ({ severity, code, count, message })),
      wrong,
    }
  } finally {
    db.close()
  }
}
