import type { BitSet } from '../base/bitset.ts'
import type { SearchTree } from './depth-first.ts'

/** How nodes are entered. */
export interface Entries {
  /** By number: the semidominator of the node, or what bounds it so far. */
  readonly semi: Int32Array
  /** Objects that two or more edges enter from nodes they do not dominate. */
  readonly enteredTwice: BitSet
}

/** Back edges by target, as compressed sparse rows over the numbers of the search. */
export interface BackEdges {
  /** Edges into node v are [first[v], first[v + 1]); two entries more than there are nodes. */
  readonly first: Uint32Array
  /** Numbers, greater than their target's. */
  readonly source: Int32Array
}

/**
 * Sorts out the edges beside the search tree, once the first bound of every semidominator is the tree parent. An edge
 * u -> v runs *forward* when u is an ancestor of v in the tree, and then u < v: it is the second one to enter v, and
 * lowers the bound to u. Self-edges are dropped. All others run *back*, u > v, to an ancestor or across, and are put
 * into rows. Uses up `tree.otherSource` and `tree.otherTarget`; `rows.first` is zero beforehand.
 */
export function sortBackEdges(tree: SearchTree, entries: Entries, rows: BackEdges): void {
  const { count, numberOf, otherCount, otherSource, otherTarget } = tree
  const { semi, enteredTwice } = entries
  const { first, source } = rows
  let backCount = 0
  for (let other = 0; other < otherCount; other++) {
    const from = otherSource[other]
    const object = otherTarget[other]
    const to = numberOf[object]
    if (from > to) {
      otherSource[backCount] = from
      otherTarget[backCount] = to
      backCount++
      first[to]++
    } else if (from < to) {
      enteredTwice.add(object)
      if (semi[to] > from) semi[to] = from
    }
  }

  let total = 0
  for (let node = 0; node <= count; node++) {
    total += first[node]
    first[node] = total
  }
  first[count + 1] = total
  for (let back = 0; back < backCount; back++) {
    source[--first[otherTarget[back]]] = otherSource[back]
  }
}
