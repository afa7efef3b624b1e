import { NONE, type TypeIndex } from '../../model/types.ts'
import type { GoProcess } from './process.ts'
import type { TypeCatalog } from './type-catalog.ts'
import { openPartTypes, type PartId, type PartType, type PartTypes } from './type-parts.ts'

/**
 * Structs of the program by what lies inside them: a type need not have a row yet. A pointer to a value, or a slice of
 * an array, may lead into a larger value of which they are a part; this says which types that can be.
 */
export class TypeContainers {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  #known: PartTypes | undefined
  #parts: Parts | undefined
  readonly #firsts = new Map<TypeIndex, readonly PartId[]>()

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
  }

  /**
   * Types of more bytes than `type`, and of at least `least` and at most `most`, that begin with a value of it.
   * Arrays of it are not among them.
   */
  beginningWith(type: TypeIndex, least: number, most: number): TypeIndex[] {
    const { size } = this.#catalog.table.rows[type]
    let found = this.#firsts.get(type)
    if (found === undefined) {
      found = this.#listBeginningWith(this.#all.idOf(type))
      this.#firsts.set(type, found)
    }
    return found
      .filter((at) => {
        const bytes = this.#sizeOf(at)
        return bytes > size && bytes >= least && bytes <= most
      })
      .map((at) => this.#all.rowOf(at))
  }

  /**
   * Types with an array of `type` inside that takes up, in one value of them or in one of several consecutive ones, the
   * bytes from `start` to `end` of an object. Their sizes are such that one value, or several, take at least `least` and
   * at most `most` bytes. Types that are nothing but such an array are not among them.
   */
  withArray(type: TypeIndex, start: number, end: number, least: number, most: number): ArrayContainer[] {
    const part = this.#all.idOf(type)
    const runs = part === NONE ? [] : (this.#listParts().arrays.get(part) ?? [])
    const found = new Map<string, ArrayContainer>()
    for (const run of runs) {
      const length = end - start
      if (run.end - run.start < length || run.whole > most) continue
      const holds = (place: number) => place >= run.start && place + length <= run.end
      const isOne = run.whole >= least && holds(start)
      const isMany =
        run.whole * 2 <= most && Math.floor(most / run.whole) * run.whole >= least && holds(start % run.whole)
      if (!isOne && !isMany) continue
      const row = this.#all.rowOf(run.type)
      if (row === NONE) continue
      if (isOne) found.set(`${row}`, { type: row, isRepeated: false })
      if (isMany) found.set(`${row} repeated`, { type: row, isRepeated: true })
    }
    return [...found.values()]
  }

  get #all(): PartTypes {
    this.#known ??= openPartTypes(this.#process, this.#catalog)
    return this.#known
  }

  #sizeOf(id: PartId): number {
    return this.#all.types.get(id)?.size ?? 0
  }

  #listBeginningWith(start: PartId): readonly PartId[] {
    if (start === NONE) return []
    const { first } = this.#listParts()
    const seen = new Set([start])
    const queue = [start]
    const structs: PartId[] = []
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const whole of first.get(at) ?? []) {
        if (seen.has(whole)) continue
        seen.add(whole)
        queue.push(whole)
        const { kind, isDescribed } = this.#all.types.get(whole) ?? {}
        if (kind === 'struct' && isDescribed) structs.push(whole)
      }
    }
    return structs
  }

  #listParts(): Parts {
    if (this.#parts !== undefined) return this.#parts
    const parts: Parts = { first: new Map(), arrays: new Map() }
    for (const [id, entry] of this.#all.types) {
      if (entry.size === 0 || entry.size > MAX_BYTES) continue
      if (entry.kind === 'struct') {
        for (const { type, offset } of entry.members) {
          // A field without size before it lies at 0 as well.
          if (offset === 0 && this.#sizeOf(type) > 0) addTo(parts.first, type, id)
        }
        if (!entry.isDescribed) continue
        const runs = new Runs()
        this.#listRuns(entry, 0, runs, 0)
        for (const [type, start, end] of runs.all()) {
          if (start !== 0 || end !== entry.size)
            addTo(parts.arrays, type, { type: id, whole: entry.size, start, end })
        }
      } else if (entry.kind === 'array' && entry.length > 0) addTo(parts.first, entry.element, id)
    }
    this.#parts = parts
    return parts
  }

  /** The arrays in a type, those of arrays in arrays and of structs in arrays too. */
  #listRuns(entry: PartType, base: number, runs: Runs, depth: number): void {
    if (depth > MAX_DEPTH || runs.isFull) return
    if (entry.kind === 'struct') {
      for (const { type, offset } of entry.members) {
        const member = this.#all.types.get(type)
        if (member !== undefined) this.#listRuns(member, base + offset, runs, depth + 1)
      }
    } else if (entry.kind === 'array') {
      const element = this.#all.types.get(entry.element)
      if (element === undefined || element.size === 0 || entry.length === 0) return
      runs.add(entry.element, base, base + element.size * entry.length)
      if (element.kind === 'other') return
      for (let i = 0; i < entry.length && !runs.isFull; i++) {
        this.#listRuns(element, base + i * element.size, runs, depth + 1)
      }
    }
  }
}

export interface ArrayContainer {
  type: TypeIndex
  /** False: the object is one value of the type. True: two or more consecutive ones. */
  isRepeated: boolean
}

interface Parts {
  /** Structs and arrays that begin with the type. */
  first: Map<PartId, PartId[]>
  /** Arrays of the type inside structs. */
  arrays: Map<PartId, ArrayPart[]>
}

/** An array inside a struct. Bytes from its start. */
interface ArrayPart {
  type: PartId
  /** Size of the struct. */
  whole: number
  start: number
  end: number
}

/** Arrays inside one struct; those of one element type that adjoin each other are one, as in an array of arrays. */
class Runs {
  readonly #ends = new Map<PartId, [start: number, end: number][]>()
  #count = 0

  get isFull(): boolean {
    return this.#count >= MAX_RUNS
  }

  add(type: PartId, start: number, end: number): void {
    const runs = this.#ends.get(type)
    const last = runs?.at(-1)
    if (last !== undefined && last[1] === start) last[1] = end
    else {
      this.#count++
      if (runs === undefined) this.#ends.set(type, [[start, end]])
      else runs.push([start, end])
    }
  }

  *all(): Generator<[PartId, number, number]> {
    for (const [type, runs] of this.#ends) for (const [start, end] of runs) yield [type, start, end]
  }
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** Larger values are not asked for: larger objects know their types, but for Go 1.21, and those without pointers. */
const MAX_BYTES = 1 << 20
const MAX_DEPTH = 100
/** Arrays inside one struct; an array of a thousand structs with arrays inside has more than anyone asks for. */
const MAX_RUNS = 4096
