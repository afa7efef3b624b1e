import { NONE, type TypeIndex } from '../../model/types.ts'
import type { DwarfType, DwarfTypeIndex } from '../dwarf/dwarf.ts'
import type { GoProcess } from './process.ts'
import type { TypeCatalog } from './type-catalog.ts'

/**
 * Structs of the program by what lies inside them, from DWARF: a type need not have a row yet. A pointer to a value, or
 * a slice of an array, may lead into a larger value of which they are a part; this says which types that can be.
 */
export class TypeContainers {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  #parts: Parts | undefined
  readonly #firsts = new Map<TypeIndex, readonly DwarfTypeIndex[]>()

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
      found = this.#listBeginningWith(this.#catalog.dwarfOf(type))
      this.#firsts.set(type, found)
    }
    return found
      .filter((at) => {
        const bytes = this.#types[at].size ?? 0
        return bytes > size && bytes >= least && bytes <= most
      })
      .map((at) => this.#catalog.fromDwarf(at))
  }

  /**
   * Types with an array of `type` inside that takes up, in one value of them or in one of several consecutive ones, the
   * bytes from `start` to `end` of an object. Their sizes are such that one value, or several, take at least `least` and
   * at most `most` bytes. Types that are nothing but such an array are not among them.
   */
  withArray(type: TypeIndex, start: number, end: number, least: number, most: number): ArrayContainer[] {
    const part = this.#catalog.dwarfOf(type)
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
      const row = this.#catalog.fromDwarf(run.type)
      if (row === NONE) continue
      if (isOne) found.set(`${row}`, { type: row, isRepeated: false })
      if (isMany) found.set(`${row} repeated`, { type: row, isRepeated: true })
    }
    return [...found.values()]
  }

  get #types(): readonly DwarfType[] {
    return this.#process.dwarf?.types ?? []
  }

  #listBeginningWith(start: DwarfTypeIndex): readonly DwarfTypeIndex[] {
    if (start === NONE) return []
    const { first } = this.#listParts()
    const seen = new Set([start])
    const queue = [start]
    const structs: DwarfTypeIndex[] = []
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const whole of first.get(at) ?? []) {
        if (seen.has(whole)) continue
        seen.add(whole)
        queue.push(whole)
        if (this.#types[whole].goKind === STRUCT) structs.push(whole)
      }
    }
    return structs
  }

  #listParts(): Parts {
    if (this.#parts !== undefined) return this.#parts
    const parts: Parts = { first: new Map(), arrays: new Map() }
    this.#types.forEach((entry, at) => {
      const bytes = entry.size ?? 0
      if (bytes === 0 || bytes > MAX_BYTES) return
      if (entry.goKind === STRUCT) {
        for (const { type, offset } of entry.members) {
          const part = this.#resolve(type)
          // A field without size before it lies at 0 as well.
          if (offset === 0 && this.#sizeOf(part) > 0) addTo(parts.first, part, at)
        }
        const runs = new Runs()
        this.#listRuns(at, 0, runs, 0)
        for (const [type, start, end] of runs.all()) {
          if (start !== 0 || end !== bytes) addTo(parts.arrays, type, { type: at, whole: bytes, start, end })
        }
      } else if (entry.goKind === ARRAY && (entry.length ?? 0) > 0) {
        addTo(parts.first, this.#resolve(entry.type), at)
      }
    })
    this.#parts = parts
    return parts
  }

  /** The arrays in a type, those of arrays in arrays and of structs in arrays too. */
  #listRuns(at: DwarfTypeIndex, base: number, runs: Runs, depth: number): void {
    const entry = this.#types[at]
    if (entry === undefined || depth > MAX_DEPTH || runs.isFull) return
    if (entry.goKind === STRUCT) {
      for (const { type, offset } of entry.members) {
        this.#listRuns(this.#resolve(type), base + offset, runs, depth + 1)
      }
    } else if (entry.goKind === ARRAY) {
      const element = this.#resolve(entry.type)
      const size = this.#sizeOf(element)
      const length = entry.length ?? 0
      if (size === 0 || length === 0) return
      runs.add(element, base, base + size * length)
      const inner = this.#types[element].goKind
      if (inner !== STRUCT && inner !== ARRAY) return
      for (let i = 0; i < length && !runs.isFull; i++) {
        this.#listRuns(element, base + i * size, runs, depth + 1)
      }
    }
  }

  #sizeOf(at: DwarfTypeIndex): number {
    const entry = this.#types[at]
    if (entry === undefined) return 0
    return entry.size ?? (entry.kind === 'pointer' || entry.kind === 'typedef' ? 8 : 0)
  }

  /** Past the typedef entries that repeat the name of what they stand for. */
  #resolve(type: DwarfTypeIndex): DwarfTypeIndex {
    let at = type
    for (let depth = 0; depth < MAX_DEPTH && at >= 0; depth++) {
      const { kind, goKind, type: target } = this.#types[at]
      if (kind !== 'typedef' || goKind !== 0) break
      at = target
    }
    return at
  }
}

export interface ArrayContainer {
  type: TypeIndex
  /** False: the object is one value of the type. True: two or more consecutive ones. */
  isRepeated: boolean
}

interface Parts {
  /** Structs and arrays that begin with the type. */
  first: Map<DwarfTypeIndex, DwarfTypeIndex[]>
  /** Arrays of the type inside structs. */
  arrays: Map<DwarfTypeIndex, ArrayPart[]>
}

/** An array inside a struct. Bytes from its start. */
interface ArrayPart {
  type: DwarfTypeIndex
  /** Size of the struct. */
  whole: number
  start: number
  end: number
}

/** Arrays inside one struct; those of one element type that adjoin each other are one, as in an array of arrays. */
class Runs {
  readonly #ends = new Map<DwarfTypeIndex, [start: number, end: number][]>()
  #count = 0

  get isFull(): boolean {
    return this.#count >= MAX_RUNS
  }

  add(type: DwarfTypeIndex, start: number, end: number): void {
    const runs = this.#ends.get(type)
    const last = runs?.at(-1)
    if (last !== undefined && last[1] === start) last[1] = end
    else {
      this.#count++
      if (runs === undefined) this.#ends.set(type, [[start, end]])
      else runs.push([start, end])
    }
  }

  *all(): Generator<[DwarfTypeIndex, number, number]> {
    for (const [type, runs] of this.#ends) for (const [start, end] of runs) yield [type, start, end]
  }
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** reflect.Kind */
const ARRAY = 17
const STRUCT = 25

/** Larger values are not asked for: larger objects know their types, but for Go 1.21, and those without pointers. */
const MAX_BYTES = 1 << 20
const MAX_DEPTH = 100
/** Arrays inside one struct; an array of a thousand structs with arrays inside has more than anyone asks for. */
const MAX_RUNS = 4096
