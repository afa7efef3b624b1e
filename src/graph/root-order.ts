import { NONE } from '../model/types.ts'

/**
 * Roots in preorder of their forest: every root follows its parent, and a root's descendants come right after it.
 * `rootParent[r]` is NONE or smaller than r; anything else is a defect of whoever made the graph.
 */
export function orderRoots(rootParent: Int32Array): Int32Array {
  const count = rootParent.length
  const firstChild = new Int32Array(count).fill(NONE)
  const nextSibling = new Int32Array(count).fill(NONE)
  let firstTop: number = NONE
  for (let root = count - 1; root >= 0; root--) {
    const parent = rootParent[root]
    if (parent >= root) throw new Error(`root ${root} comes before its parent ${parent}`)
    if (parent === NONE) {
      nextSibling[root] = firstTop
      firstTop = root
    } else {
      nextSibling[root] = firstChild[parent]
      firstChild[parent] = root
    }
  }

  const order = new Int32Array(count)
  let filled = 0
  let root = firstTop
  while (root !== NONE) {
    order[filled++] = root
    if (firstChild[root] !== NONE) {
      root = firstChild[root]
      continue
    }
    while (root !== NONE && nextSibling[root] === NONE) root = rootParent[root]
    if (root !== NONE) root = nextSibling[root]
  }
  return order
}
