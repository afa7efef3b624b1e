import type { HeapGraph } from '../../src/model/heap-graph.ts'
import { ROOT_KINDS } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'
import type { Extracted } from './extracted.ts'
import type { Truth } from './truth.ts'

/** asyncPreempt; the second has the vector registers, since Go 1.27. runtime/preempt_xreg.go */
export const SAVES_REGISTERS = /^runtime\.asyncPreempt2?$/

/** Loops that are stopped anywhere: see fixtures/programs/truth. */
const IS_LOOP = /^threads\/(tight|calling) loop/

/**
 * The heap without the words that the collector takes for pointers only because it cannot tell: registers, as a thread was
 * left with them or as asyncPreempt saved them, and words of the frames of loops that were stopped anywhere, what the loops
 * are meant to hold excepted. What such a word was left with is chance, and not what the program means to hold.
 * `leftOut`: how many words pointed at something.
 */
export function withoutLeftovers(
  truth: Truth,
  { heap, finder }: Extracted,
): { graph: HeapGraph; leftOut: number } {
  const { roots, graph } = heap
  const loops = [...truth.objects.values()].filter(({ label }) => IS_LOOP.test(label))
  const ofLoops = new Set(loops.map(({ address }) => finder.objectAt(address)))
  const functions = new Set(
    truth.roots.filter(({ label }) => IS_LOOP.test(label)).map((root) => root.function),
  )
  const isLeftover = (root: number) => {
    const kind = ROOT_KINDS[roots.kind[root]]
    const parent = roots.parent[root]
    if (kind === 'register' || parent === NONE) return kind === 'register'
    if (SAVES_REGISTERS.test(roots.name[parent])) return true
    // Of a goroutine that is stopped in C all of the stack is read so.
    const isOfLoop = functions.has(roots.name[parent]) || ROOT_KINDS[roots.kind[parent]] === 'goroutine'
    return kind === 'conservative' && isOfLoop
  }
  const { first, target } = graph.rootEdges
  const kept: number[] = []
  const keptFirst = new Uint32Array(first.length)
  for (let root = 0; root < roots.count; root++) {
    const drops = isLeftover(root)
    for (let row = first[root]; row < first[root + 1]; row++) {
      if (!drops || ofLoops.has(target[row])) kept.push(row)
    }
    keptFirst[root + 1] = kept.length
  }
  const rootEdges = {
    count: kept.length,
    first: keptFirst,
    offset: Float64Array.from(kept, (row) => graph.rootEdges.offset[row]),
    target: Uint32Array.from(kept, (row) => target[row]),
    targetOffset: Float64Array.from(kept, (row) => graph.rootEdges.targetOffset[row]),
  }
  return { graph: { ...graph, rootEdges }, leftOut: target.length - kept.length }
}
