import { type Core, openCore } from '../extract/file/core.ts'
import type { UnpackedInputs } from '../extract/file/unpack.ts'
import { Problems } from '../model/problem.ts'
import { HeapDb } from '../schema/heap-db.ts'
import { checkArrays } from './array-checks.ts'
import { type Check, skip } from './check.ts'
import { checkEdges, checkFields, checkSameHeap, checkTypes } from './core-checks.ts'
import { readCoreHeap } from './core-heap.ts'
import { checkCounters } from './counter-checks.ts'
import { checkReachable, checkRetained } from './graph-checks.ts'
import { GraphWalk } from './graph-walk.ts'
import { type LoadedHeap, loadHeap } from './loaded-heap.ts'
import { checkBridges, checkDominators, type Sampling } from './removal-checks.ts'
import { checkSizes } from './size-checks.ts'
import { checkFile, checkIds, checkReferences, checkSlots, checkSpans, checkTotals } from './table-checks.ts'
import { RowMasks } from './type-masks.ts'

export type { Check } from './check.ts'

export interface VerifyOptions extends Partial<Sampling> {
  /** What the database was made of; undefined: only what the database can tell of itself is checked. */
  source?: VerifySource
}

export interface VerifySource extends UnpackedInputs {
  core: string
  binary: string
  /** Called once, before the first result: what compressed files were unpacked to is open, and may be removed. */
  onOpened?: () => void
}

/**
 * Holds a database against the invariants that ARCHITECTURE.md states, and against its core: gives each result as soon
 * as it is there. What it compares with is worked out anew and, wherever there is a plainer way, in another way than
 * indexing does it.
 *
 * @throws GoheapError for a database or core that cannot be opened
 */
export function* verify(path: string, options: VerifyOptions = {}): Generator<Check> {
  const { samples = 20, seed = 1, source } = options
  const problems = new Problems()
  const db = HeapDb.open(path)
  let core: Core | undefined
  try {
    if (source !== undefined) {
      core = openCore(source.core, source.binary, problems, source)
      source.onOpened?.()
    }
    const file = checkFile(db)
    yield file
    if (file.verdict === 'fail') return
    yield checkReferences(db)
    const ids = checkIds(db)
    yield ids
    // All further checks go by the ids.
    if (ids.verdict === 'fail') return
    const heap = loadHeap(db)
    yield checkSlots(heap)
    yield checkSpans(heap)
    yield* checkTotals(db, heap)
    yield* checkSizes(db)
    const graph = new GraphWalk(heap)
    yield* checkReachable(heap, graph)
    yield checkArrays(db, heap)
    yield* checkRetained(heap)
    yield checkDominators(heap, graph, { samples, seed })
    yield checkBridges(heap, graph, { samples, seed })
    if (core === undefined) yield skip('the core', 'not given: see --core and --binary')
    else yield* verifyCore(db, heap, core, problems)
  } finally {
    core?.close()
    db.close()
  }
}

function* verifyCore(db: HeapDb, heap: LoadedHeap, core: Core, problems: Problems): Generator<Check> {
  const read = readCoreHeap(core, problems)
  const same = checkSameHeap(heap, read)
  yield same
  if (same.verdict === 'fail') return
  const types = new RowMasks(db)
  yield checkEdges(heap, read)
  yield checkTypes(heap, read, types)
  yield checkFields(read, types)
  yield* checkCounters(read)
}
