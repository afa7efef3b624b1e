import { NONE, type TypeIndex } from '../../model/types.ts'
import type { DwarfType, DwarfTypeIndex } from '../dwarf/dwarf.ts'
import type { GoProcess } from './process.ts'
import type { TypeCatalog } from './type-catalog.ts'

/** What a pointer proves of the memory around it: `count` consecutive values of `type`, `offset` bytes into the object. */
export interface Inside {
  type: TypeIndex
  offset: number
  /** undefined: one value, which may be an element of an array or not. A slice's values are elements of one array. */
  count: number | undefined
}

/** A type that an object of some size can be, given what is inside it. */
export interface Container {
  type: TypeIndex
  /** False: the object is one value of the type. True: two or more consecutive ones. */
  isArray: boolean
}

/** Structs of the whole program by what they contain, from DWARF: a type need not have a row yet. */
export class TypeContainers {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  #parents: Map<DwarfTypeIndex, Parent[]> | undefined
  readonly #known = new Map<string, readonly Container[] | undefined>()

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
  }

  /**
   * All types of which one value (of at least `least` and at most `most` bytes), or several consecutive ones, have that
   * inside. undefined when it cannot be said: a type that DWARF does not know, or too many.
   */
  find(inside: Inside, least: number, most: number): readonly Container[] | undefined {
    const key = `${inside.type} ${inside.offset} ${inside.count ?? ''} ${least} ${most}`
    let found = this.#known.get(key)
    if (found === undefined && !this.#known.has(key)) {
      found = this.#search(inside, least, most)
      this.#known.set(key, found)
    }
    return found
  }

  #search({ type, offset, count }: Inside, least: number, most: number): readonly Container[] | undefined {
    const start = this.#catalog.dwarfOf(type)
    const { size } = this.#catalog.table.rows[type]
    if (start === NONE || size === 0 || most > MAX_BYTES) return undefined
    const found = new Map<string, Container>()
    const note = (row: TypeIndex, isArray: boolean) => {
      if (row !== NONE) found.set(`${row} ${isArray}`, { type: row, isArray })
    }
    // An array that is an allocation of its own is several values of its element.
    if (canRepeat(size, least, most) && offset % size === 0) note(type, true)
    const queue: { at: DwarfTypeIndex; place: number }[] = []
    const seen = new Set<string>()
    const push = (at: DwarfTypeIndex, place: number) => {
      const mark = `${at} ${place}`
      if (seen.has(mark) || place > offset) return
      seen.add(mark)
      queue.push({ at, place })
    }
    if (count === undefined) push(start, 0)
    else {
      for (const { type: array, length } of this.#parentsOf(start)) {
        for (let i = 0; length > 0 && i + count <= length && i * size <= offset; i++) push(array, i * size)
      }
    }
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (seen.size > MAX_PLACES) return undefined
      const { at, place } = next
      const entry = this.#types[at]
      const bytes = entry.size ?? 0
      if (entry.goKind === STRUCT) {
        if (place === offset && bytes >= least && bytes <= most) note(this.#catalog.fromDwarf(at), false)
        if (canRepeat(bytes, least, most) && (offset - place) % bytes === 0)
          note(this.#catalog.fromDwarf(at), true)
      }
      for (const parent of this.#parentsOf(at)) {
        if ((this.#types[parent.type].size ?? 0) > most) continue
        if (parent.length === 0) push(parent.type, place + parent.offset)
        for (let i = 0; i < parent.length && place + i * bytes <= offset; i++)
          push(parent.type, place + i * bytes)
      }
    }
    return [...found.values()]
  }

  get #types(): readonly DwarfType[] {
    return this.#process.dwarf?.types ?? []
  }

  #parentsOf(type: DwarfTypeIndex): readonly Parent[] {
    this.#parents ??= this.#listParents()
    return this.#parents.get(type) ?? []
  }

  #listParents(): Map<DwarfTypeIndex, Parent[]> {
    const parents = new Map<DwarfTypeIndex, Parent[]>()
    const add = (part: DwarfTypeIndex, parent: Parent) => {
      const at = this.#resolve(part)
      const list = parents.get(at)
      if (list === undefined) parents.set(at, [parent])
      else list.push(parent)
    }
    this.#types.forEach((entry, type) => {
      if ((entry.size ?? 0) > MAX_BYTES) return
      if (entry.goKind === STRUCT) {
        for (const member of entry.members) add(member.type, { type, offset: member.offset, length: 0 })
      } else if (entry.goKind === ARRAY && (entry.length ?? 0) > 0) {
        add(entry.type, { type, offset: 0, length: entry.length ?? 0 })
      }
    })
    return parents
  }

  /** Past the typedef entries that repeat the name of what they stand for. */
  #resolve(type: DwarfTypeIndex): DwarfTypeIndex {
    let at = type
    for (let depth = 0; depth < 100 && at >= 0; depth++) {
      const { kind, goKind, type: target } = this.#types[at]
      if (kind !== 'typedef' || goKind !== 0) break
      at = target
    }
    return at
  }
}

interface Parent {
  type: DwarfTypeIndex
  /** Of the member in a struct. */
  offset: number
  /** Of an array; 0 for a struct. */
  length: number
}

/** reflect.Kind */
const ARRAY = 17
const STRUCT = 25

/** Larger objects have malloc headers, but for Go 1.21. */
const MAX_BYTES = 4096
/** Ends the search of what nearly every struct contains. */
const MAX_PLACES = 20_000

/** True when two or more values of that size can fill an object of at least `least` and at most `most` bytes. */
const canRepeat = (size: number, least: number, most: number) =>
  size > 0 && size * 2 <= most && Math.floor(most / size) * size >= least
