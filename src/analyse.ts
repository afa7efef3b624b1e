import { analyseGraph } from './graph/analyse.ts'
import type { AnalysedHeap, ExtractedHeap } from './model/heap-graph.ts'
import type { Progress } from './progress.ts'

/** Computes reachability, shortest paths, dominators, retained sizes and bridges of an extracted heap. */
export function analyse(heap: ExtractedHeap, options: { progress?: Progress } = {}): AnalysedHeap {
  return { heap, analysis: analyseGraph(heap.graph, options.progress) }
}
