import { analyseGraph } from '../../src/graph/analyse.ts'
import type { HeapGraph } from '../../src/model/heap-graph.ts'
import { NONE } from '../../src/model/types.ts'

/** Plain lists to build a HeapGraph from; pointers of a source keep their order. */
export interface GraphLists {
  objectCount: number
  sizes: readonly number[]
  rootParent: readonly number[]
  /** [source object, target object] */
  edges: readonly (readonly [number, number])[]
  /** [root, target object] */
  rootEdges: readonly (readonly [number, number])[]
}

export function buildGraph(lists: GraphLists): HeapGraph {
  const rootCount = lists.rootParent.length
  const edges = packRows(lists.objectCount, lists.edges)
  const rootEdges = packRows(rootCount, lists.rootEdges)
  return {
    objectCount: lists.objectCount,
    rootCount,
    size: Float64Array.from(lists.sizes),
    edges: { ...edges, offset: new Uint32Array(edges.count), targetOffset: new Uint32Array(edges.count) },
    rootEdges: {
      ...rootEdges,
      offset: new Float64Array(rootEdges.count),
      targetOffset: new Uint32Array(rootEdges.count),
    },
    rootParent: Int32Array.from(lists.rootParent),
  }
}

function packRows(rows: number, pairs: readonly (readonly [number, number])[]) {
  const sorted = pairs.toSorted((a, b) => a[0] - b[0])
  const first = new Uint32Array(rows + 1)
  for (const [source] of sorted) first[source + 1]++
  for (let row = 0; row < rows; row++) first[row + 1] += first[row]
  return { count: sorted.length, first, target: Uint32Array.from(sorted, ([, target]) => target) }
}

/**
 * A graph from its drawing: `R -> a` is a pointer, `G > F` says that root F belongs to root G. Names that start with a
 * capital are roots, the others objects, numbered as they first appear. Object i has 2^i bytes, so that every sum of
 * sizes names the objects it counts.
 */
export function drawGraph(drawing: string) {
  const roots: string[] = []
  const objects: string[] = []
  const rootParent: number[] = []
  const edges: [number, number][] = []
  const rootEdges: [number, number][] = []
  const isRoot = (name: string) => /^[A-Z]/.test(name)
  const number = (name: string) => {
    const names = isRoot(name) ? roots : objects
    if (names.includes(name)) return names.indexOf(name)
    if (isRoot(name)) rootParent.push(NONE)
    return names.push(name) - 1
  }
  for (const line of drawing.trim().split('\n')) {
    const words = line.trim().split(/\s+/)
    number(words[0])
    for (let i = 2; i < words.length; i += 2) {
      const source = number(words[i - 2])
      const target = number(words[i])
      if (words[i - 1] === '>') rootParent[target] = source
      else (isRoot(words[i - 2]) ? rootEdges : edges).push([source, target])
    }
  }
  const graph = buildGraph({
    objectCount: objects.length,
    sizes: objects.map((_, i) => 2 ** i),
    rootParent,
    edges,
    rootEdges,
  })
  const names = [...objects, ...roots]
  const node = (name: string) => names.indexOf(name)
  const analysis = analyseGraph(graph)
  const nameBridges = (isBridge: Uint8Array, first: Uint32Array, target: Uint32Array, sources: string[]) =>
    sources.flatMap((source, row) =>
      [...target.subarray(first[row], first[row + 1])].flatMap((to, i) =>
        isBridge[first[row] + i] === 1 ? [`${source} -> ${objects[to]}`] : [],
      ),
    )
  return {
    graph,
    analysis,
    names,
    node,
    /** Name of the immediate dominator; undefined for none. */
    idom: (name: string) => names[analysis.idom[node(name)]],
    /** Names of the retained objects, joined by spaces. */
    retained: (name: string) => {
      const bytes = analysis.retainedSize[node(name)]
      const kept = objects.filter((_, i) => Math.floor(bytes / 2 ** i) % 2 === 1)
      if (kept.length !== analysis.retainedCount[node(name)])
        throw new Error(`${name}: count is not of ${kept}`)
      return kept.join(' ')
    },
    bridges: () => [
      ...nameBridges(analysis.isRootBridge, graph.rootEdges.first, graph.rootEdges.target, roots),
      ...nameBridges(analysis.isBridge, graph.edges.first, graph.edges.target, objects),
    ],
  }
}
