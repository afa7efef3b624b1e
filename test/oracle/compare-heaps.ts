import { analyseGraph } from '../../src/graph/analyse.ts'
import type { ExtractedHeap } from '../../src/model/heap-graph.ts'
import { ROOT_KINDS, TYPE_SOURCES } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'

/** Names of what two heaps of one core have differently: all that does not come from names and types of variables. */
export function differingParts(full: ExtractedHeap, other: ExtractedHeap): string[] {
  const [a, b] = [full.graph, other.graph]
  const [reachA, reachB] = [analyseGraph(a), analyseGraph(b)]
  const ofObjects = (column: Float64Array) => column.subarray(0, a.objectCount)
  const parts: [string, unknown, unknown][] = [
    ['addresses', full.objects.address, other.objects.address],
    ['sizes', a.size, b.size],
    ['unswept', full.objects.unswept, other.objects.unswept],
    ['spans', { ...full.spans }, { ...other.spans }],
    ['edges', { ...a.edges }, { ...b.edges }],
    ['words of roots', wordsOfRoots(full), wordsOfRoots(other)],
    ['reachability', reachA.reachable, reachB.reachable],
    ['distances', reachA.distance, reachB.distance],
    ['bridges', reachA.isBridge, reachB.isBridge],
    ['retained sizes', ofObjects(reachA.retainedSize), ofObjects(reachB.retainedSize)],
    ['retained counts', ofObjects(reachA.retainedCount), ofObjects(reachB.retainedCount)],
    ['goroutines', goroutines(full), goroutines(other)],
    ['frames', frames(full), frames(other)],
    ['allocation stacks', full.allocationStacks, other.allocationStacks],
    ['memory', memory(full), memory(other)],
    ['modules', full.modules, other.modules],
    ['metadata', metadata(full), metadata(other)],
  ]
  return parts
    .filter(([, x, y]) => JSON.stringify(toPlain(x)) !== JSON.stringify(toPlain(y)))
    .map(([name]) => name)
}

/** Typed arrays as arrays: JSON of theirs is slow and long. */
function toPlain(value: unknown): unknown {
  if (ArrayBuffer.isView(value) && 'length' in value) return hashOf(value as unknown as ArrayLike<number>)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(toPlain)
  if (value instanceof Map) return [...value].map(toPlain)
  return Object.entries(value).map(([key, inner]) => [key, toPlain(inner)])
}

/** Length and FNV-1a of the words. */
function hashOf(values: ArrayLike<number>): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < values.length; i++) {
    hash = Math.imul(hash ^ (values[i] >>> 0), 0x01000193)
    hash = Math.imul(hash ^ Math.floor(values[i] / 2 ** 32), 0x01000193)
  }
  return `${values.length}:${hash}`
}

/** Each word of a root that points at the heap: where it lies and where it points; ascending. */
function wordsOfRoots({ roots, graph: { rootEdges } }: ExtractedHeap): string[] {
  const words: string[] = []
  for (let root = 0; root < roots.count; root++) {
    const kind = ROOT_KINDS[roots.kind[root]]
    // With the names of variables gone, what kind of root a word is may be lost, but not where it is.
    const isStack = ['frame', 'local', 'argument', 'conservative'].includes(kind)
    const name = isStack ? 'stack' : kind === 'global' ? 'data' : kind
    for (let e = rootEdges.first[root]; e < rootEdges.first[root + 1]; e++) {
      const address = roots.address[root] + rootEdges.offset[e]
      words.push(`${name} ${address} ${rootEdges.target[e]}+${rootEdges.targetOffset[e]}`)
    }
  }
  return words.sort()
}

const goroutines = ({ goroutines }: ExtractedHeap) => goroutines.map(({ root: _, ...row }) => row)

const frames = ({ frames }: ExtractedHeap) => frames.map(({ root: _, goroutineRoot: __, ...row }) => row)

/** strip(1) may end data a few bytes earlier, so that they count as bss. */
function memory({ memory }: ExtractedHeap) {
  const isData = ({ key }: { key: string }) => key === 'binary.data' || key === 'binary.bss'
  const data = memory.filter(isData).reduce((sum, { bytes = 0 }) => sum + bytes, 0)
  return { rows: memory.filter((row) => !isData(row)), data }
}

const metadata = ({ metadata }: ExtractedHeap) =>
  [...metadata].filter(
    ([key]) => !['binary_file', 'debug_file', 'layouts', 'string_value_bytes'].includes(key),
  )

export interface TypeComparison {
  /** Reachable objects that have a type in the full heap, and in the other. */
  typed: number
  typedInOther: number
  /** What the other has otherwise, not counting what it does not know: `name in full -> name in other`. */
  differing: string[]
}

/** Types of two heaps of one core. Objects that both have a type for must have the same. */
export function compareTypesOf(full: ExtractedHeap, other: ExtractedHeap): TypeComparison {
  const { reachable } = analyseGraph(full.graph)
  const result: TypeComparison = { typed: 0, typedInOther: 0, differing: [] }
  for (let i = 0; i < full.objects.count; i++) {
    const [a, b] = [full.objects.type[i], other.objects.type[i]]
    if (reachable[i] === 1 && a !== NONE) result.typed++
    if (reachable[i] === 1 && b !== NONE) result.typedInOther++
    if (b === NONE) continue
    const name = a === NONE ? 'unknown' : full.types.rows[a].name
    const otherName = other.types.rows[b].name
    if (name === otherName) continue
    const source = TYPE_SOURCES[other.objects.typeSource[i]]
    result.differing.push(`${name} -> ${otherName} (${source}, ${full.graph.size[i]} bytes)`)
  }
  return result
}
