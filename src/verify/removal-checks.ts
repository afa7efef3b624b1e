import { type Check, Mismatches } from './check.ts'
import type { GraphWalk } from './graph-walk.ts'
import type { LoadedHeap } from './loaded-heap.ts'

export interface Sampling {
  /** Nodes and pointers to try. */
  samples: number
  seed: number
}

/** Of a path longer than this, as many nodes chosen at random are tried. */
const MAX_ON_PATH = 6

/**
 * Dominators by their definition, for objects chosen at random: without its immediate dominator an object is not
 * reached, and what is lost is what the dominator retains; without any one node between the two on a path, it is.
 */
export function checkDominators(heap: LoadedHeap, graph: GraphWalk, { samples, seed }: Sampling): Check {
  const { objects, idom, retainedSize, retainedCount } = heap
  const random = randomNumbers(seed)
  const wrong = new Mismatches()
  const total = graph.walk()
  let [tried, removals] = [0, 0]
  for (let attempt = 0; tried < samples && attempt < samples * 100; attempt++) {
    const object = Math.floor(random() * objects.count)
    if (objects.reachable[object] === 0) continue
    tried++
    const over = idom[object]
    if (over >= 0) {
      removals++
      const left = graph.walk({ node: over })
      const lost = [total.objects - left.objects, total.bytes - left.bytes]
      if (graph.reached(object))
        wrong.add(() => `object ${object + 1} is reached without its dominator ${over + 1}`)
      else if (lost[0] !== retainedCount[over] || lost[1] !== retainedSize[over])
        wrong.add(
          () => `without node ${over + 1} ${lost[1]} bytes are lost, and it retains ${retainedSize[over]}`,
        )
    }
    for (const node of chooseSome(pathTo(heap, object, over), random)) {
      removals++
      graph.walk({ node }, object)
      if (!graph.reached(object))
        wrong.add(() => `object ${object + 1} is lost without node ${node + 1}, which does not dominate it`)
    }
  }
  return wrong.check('dominators by removal', `${tried} objects, ${removals} nodes removed (seed ${seed})`)
}

/** Nodes on the object's shortest path below `over`, the object left out; roots with what groups them. */
function pathTo({ objects, rootParent }: LoadedHeap, object: number, over: number): number[] {
  const path: number[] = []
  let node = objects.parent[object]
  while (node >= 0 && node < objects.count && node !== over && path.length < objects.count) {
    path.push(node)
    node = objects.parent[node]
  }
  while (node >= objects.count && node !== over) {
    path.push(node)
    const parent = rootParent[node - objects.count]
    node = parent < 0 ? -1 : parent + objects.count
  }
  return path
}

function chooseSome(nodes: number[], random: () => number): number[] {
  if (nodes.length <= MAX_ON_PATH) return nodes
  return Array.from({ length: MAX_ON_PATH }, () => nodes[Math.floor(random() * nodes.length)])
}

/** Bridges by their definition: without that one pointer its target is garbage. */
export function checkBridges(heap: LoadedHeap, graph: GraphWalk, { samples, seed }: Sampling): Check {
  const { objects, edges, rootEdges } = heap
  const random = randomNumbers(seed + 1)
  const wrong = new Mismatches()
  let [bridges, others] = [0, 0]
  const sources = sourcesOf(heap)
  for (let attempt = 0; bridges + others < samples && attempt < samples * 1000; attempt++) {
    const row = Math.floor(random() * (edges.count + rootEdges.count))
    const isRoot = row >= edges.count
    const table = isRoot ? rootEdges : edges
    const edge = isRoot ? row - edges.count : row
    const isBridge = table.isBridge[edge] === 1
    const target = table.target[edge]
    const isLive = isRoot || objects.reachable[sources[edge]] === 1
    // As many of the one kind as of the other.
    if (!isLive || (isBridge ? bridges : others) >= samples / 2) continue
    if (isBridge) bridges++
    else others++
    graph.walk(isRoot ? { rootEdge: edge } : { edge }, target)
    if (graph.reached(target) === isBridge)
      wrong.add(
        () =>
          `object ${target + 1} is ${isBridge ? '' : 'not '}reached without pointer ${edge + 1} of its table`,
      )
  }
  return wrong.check('bridges by removal', `${bridges} bridges and ${others} other pointers (seed ${seed})`)
}

function sourcesOf({ objects, edges }: LoadedHeap): Int32Array {
  const sources = new Int32Array(edges.count)
  for (let i = 0; i < objects.count; i++) sources.fill(i, edges.first[i], edges.first[i + 1])
  return sources
}

/** xorshift32 (G. Marsaglia, Xorshift RNGs, 2003): the same numbers from the same seed. */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
