import type { BackEdges, Entries } from './back-edges.ts'
import type { SearchTree } from './depth-first.ts'
import { REPORT_MASK, type Steps } from './steps.ts'

/**
 * Node d dominates node v when every path from the super-root to v passes through d. The immediate dominator of v is
 * the dominator of v, other than v, that all others dominate. All numbers here are those of the depth-first search.
 *
 * Semi-NCA: L. Georgiadis, Linear-Time Algorithms for Dominators and Related Problems, Princeton 2005, chapter 2;
 * semidominators and path compression from T. Lengauer and R. E. Tarjan, A Fast Algorithm for Finding Dominators in a
 * Flowgraph, TOPLAS 1(1), 1979. The semidominator of v is the least u with a path u -> ... -> v whose inner nodes are
 * all greater than v; the immediate dominator is the nearest common ancestor, in the dominator tree so far, of the
 * tree parent of v and that semidominator.
 */

export interface SemiScratch {
  /** Least semidominator on the compressed path above a node. */
  readonly label: Int32Array
  readonly stack: Int32Array
}

/**
 * Turns the bounds in `entries.semi` into the semidominators. Uses up `tree.parent` for path compression; returns the
 * tree parents in the place of `rows.first`.
 *
 * On the way it completes `entries.enteredTwice`. The source w of a back edge w -> v is dominated by v exactly when the
 * least semidominator on the tree path from below v to w is not less than v: were w not dominated, take a path to w
 * around v, and on it the least node x after the last one less than v; x lies on that tree path, and semi(x) < v. That
 * least semidominator is what `evaluate` returns (and less than v when w does not lie below v at all), so this costs
 * nothing.
 */
export function findSemidominators(
  tree: SearchTree,
  entries: Entries,
  rows: BackEdges,
  scratch: SemiScratch,
  steps: Steps,
): Int32Array {
  const { count, order, parent: ancestor } = tree
  const { semi, enteredTwice } = entries
  const { first, source } = rows
  const { label, stack } = scratch
  const parent = new Int32Array(first.buffer, first.byteOffset, first.length)
  const touched = new Int32Array(TOUCH_AHEAD)
  let edge = first[count + 1]
  let touchedFrom = edge
  for (let node = count; node > 0; node--) {
    if ((node & REPORT_MASK) === 0) steps.report('semidominators', count - node)
    const begin = first[node]
    let least = semi[node]
    let isEntered = false
    while (edge > begin) {
      if (edge === touchedFrom) {
        // Reads that do not wait for each other: the processor fetches what `evaluate` will follow many at a time.
        touchedFrom = Math.max(0, edge - TOUCH_AHEAD)
        for (let next = touchedFrom; next < edge; next++) {
          touched[next - touchedFrom] = label[source[next]] ^ ancestor[ancestor[source[next]]]
        }
      }
      edge--
      const value = evaluate(source[edge], node, ancestor, label, stack)
      if (value >= node) continue
      if (value < least) least = value
      isEntered = true
    }
    if (isEntered) enteredTwice.add(order[node])
    semi[node] = least
    label[node] = least
    // first[node] has been read for the last time, and ancestor[node] is still the tree parent.
    parent[node] = ancestor[node]
  }
  return parent
}
const TOUCH_AHEAD = 512

/**
 * The least semidominator on the path from `node` up to, and without, the first ancestor that is not greater than
 * `bound`. Afterwards every node on the path points at that ancestor and carries the least value of what it skips.
 */
function evaluate(
  node: number,
  bound: number,
  ancestor: Int32Array,
  label: Int32Array,
  stack: Int32Array,
): number {
  let above = ancestor[node]
  if (above <= bound) return label[node]
  let top = node
  let depth = 0
  while (above > bound) {
    stack[depth++] = top
    top = above
    above = ancestor[top]
  }
  let least = label[top]
  while (depth > 0) {
    const below = stack[--depth]
    ancestor[below] = above
    if (label[below] > least) label[below] = least
    else least = label[below]
  }
  return least
}

/** Climbing steps allowed per node before the climb is given an index. */
const CLIMB_ALLOWANCE = 4

/**
 * Turns tree parents into immediate dominators in place (0: none but the super-root), and `semi` into depths in the
 * dominator tree.
 *
 * Climbing from parent to parent takes next to no steps on most heaps, and quadratic time on some: a list of a
 * million nodes that leads to a million objects also held from elsewhere. So once the climbs have cost more than
 * `allowance` steps a node, jump pointers (E. W. Myers, An Applicative Random-Access Stack, IPL 17, 1983) bound
 * each of them by the logarithm of the depth.
 */
export function findImmediateDominators(
  parent: Int32Array,
  semi: Int32Array,
  count: number,
  steps: Steps,
  allowance = CLIMB_ALLOWANCE,
): void {
  const idom = parent
  const depth = semi
  idom[0] = 0
  depth[0] = 0
  let left = allowance * count
  let node = 1
  for (; node <= count && left >= 0; node++) {
    if ((node & REPORT_MASK) === 0) steps.report('immediate dominators', node)
    const bound = semi[node]
    let dominator = parent[node]
    while (dominator > bound) {
      dominator = idom[dominator]
      left--
    }
    idom[node] = dominator
    depth[node] = depth[dominator] + 1
  }
  if (node > count) return

  const jump = new Int32Array(count + 1)
  for (let done = 1; done < node; done++) jump[done] = jumpFrom(idom[done], jump, depth)
  for (; node <= count; node++) {
    if ((node & REPORT_MASK) === 0) steps.report('immediate dominators', node)
    const bound = semi[node]
    let dominator = parent[node]
    while (dominator > bound) {
      const far = jump[dominator]
      dominator = far >= bound ? far : idom[dominator]
    }
    idom[node] = dominator
    depth[node] = depth[dominator] + 1
    jump[node] = jumpFrom(dominator, jump, depth)
  }
}

/** Jump pointer of a node whose immediate dominator is `above`: two equal jumps in a row become one. */
function jumpFrom(above: number, jump: Int32Array, depth: Int32Array): number {
  const middle = jump[above]
  const far = jump[middle]
  return depth[above] - depth[middle] === depth[middle] - depth[far] ? far : above
}
