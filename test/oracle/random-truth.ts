import { readFileSync } from 'node:fs'
import type { Analysis } from '../../src/model/heap-graph.ts'
import { NONE } from '../../src/model/types.ts'
import type { Extracted } from './extracted.ts'

/** What a program of random types says of its heap: see fixtures/programs/tangle/write.go. */
export interface RandomTruth {
  /** By id. */
  readonly objects: readonly RandomObject[]
  readonly edges: readonly RandomEdge[]
  readonly roots: readonly RandomRoot[]
}

export interface RandomObject {
  id: number
  address: number
  /** Bytes of the value; of maps and closures not all. */
  bytes: number
  kind: 'values' | 'map' | 'chan' | 'closure'
  /** Of one element; key and value of a map; element of a channel, #length if it lies inside; code of a closure. */
  type: string
  /** Address of the runtime's descriptor of the element's type. */
  runtime: number
  /** Types of which a value consists throughout: elements of an array, the only field of a struct. */
  made?: string[]
  /** Bytes of one element of values. */
  size: number
  count: number
  live: boolean
}

export interface RandomEdge {
  /** object, map (the word lies in what the map keeps its slots in), or `global NAME`. */
  holder: string
  /** Object or map; -1 for a global. */
  from: number
  /** Address of the pointer word. */
  word: number
  path: string
  to: number
  /** Bytes into the target. */
  offset: number
  /** What the pointer says it leads to, if it does. */
  as?: string
  /** Elements that a slice or string reaches. */
  count?: number
}

export interface RandomRoot {
  to: number
  function: string
  variable: string
}

type Line =
  | ({ record: 'object' } & RandomObject)
  | ({ record: 'edge' } & RandomEdge)
  | ({ record: 'root' } & RandomRoot)

export function readRandomTruth(path: string): RandomTruth {
  const objects: RandomObject[] = []
  const edges: RandomEdge[] = []
  const roots: RandomRoot[] = []
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    if (text === '') continue
    const line: Line = JSON.parse(text)
    if (line.record === 'object') objects[line.id] = line
    else if (line.record === 'edge') edges.push(line)
    else roots.push(line)
  }
  return { objects, edges, roots }
}

const hex = (address: number) => `0x${address.toString(16)}`
const label = ({ id, kind, type, count, address }: RandomObject) =>
  `object ${id} at ${hex(address)} (${kind} of ${count} x ${type})`

/** Row of an object that begins at its address, NONE when there is none. */
function findObject({ heap, finder }: Extracted, { address }: RandomObject): number {
  const i = finder.objectAt(address)
  return i !== NONE && heap.objects.address[i] === address ? i : NONE
}

/** Live objects are there and reachable; dropped ones are not reachable. */
export function compareLife(truth: RandomTruth, extracted: Extracted, { reachable }: Analysis): string[] {
  const wrong: string[] = []
  for (const object of truth.objects) {
    const i = findObject(extracted, object)
    if (i === NONE) wrong.push(`${label(object)}: no object there`)
    else if (extracted.heap.graph.size[i] < object.bytes) wrong.push(`${label(object)}: too small a slot`)
    else if ((reachable[i] === 1) !== object.live)
      wrong.push(`${label(object)}: ${object.live ? 'live, but not' : 'dead, but'} reachable`)
  }
  return wrong
}

export interface RandomTypes {
  count: number
  wrong: string[]
  /** Objects said to be what they are made of: five T, of a type that is [5]T. */
  parts: string[]
  /** Objects that generic code allocated, of which no more than their layout is known. */
  shaped: string[]
  unknown: string[]
  liveUnknown: string[]
  /** Fewer elements than there are. */
  partial: string[]
}

/** The types that goheap claims. */
export function compareRandomTypes(truth: RandomTruth, extracted: Extracted): RandomTypes {
  const { heap } = extracted
  const result: RandomTypes = {
    count: 0,
    wrong: [],
    parts: [],
    shaped: [],
    unknown: [],
    liveUnknown: [],
    partial: [],
  }
  const seenAs = pointeesOf(truth)
  for (const object of truth.objects) {
    const i = findObject(extracted, object)
    if (i === NONE) continue
    result.count++
    const type = heap.objects.type[i]
    if (type === NONE) {
      result.unknown.push(label(object))
      if (object.live) result.liveUnknown.push(label(object))
      continue
    }
    const { size, runtimeAddress } = heap.types.rows[type]
    const name = withoutScope(heap.types.rows[type].name)
    const length = heap.objects.length[i]
    const claim = `${label(object)}, ${object.live ? 'live' : 'dead'}, slot ${heap.graph.size[i]}: said to be ${length} x ${name} of ${size} bytes by source ${heap.objects.typeSource[i]}`
    if (object.kind !== 'values') {
      if (!expectedNames(object).includes(name)) result.wrong.push(claim)
      continue
    }
    const expected = flatten(object.type, object.count)
    const found = flatten(name, length)
    const isSame =
      found.type === expected.type &&
      size / flatten(name, 1).length === unitSize(object) &&
      (name !== object.type || runtimeAddress === undefined || runtimeAddress === object.runtime)
    const bytes = object.count * object.size
    if (isSame) {
      if (found.length < expected.length) result.partial.push(claim)
      else if (found.length > expected.length && isLengthExact(extracted, i, object))
        result.wrong.push(`${claim}: too many`)
    } else if (object.made?.some((part) => flatten(part, 1).type === found.type)) {
      if (length * size === bytes || !isLengthExact(extracted, i, object)) result.parts.push(claim)
      else result.wrong.push(`${claim}: not ${bytes} bytes`)
    } else if (name.startsWith('go.shape.') && size === object.size) result.shaped.push(claim)
    else
      result.wrong.push(
        `${claim}; pointed to as ${[...(seenAs.get(object.id) ?? [])].join(' and ') || 'nothing'}`,
      )
  }
  return result
}

/** Two arrays of three are six of the element. */
function flatten(type: string, length: number): { type: string; length: number } {
  const match = /^\[(\d+)\](.*)$/.exec(type)
  return match ? flatten(match[2], length * Number(match[1])) : { type, length }
}

/** Types of functions of one name are told apart by a number, which reflect leaves out. */
const withoutScope = (name: string) => name.replace(/·\d+/g, '')

const unitSize = (object: RandomObject) => object.size / flatten(object.type, 1).length

/** Rows that the parts of maps, channels and closures may be. */
function expectedNames({ kind, type }: RandomObject): string[] {
  if (kind === 'map') return [`hash<${type}>`, `map<${type}>`]
  if (kind === 'closure') return [`closure ${type}`]
  const [element, buffered] = type.split('#')
  return [`hchan<${element}>${buffered === undefined ? '' : `[${buffered}]`}`]
}

/** What the pointers to each object say that they lead to. */
function pointeesOf(truth: RandomTruth): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>()
  for (const { to, as } of truth.edges) {
    if (as === undefined) continue
    const seen = found.get(to) ?? new Set()
    found.set(to, seen.add(flatten(as, 1).type))
  }
  return found
}

/** Objects that are not arrays, and those whose mask ends where their last element does. */
function isLengthExact({ heap }: Extracted, i: number, object: RandomObject): boolean {
  const s = heap.objects.span[i]
  const { noscan, headerSize, slotSize } = heap.spans
  return (
    (object.count === 1 && object.made === undefined) ||
    (noscan[s] === 0 && headerSize[s] === 0 && slotSize[s] <= 512)
  )
}

/** Every recorded pointer is an edge, with its offset and target. */
export function compareRandomEdges(truth: RandomTruth, extracted: Extracted): string[] {
  const { finder, heap } = extracted
  const { edges } = heap.graph
  const wrong: string[] = []
  for (const edge of truth.edges) {
    if (edge.holder.startsWith('global')) continue
    const source = finder.objectAt(edge.word)
    const name = `${edge.holder} ${edge.from}${edge.path} at ${hex(edge.word)}`
    if (source === NONE) {
      wrong.push(`${name}: no object there`)
      continue
    }
    const to = truth.objects[edge.to]
    let isThere = false
    for (let row = edges.first[source]; row < edges.first[source + 1]; row++) {
      isThere ||=
        heap.objects.address[source] + edges.offset[row] === edge.word &&
        heap.objects.address[edges.target[row]] + edges.targetOffset[row] === to.address + edge.offset
    }
    if (!isThere) wrong.push(`${name}: no edge to ${label(to)}+${edge.offset}`)
  }
  return wrong
}

export interface PathComparison {
  count: number
  wrong: string[]
  /** Captured variables without their names. */
  unnamed: string[]
  /** Pointers whose source is typed, and that have no path. */
  missing: string[]
}

/** Paths that the views pointers and root_pointers give, of pointers whose source has the type that it has. */
export function comparePaths(
  truth: RandomTruth,
  extracted: Extracted,
  paths: {
    /** By address of the pointer word. */
    objects: ReadonlyMap<number, string | null>
    /** Names of globals with the paths in them. */
    globals: ReadonlySet<string>
  },
): PathComparison {
  const { heap, finder } = extracted
  const result: PathComparison = { count: 0, wrong: [], unnamed: [], missing: [] }
  for (const edge of truth.edges) {
    const name = `${edge.holder} ${edge.from} at ${hex(edge.word)}, ${edge.path}`
    if (edge.holder.startsWith('global ')) {
      const key = `${edge.holder.slice('global '.length)}${edge.path}`
      result.count++
      if (!paths.globals.has(key)) result.wrong.push(`${name}: the view has no ${key}`)
      continue
    }
    const source = finder.objectAt(edge.word)
    if (source === NONE || heap.objects.type[source] === NONE) continue
    const type = heap.types.rows[heap.objects.type[source]]
    if (edge.holder === 'object' && !isTypeRight(truth.objects[edge.from], withoutScope(type.name))) continue
    result.count++
    const path = paths.objects.get(edge.word)
    const length = heap.objects.length[source]
    const where = `${name} in ${length} x ${type.name}`
    if (path === undefined || path === null) result.missing.push(where)
    else {
      const isRight =
        edge.holder === 'map'
          ? isSlotPath(path, edge.path)
          : isSamePath(path, edge.path, truth.objects[edge.from], { name: type.name, length })
      if (!isRight && isUnnamedCapture(path, edge.path)) result.unnamed.push(where)
      else if (!isRight) result.wrong.push(`${where}: ${path}`)
    }
  }
  return result
}

/**
 * What a closure captures, without the name: its fields are X0, X1, ... up to Go 1.22, and later where the optimiser left
 * nothing of the variable. cmd/compile/internal/typecheck/func.go, ClosureType
 */
function isUnnamedCapture(path: string, expected: string): boolean {
  return /^\.X\d/.test(path) && path.replace(/^\.X\d+/, '') === expected.replace(/^\.\w+/, '')
}

function isTypeRight(object: RandomObject, name: string): boolean {
  return object.kind === 'values'
    ? flatten(object.type, 1).type === flatten(name, 1).type
    : expectedNames(object).includes(name)
}

/** The same, or, where a view takes an array of arrays for one array, the same element. */
function isSamePath(
  path: string,
  expected: string,
  object: RandomObject,
  claim: { name: string; length: number },
): boolean {
  if (path === expected) return true
  if (object.kind !== 'values') return false
  return elementOf(path, claim.name, claim.length) === elementOf(expected, object.type, object.count)
}

/** The path with its leading indexes, one for each array that the object is, made one number. */
function elementOf(path: string, type: string, length: number): string {
  let rest = path
  let element = 0
  const dimensions = [...(length > 1 ? [length] : []), ...dimensionsOf(type)]
  for (const [depth, dimension] of dimensions.entries()) {
    const match = /^\[(\d+)\]/.exec(rest)
    if (match === null) return path
    element = depth === 0 ? Number(match[1]) : element * dimension + Number(match[1])
    rest = rest.slice(match[0].length)
  }
  return `[${element}]${rest}`
}

function dimensionsOf(type: string): number[] {
  const match = /^\[(\d+)\](.*)$/.exec(type)
  return match ? [Number(match[1]), ...dimensionsOf(match[2])] : []
}

/** `.slots[3].elem` of a swiss map, `.elems[3]` of split groups, `.values[3]` of buckets, and then the value's own path. */
function isSlotPath(path: string, expected: string): boolean {
  const rest = expected.slice(expected.startsWith('key') ? 3 : 4)
  const ways = expected.startsWith('key')
    ? ['.slots[#].key', '.keys[#]']
    : ['.slots[#].elem', '.elems[#]', '.values[#]']
  return (
    path.endsWith(rest) &&
    ways.includes(
      path
        .slice(0, path.length - rest.length)
        .replace(/^\[\d+\]/, '')
        .replace(/\[\d+\]/, '[#]'),
    )
  )
}
