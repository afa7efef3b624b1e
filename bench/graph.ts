import { performance } from 'node:perf_hooks'
import { analyseGraph } from '../src/graph/analyse.ts'
import { BreadthFirstSearch } from '../src/graph/breadth-first.ts'
import { markCut } from '../src/graph/cut.ts'
import { findRetainedSet } from '../src/graph/retained-set.ts'
import type { HeapGraph } from '../src/model/heap-graph.ts'
import { NONE } from '../src/model/types.ts'
import { Progress } from '../src/progress.ts'

/**
 * Times the analysis of a synthetic heap: node bench/graph.ts [objects = 1e7] [scattered | ordered] [seed = 1]
 *
 * Half of the objects point nowhere, as strings and bytes do. Every object but 1 in 100 is pointed at by one made
 * before it (by the latest of these one time in three, so that lists and deep trees occur), and half as many pointers
 * again lead anywhere. `scattered` shuffles the numbers of the objects, the worst case for the caches; `ordered` keeps
 * them in the order of making.
 *
 * The time goes into waiting for memory, so other work on the machine shows. On Linux with transparent huge pages set
 * to madvise, GLIBC_TUNABLES=glibc.malloc.hugetlb=1 in the environment gives the arrays huge pages and saves a third.
 */
const objectCount = Number(process.argv[2] ?? 1e7)
const isScattered = (process.argv[3] ?? 'scattered') === 'scattered'
const random = makeRandom(Number(process.argv[4] ?? 1))

const graph = makeGraph()
process.stdout.write(`objects ${objectCount}, edges ${graph.edges.count}, roots ${graph.rootCount}\n`)

let peakMb = 0
let lastPass = ''
let lastTime = performance.now()

const begin = lastTime
const passes = ['reach', 'depth-first', 'semidominators', 'immediate dominators', 'retained', 'end']
const sink = {
  update(_: string, done: number, total: number) {
    peakMb = Math.max(peakMb, readMemoryMb())
    const pass = passes[Math.floor((done / total) * (passes.length - 1))]
    if (pass === lastPass) return
    const now = performance.now()
    if (lastPass !== '') printSeconds(lastPass, now - lastTime)
    lastPass = pass
    lastTime = now
  },
}
const analysis = analyseGraph(graph, new Progress(sink))
printSeconds('all', performance.now() - begin)
process.stdout.write(
  `reachable ${analysis.reachableObjects}, deepest ${analysis.depth.reduce((a, b) => Math.max(a, b))}, ` +
    `bridges ${analysis.isBridge.reduce((a, b) => a + b)}\n` +
    `peak ${peakMb} MB, ${((peakMb * 2 ** 20) / objectCount).toFixed(1)} bytes an object, graph without offsets included\n`,
)
const cutBegin = performance.now()
const { seen } = new BreadthFirstSearch(graph)
findRetainedSet(graph, markCut(graph, { nodes: [0] }), seen)
printSeconds('retained set', performance.now() - cutBegin)

function printSeconds(what: string, milliseconds: number): void {
  process.stdout.write(`${what.padEnd(24)} ${(milliseconds / 1000).toFixed(2)} s\n`)
}

function readMemoryMb(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20)
}

/** xorshift32: numbers in [0, bound), the same for the same seed. */
function makeRandom(seed: number): (bound: number) => number {
  let state = (seed * 2654435761) | 1
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * bound)
  }
}

function makeGraph(): HeapGraph {
  const rootCount = Math.max(4, Math.floor(objectCount / 1000))
  const numbers = Uint32Array.from({ length: 0 })
  const place = isScattered ? shuffle(objectCount) : numbers
  const number = (made: number) => (isScattered ? place[made] : made)
  const extra = Math.floor(objectCount / 2)
  const sources = new Uint32Array(objectCount + extra)
  const targets = new Uint32Array(objectCount + extra)
  let count = 0
  let latest = 0
  // Every other object can point: object 2i by order of making.
  for (let made = 2; made < objectCount; made++) {
    const source = random(3) === 0 ? latest : 2 * random(Math.floor(made / 2))
    if (made % 2 === 0) latest = made
    if (random(100) === 0) continue
    sources[count] = number(source)
    targets[count++] = number(made)
  }
  for (let i = 0; i < extra; i++) {
    sources[count] = number(2 * random(Math.floor(objectCount / 2)))
    targets[count++] = number(random(objectCount))
  }
  const rootSources = Uint32Array.from({ length: rootCount }, (_, i) => i)
  const rootTargets = Uint32Array.from({ length: rootCount }, (_, i) =>
    number(i === 0 ? 0 : random(objectCount)),
  )
  const edges = packRows(objectCount, sources.subarray(0, count), targets)
  const rootEdges = packRows(rootCount, rootSources, rootTargets)
  return {
    objectCount,
    rootCount,
    size: Float64Array.from({ length: objectCount }, () => 16 * (1 + random(8))),
    edges: { ...edges, offset: new Uint32Array(0), targetOffset: new Uint32Array(0) },
    rootEdges: { ...rootEdges, offset: new Float64Array(0), targetOffset: new Uint32Array(0) },
    // A third of the roots belong to the root before them: goroutine > frame > local.
    rootParent: Int32Array.from({ length: rootCount }, (_, root) => (root % 3 === 0 ? NONE : root - 1)),
  }
}

function shuffle(length: number): Uint32Array {
  const order = new Uint32Array(length)
  for (let i = 0; i < length; i++) {
    const other = random(i + 1)
    order[i] = order[other]
    order[other] = i
  }
  return order
}

/** Compressed sparse rows of pairs; a row keeps the order of its pairs. */
function packRows(rows: number, sources: Uint32Array, targets: Uint32Array) {
  const first = new Uint32Array(rows + 1)
  for (const source of sources) first[source + 1]++
  for (let row = 0; row < rows; row++) first[row + 1] += first[row]
  const next = first.slice()
  const target = new Uint32Array(sources.length)
  sources.forEach((source, i) => {
    target[next[source]++] = targets[i]
  })
  return { count: sources.length, first, target }
}
