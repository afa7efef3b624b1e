import { type Check, countOf, Mismatches } from './check.ts'
import type { GraphWalk } from './graph-walk.ts'
import type { LoadedHeap } from './loaded-heap.ts'

/** Walks the pointers once more: the same objects are reachable, as many pointers from the roots. */
export function checkReachable({ objects }: LoadedHeap, graph: GraphWalk): Check[] {
  const found = graph.walk()
  const reachable = new Mismatches()
  const distances = new Mismatches()
  for (let i = 0; i < objects.count; i++) {
    const isReached = graph.reached(i)
    if (isReached !== (objects.reachable[i] === 1))
      reachable.add(() => `object ${i + 1} is ${isReached ? '' : 'not '}reached from the roots`)
    const distance = isReached ? graph.distance[i] : -1
    if (distance !== objects.distance[i])
      distances.add(() => `object ${i + 1} is ${distance} pointers away, not ${objects.distance[i]}`)
    else if (isReached && !isParent(objects, graph, i))
      distances.add(() => `the parent of object ${i + 1} is not one pointer nearer`)
  }
  return [
    reachable.check('reachable set', `${countOf(found.objects)} objects reached over edges and root_edges`),
    distances.check('distances', `${countOf(found.objects)} shortest paths`),
  ]
}

function isParent(objects: LoadedHeap['objects'], graph: GraphWalk, object: number): boolean {
  const parent = objects.parent[object]
  if (parent < 0) return false
  return parent >= objects.count
    ? graph.distance[object] === 1
    : graph.distance[parent] === graph.distance[object] - 1
}

/** A node retains itself and what the nodes below it in the dominator tree retain. */
export function checkRetained(heap: LoadedHeap): Check[] {
  const { objects, rootCount, idom, retainedSize, retainedCount, depth } = heap
  const nodes = objects.count + rootCount
  const isLive = (n: number) => n >= objects.count || objects.reachable[n] === 1
  const size = new Float64Array(nodes)
  const count = new Float64Array(nodes)
  const wrong = new Mismatches()
  const levels = new Mismatches()
  let [live, topBytes, reachableBytes] = [0, 0, 0]
  for (let n = 0; n < nodes; n++) {
    if (!isLive(n)) continue
    live++
    if (n < objects.count) {
      reachableBytes += objects.size[n]
      size[n] += objects.size[n]
      count[n]++
    }
    const over = idom[n]
    if (over < 0) topBytes += retainedSize[n]
    else {
      size[over] += retainedSize[n]
      count[over] += retainedCount[n]
    }
    if (depth[n] !== (over < 0 ? 1 : depth[over] + 1))
      levels.add(() => `node ${n + 1} has depth ${depth[n]}, not one more than node ${over + 1}`)
  }
  for (let n = 0; n < nodes; n++) {
    if (isLive(n) && (size[n] !== retainedSize[n] || count[n] !== retainedCount[n]))
      wrong.add(() => `node ${n + 1} retains ${retainedSize[n]} bytes, and its parts add up to ${size[n]}`)
  }
  const top = new Mismatches()
  if (topBytes !== reachableBytes)
    top.add(() => `the top nodes retain ${countOf(topBytes)} bytes of ${countOf(reachableBytes)}`)
  return [
    wrong.check('retained sizes add up', `${countOf(live)} nodes of the dominator tree`),
    levels.check('depths', `${countOf(live)} nodes of the dominator tree`),
    top.check('top of the dominator tree', `${countOf(reachableBytes)} reachable bytes`),
  ]
}
