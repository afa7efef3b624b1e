import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import type { DominatorVisitor } from './dominator-walk.ts'

/** Groups of objects, and what each group dominates. */
export interface GroupedObjects {
  /** Group of an object, below `count`. */
  groupOf(object: number): number
  readonly count: number
}

export interface DominatedTotals {
  /** Bytes that an object of the group dominates, the group's objects included; each byte counts once. */
  readonly size: Float64Array
  /** Objects, likewise. */
  readonly objects: Float64Array
}

/**
 * Sums, for each group, the retained sizes of those of its objects that no other object of the group dominates. It is
 * what becomes garbage with the group at least: what only several of its objects together keep alive is not in it.
 * For walkDominators; the totals are complete after the walk.
 */
export function dominatedBy(
  graph: HeapGraph,
  analysis: Analysis,
  groups: GroupedObjects,
): DominatorVisitor & { totals: DominatedTotals } {
  const { objectCount } = graph
  const totals = { size: new Float64Array(groups.count), objects: new Float64Array(groups.count) }
  /** Objects of each group on the way from the walk's node to the top. */
  const above = new Uint32Array(groups.count)
  return {
    totals,
    enter(node) {
      if (node >= objectCount) return
      const group = groups.groupOf(node)
      if (above[group]++ > 0) return
      totals.size[group] += analysis.retainedSize[node]
      totals.objects[group] += analysis.retainedCount[node]
    },
    leave(node) {
      if (node < objectCount) above[groups.groupOf(node)]--
    },
  }
}
