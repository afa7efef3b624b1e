import { NONE, type TypeIndex } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { dynamicType, partOf } from './type-parts.ts'

/** A stretch of data or bss with a type: a variable, or what a variable leads to. */
export interface TypedData {
  /** As a Go expression: `net/http.errs`; what is behind it: `*net/http.conf.next`, `net/http.errs[:]`, `*io.EOF.(*errors.errorString)`. */
  name: string
  address: number
  size: number
  type: TypeIndex
}

interface Target {
  address: number
  type: TypeIndex
  nameBy: (way: string) => string
}

/** More stretches than any program has; ends what damaged data makes of itself. */
const MAX_STATICS = 2 ** 20
/** Structs and arrays within each other. */
const MAX_DEPTH = 64

/** Names the compiler gives its statics. cmd/compile/internal/staticinit, StaticName. */
const STATIC_NAME = /\.\.stmp_\d+$/

/**
 * Finds the compiler's own variables (`..stmp_`): composite literals behind pointers, slices and interfaces of the
 * variables that they initialise. DWARF does not have them, and the symbol table only what another linker has linked
 * (programs with cgo): there, what leads to one must be of its size. Each is named by the way that leads there.
 * `variables` are all that have a name, by address. The result is by address, none covering another; a stretch that
 * two ways give different types is left out.
 */
export function findStatics(
  process: GoProcess,
  types: TypeCatalog,
  variables: readonly TypedData[],
): TypedData[] {
  const { memory, modules } = process
  const { rows } = types.table
  const found = new Map<string, TypedData>()
  const queue: TypedData[] = variables.filter(({ type }) => type !== NONE && rows[type].pointerBytes !== 0)
  for (let next = 0; next < queue.length && found.size < MAX_STATICS; next++) {
    const from = queue[next]
    visitPointers(from.type, 0, (offset, type) => follow(from, offset, type), 0)
  }
  return withoutConflicts([...found.values()])

  /** Calls `visit` with each pointer, slice and interface of a value. */
  function visitPointers(
    type: TypeIndex,
    offset: number,
    visit: (offset: number, type: TypeIndex) => void,
    depth: number,
  ): void {
    if (type === NONE || depth > MAX_DEPTH) return
    const { kind, pointerBytes, fields, element, length = 0 } = rows[type]
    if (pointerBytes === 0) return
    if (kind === 'ptr' || kind === 'slice' || kind === 'interface') visit(offset, type)
    if (kind === 'struct') {
      for (const field of fields) visitPointers(field.type, offset + field.offset, visit, depth + 1)
    }
    if (kind === 'array' && element !== NONE) {
      const { size } = rows[element]
      for (let i = 0; i < length; i++) visitPointers(element, offset + i * size, visit, depth + 1)
    }
  }

  function follow(from: TypedData, offset: number, type: TypeIndex): void {
    const target = readable(() => targetOf(from.address + offset, type))
    if (target === undefined || target.type === NONE || !isData(target.address)) return
    const { size, pointerBytes } = rows[target.type]
    if (size === 0 || pointerBytes === 0 || isOther(target.address, size)) return
    const key = `${target.address} ${target.type}`
    if (found.has(key)) return
    const { path } = partOf(types, from.type, offset, rows[type].size, type)
    // What a pointer leads to is named without the star in a longer path, as in Go.
    const way = `${from.name.replace(/^\*|\[:\]$/g, '')}${path}`
    const data = { name: target.nameBy(way), address: target.address, size, type: target.type }
    found.set(key, data)
    queue.push(data)
  }

  /** What a pointer, slice or interface at `word` leads to, and its name by that of the word. */
  function targetOf(word: number, type: TypeIndex): Target | undefined {
    const { kind, element } = rows[type]
    const first = memory.readWord(word)
    if (first === 0) return undefined
    if (kind === 'ptr') return { address: first, type: element, nameBy: (way) => `*${way}` }
    if (kind === 'slice') {
      const capacity = memory.readWord(word + 16)
      if (element === NONE || capacity === 0 || !isData(first)) return undefined
      if (!isData(first + capacity * rows[element].size - 1)) return undefined
      if (capacity === 1) return { address: first, type: element, nameBy: (way) => `${way}[0]` }
      return { address: first, type: types.arrayOf(element, capacity), nameBy: (way) => `${way}[:]` }
    }
    const address = memory.readWord(word + 8)
    if (!isData(address)) return undefined
    const dynamic = dynamicType(process, types, first, types.isEmptyInterface(type))
    if (dynamic === NONE) return undefined
    const { kind: kindOfValue, name, size, pointerBytes, element: pointed } = rows[dynamic]
    if (kindOfValue === 'ptr') return { address, type: pointed, nameBy: (way) => `*${way}.(${name})` }
    // Of what else lies in the interface itself, it is not known what it points at.
    if (size === 8 && pointerBytes === 8) return undefined
    return { address, type: dynamic, nameBy: (way) => `${way}.(${name})` }
  }

  function isData(address: number): boolean {
    return modules.some(
      ({ data, edata, bss, ebss }) =>
        (address >= data && address < edata) || (address >= bss && address < ebss),
    )
  }

  /** Whether the stretch is of a variable, or is not the whole of a static. */
  function isOther(address: number, size: number): boolean {
    let low = 0
    let high = variables.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (variables[middle].address <= address) low = middle + 1
      else high = middle
    }
    if (low === 0) return false
    const variable = variables[low - 1]
    if (address >= variable.address + variable.size) return false
    return !isUntypedStatic(variable) || address !== variable.address || size !== variable.size
  }
}

/** Whether it is a static of which only the symbol is known. */
export function isUntypedStatic({ name, type }: TypedData): boolean {
  return type === NONE && STATIC_NAME.test(name)
}

/** The widest of those that cover each other; none of those that cross, or are of one size and two types. */
function withoutConflicts(all: TypedData[]): TypedData[] {
  all.sort((a, b) => a.address - b.address || b.size - a.size || a.type - b.type)
  const kept: TypedData[] = []
  let end = 0
  let isDoubtful = false
  for (const data of all) {
    const last = kept.at(-1)
    if (data.address >= end) {
      kept.push(data)
      end = data.address + data.size
      isDoubtful = false
    } else if (!isDoubtful && last !== undefined) {
      const isSame = data.address === last.address && data.size === last.size
      const crosses = data.address + data.size > end
      if (isSame || crosses) {
        kept.pop()
        isDoubtful = true
      }
      end = Math.max(end, data.address + data.size)
    } else end = Math.max(end, data.address + data.size)
  }
  return kept
}
