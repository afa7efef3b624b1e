import type { Analysis } from '../../src/model/heap-graph.ts'
import { ROOT_KINDS } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'
import type { Extracted } from './extracted.ts'
import { SAVES_REGISTERS } from './leftovers.ts'
import type { Truth, TruthObject } from './truth.ts'

/**
 * Holds what goheap read from a core against what the program says. Each function returns what does not agree, one
 * line each.
 */

const hex = (address: number) => `0x${address.toString(16)}`

/** Allocations of less than this, without pointers, share a slot. runtime/malloc.go, maxTinySize */
const TINY_BYTES = 16

/** Row of the object, NONE when goheap has none with its address. */
function find({ heap, finder }: Extracted, object: TruthObject): number {
  const i = finder.objectAt(object.address)
  if (i === NONE) return NONE
  return heap.objects.address[i] === object.address || object.bytes < TINY_BYTES ? i : NONE
}

/** Live objects are there and reachable, garbage is there and is not, freed objects are gone. */
export function compareStates(truth: Truth, extracted: Extracted, { reachable }: Analysis): string[] {
  const { heap } = extracted
  const wrong: string[] = []
  for (const object of truth.objects.values()) {
    const i = find(extracted, object)
    const name = `${object.label} (${hex(object.address)}, ${object.state})`
    if (object.state === 'freed') {
      // Pages of freed slots may serve other sizes by now.
      if (i !== NONE && heap.graph.size[i] >= object.bytes && heap.graph.size[i] < object.bytes * 1.15)
        wrong.push(`${name}: still there${reachable[i] ? ', and reachable' : ''}`)
    } else if (i === NONE) wrong.push(`${name}: no object there`)
    else if (heap.graph.size[i] < object.bytes) wrong.push(`${name}: a slot of ${heap.graph.size[i]} bytes`)
    else if (reachable[i] !== (object.state === 'live' ? 1 : 0))
      wrong.push(`${name}: reachable ${reachable[i]}`)
  }
  return wrong
}

/** Every recorded pointer is an edge, at its offset, and leads to the start of its object. */
export function compareRecordedEdges(truth: Truth, extracted: Extracted): string[] {
  const { edges } = extracted.heap.graph
  const wrong: string[] = []
  for (const edge of truth.edges) {
    const from = find(extracted, known(truth, edge.from))
    const to = find(extracted, known(truth, edge.to))
    let found = false
    if (from !== NONE) {
      for (let row = edges.first[from]; row < edges.first[from + 1]; row++) {
        found ||= edges.offset[row] === edge.offset && edges.target[row] === to
      }
    }
    if (!found) wrong.push(`${edge.from}${edge.path} at +${edge.offset}: no edge to ${edge.to}`)
  }
  return wrong
}

function known(truth: Truth, label: string): TruthObject {
  const object = truth.objects.get(label)
  if (!object) throw new Error(`the program recorded no object ${label}`)
  return object
}

/** Objects that a register of a preempted goroutine points at, which may be left over from anything. */
function heldByRegisters({ heap: { roots, graph } }: Extracted): Set<number> {
  const saved = new Set<number>()
  for (let r = 0; r < roots.count; r++) {
    const isSaved = roots.parent[r] !== NONE && SAVES_REGISTERS.test(roots.name[roots.parent[r]])
    const [first, end] = [graph.rootEdges.first[r], graph.rootEdges.first[r + 1]]
    if (isSaved) for (let row = first; row < end; row++) saved.add(graph.rootEdges.target[row])
  }
  return saved
}

export interface IdomComparison {
  wrong: string[]
  /**
   * Labels of objects that are dominated by nothing because a register of a preempted goroutine, as asyncPreempt saved
   * it, points at them: the collector is conservative there, and what the register held before is chance.
   */
  inRegisters: string[]
}

/** Immediate dominators, and how many objects each retains. */
export function compareIdoms(truth: Truth, extracted: Extracted, analysis: Analysis): IdomComparison {
  const { heap } = extracted
  const { roots } = heap
  const wrong: string[] = []
  const inRegisters: string[] = []
  const saved = heldByRegisters(extracted)
  const name = (node: number) => {
    if (node === NONE) return ''
    if (node < heap.objects.count) return `object ${hex(heap.objects.address[node])}`
    const root = node - heap.objects.count
    return `${ROOT_KINDS[roots.kind[root]]} ${roots.name[root]}`
  }
  for (const { of, idom, retained } of truth.idoms) {
    const object = find(extracted, known(truth, of))
    const isRoot = idom === '' || idom.startsWith('global ')
    const expected = isRoot ? idom : name(find(extracted, known(truth, idom)))
    const found = name(analysis.idom[object])
    if (found === '' && expected !== '' && saved.has(object)) inRegisters.push(of)
    else if (found !== expected)
      wrong.push(`${of}: dominated by ${found || 'nothing'}, not ${idom || 'nothing'}`)
    if (analysis.retainedCount[object] !== retained)
      wrong.push(`${of}: retains ${analysis.retainedCount[object]} objects, not ${retained}`)
  }
  return { wrong, inRegisters }
}

export interface StackComparison {
  /** Objects that are not held by the function that holds them. */
  holders: string[]
  /** Objects that are held by a variable of another name. */
  names: string[]
  /** Labels of objects that are held by a place in the right frame without the name of a variable. */
  unnamed: string[]
}

/** Objects that a stack holds: by which function, and by a variable of which name. */
export function compareStackRoots(truth: Truth, extracted: Extracted): StackComparison {
  const { roots, graph } = extracted.heap
  const holdersOf = new Map<number, string[]>()
  for (let r = 0; r < roots.count; r++) {
    for (let row = graph.rootEdges.first[r]; row < graph.rootEdges.first[r + 1]; row++) {
      const target = graph.rootEdges.target[row]
      const frame = roots.parent[r] === NONE ? '' : roots.name[roots.parent[r]]
      const holder = `${frame} ${roots.name[r]}`
      holdersOf.set(target, [...(holdersOf.get(target) ?? []), holder])
    }
  }
  const result: StackComparison = { holders: [], names: [], unnamed: [] }
  for (const { label, function: fn, variable } of truth.roots) {
    const all = holdersOf.get(find(extracted, known(truth, label))) ?? []
    const names = all
      .filter((holder) => holder.startsWith(`${fn} `))
      .map((holder) => holder.slice(fn.length + 1))
    if (names.length === 0)
      result.holders.push(`${label}: not held by ${fn}, but by ${all.join(' and ') || 'no root'}`)
    else if (names.every((name) => name.startsWith('['))) result.unnamed.push(label)
    else if (variable !== '' && !names.includes(variable))
      result.names.push(`${label}: not held by ${fn} ${variable}, but by ${names.join(' and ')}`)
  }
  return result
}

export interface TypeComparison {
  /** Recorded objects with a type. */
  count: number
  wrong: string[]
  /** Labels of objects that goheap says no type of. */
  unknown: string[]
  /** Labels of objects of which goheap knows a part: fewer elements than there are. */
  partial: string[]
}

/** Types that goheap claims. */
export function compareTypes(truth: Truth, extracted: Extracted): TypeComparison {
  const { heap } = extracted
  const result: TypeComparison = { count: 0, wrong: [], unknown: [], partial: [] }
  for (const object of truth.objects.values()) {
    if (object.type === undefined || object.length === undefined || object.state === 'freed') continue
    const i = find(extracted, object)
    if (i === NONE || object.bytes < TINY_BYTES) continue
    result.count++
    const type = heap.objects.type[i]
    if (type === NONE) {
      result.unknown.push(object.label)
      continue
    }
    const expected = flatten(object.type, object.length)
    const found = flatten(heap.types.rows[type].name, heap.objects.length[i])
    // A malloc header has the type of an element, not the length of an array: the rest of the slot may count.
    if (found.type !== expected.type)
      result.wrong.push(
        `${object.label}: ${found.length} x ${found.type}, not ${expected.length} x ${expected.type}`,
      )
    else if (found.length < expected.length) result.partial.push(object.label)
  }
  return result
}

/** Two arrays of three are six of the element. */
function flatten(type: string, length: number): { type: string; length: number } {
  const match = /^\[(\d+)\](.*)$/.exec(type)
  return match ? flatten(match[2], length * Number(match[1])) : { type, length }
}
