import { Problems } from '../../src/model/problem.ts'
import { readCoreHeap } from '../../src/verify/core-heap.ts'
import { checkCounters } from '../../src/verify/counter-checks.ts'
import type { Extracted } from './extracted.ts'
import type { Truth } from './truth.ts'

/** What a thread or two, that the runtime starts on its own, allocate. */
export const MOST_MORE = 20

/**
 * Objects and bytes of the heap against what the program was told by runtime.MemStats; what differs, a line each. A program
 * that only waits may go on a little until it is stopped (`goesOn`): then the runtime's own books in the core count.
 */
export function compareHeapCounts(
  truth: Truth,
  { core, heap }: Extracted,
  { goesOn = false } = {},
): string[] {
  const found = [heap.objects.count, heap.graph.size.reduce((sum, size) => sum + size, 0)]
  const told = [truth.facts.get('HeapObjects') ?? 0, truth.facts.get('HeapAlloc') ?? 0]
  if (found.join() === told.join()) return []
  const more = found[0] - told[0]
  if (!goesOn || more <= 0 || more > MOST_MORE)
    return [`${found.join(' objects, ')} bytes; the runtime told ${told.join(' objects, ')} bytes`]
  return checkCounters(readCoreHeap(core, new Problems()))
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ name, detail, examples }) => `${name}: ${detail}: ${examples}`)
}
