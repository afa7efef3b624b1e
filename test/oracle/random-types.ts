/**
 * Random Go types for generated programs. Sizes are computed as the compiler does, so that types can be made to lie
 * around the sizes at which the allocator changes its ways.
 */

/** Numbers from a seed, the same everywhere. mulberry32 */
export class Rng {
  #state: number
  constructor(seed: number) {
    this.#state = seed | 0
  }
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]
  }
}

/** Packages of a generated program, each of which may use the ones before it. Two have names of the same last element. */
export const PACKAGES = ['a/model', 'b/model', 'main'] as const
export type Package = (typeof PACKAGES)[number]
const ALIASES: Record<Package, string> = { 'a/model': 'amodel', 'b/model': 'bmodel', main: 'main' }

export interface Shape {
  size: number
  align: number
  isComparable: boolean
}

export interface Type extends Shape {
  kind: 'basic' | 'struct' | 'array' | 'slice' | 'ptr' | 'map' | 'chan' | 'func' | 'interface'
  /** The type as written in a package. */
  text: (from: Package) => string
  /** Types that it is made of. */
  parts: readonly Type[]
}

/** A declared type. Its size is known once it is complete: later declarations may hold it by value. */
export interface Named extends Type {
  name: string
  package: Package
  isComplete: boolean
  declaration: string
}

const basic = (name: string, size: number): Type => ({
  kind: 'basic',
  size,
  align: Math.min(8, name.startsWith('complex') ? size / 2 : size),
  isComparable: true,
  text: () => name,
  parts: [],
})

const SCALARS = [
  ['bool', 1],
  ['int8', 1],
  ['uint8', 1],
  ['uint16', 2],
  ['int32', 4],
  ['float32', 4],
  ['int', 8],
  ['uint64', 8],
  ['float64', 8],
  ['uintptr', 8],
  ['complex64', 8],
  ['complex128', 16],
].map(([name, size]) => basic(String(name), Number(size)))
const STRING: Type = { ...basic('string', 16), align: 8 }
const UNSAFE = basic('unsafe.Pointer', 8)
const ANY: Type = { ...basic('any', 16), align: 8, kind: 'interface', isComparable: false }
const BYTE = basic('byte', 1)

const WORD = { align: 8, isComparable: false }

export const pointerTo = (to: Type): Type => ({
  ...WORD,
  kind: 'ptr',
  size: 8,
  isComparable: true,
  text: (from) => `*${to.text(from)}`,
  parts: [to],
})
export const sliceOf = (of: Type): Type => ({
  ...WORD,
  kind: 'slice',
  size: 24,
  text: (from) => `[]${of.text(from)}`,
  parts: [of],
})
export const arrayOf = (of: Type, length: number): Type => ({
  kind: 'array',
  size: of.size * length,
  align: of.align,
  isComparable: of.isComparable,
  text: (from) => `[${length}]${of.text(from)}`,
  parts: [of],
})
export const mapOf = (key: Type, value: Type): Type => ({
  ...WORD,
  kind: 'map',
  size: 8,
  text: (from) => `map[${key.text(from)}]${value.text(from)}`,
  parts: [key, value],
})
const chanOf = (of: Type): Type => ({
  ...WORD,
  kind: 'chan',
  size: 8,
  isComparable: true,
  text: (from) => `chan ${of.text(from)}`,
  parts: [of],
})
const funcOf = (of: Type, result: Type): Type => ({
  ...WORD,
  kind: 'func',
  size: 8,
  text: (from) => `func(${of.text(from)}) ${result.text(from)}`,
  parts: [of, result],
})

/** Its struct has a field [0]*T, so that the program describes it; the pointer itself is untyped. */
export const atomicOf = (of: Type): Type => ({
  ...WORD,
  kind: 'struct',
  size: 8,
  text: (from) => `atomic.Pointer[${of.text(from)}]`,
  parts: [of],
})

export interface Field {
  name: string
  type: Type
  isEmbedded: boolean
}

export function layOut(fields: readonly Field[]): Shape {
  let size = 0
  let align = 1
  let endsWithNothing = false
  for (const { type } of fields) {
    size = Math.ceil(size / type.align) * type.align + type.size
    align = Math.max(align, type.align)
    endsWithNothing = type.size === 0
  }
  // A pointer to a last field without size must not point behind the struct. types/size.go, calcStructOffset
  if (endsWithNothing && size > 0) size++
  const isComparable = fields.every(({ type }) => type.isComparable)
  return { size: Math.ceil(size / align) * align, align, isComparable }
}

const structText = (fields: readonly Field[], from: Package) =>
  `struct { ${fields.map(({ name, type, isEmbedded }) => (isEmbedded ? type.text(from) : `${name} ${type.text(from)}`)).join('; ')} }`

/** Sizes in bytes to which structs are padded, or one word less or more: where slots, headers and spans change. */
const TARGETS = [8, 16, 24, 48, 64, 128, 512, 1024, 2048, 32768]

/** Draws types: those of a package from it and the ones before. */
export class TypeSource {
  readonly #rng: Rng
  readonly named: Named[] = []
  constructor(rng: Rng) {
    this.#rng = rng
  }

  /** Adds a type that later ones may refer to, and may hold once it is complete. */
  declare(pkg: Package, name: string, kind: Type['kind']): Named {
    const text = (from: Package) => (from === pkg ? name : `${ALIASES[pkg]}.${name}`)
    const type: Named = {
      ...{ kind, name, package: pkg, text, parts: [], declaration: '', isComplete: false },
      ...{ size: 0, align: 1, isComparable: false },
    }
    this.named.push(type)
    return type
  }

  /** Any type that may stand behind a pointer, slice or map in a package. */
  referred(pkg: Package, depth: number): Type {
    const known = this.#visible(pkg, () => true)
    return known.length > 0 && !this.#rng.chance(4) ? this.#rng.pick(known) : this.held(pkg, depth - 1, 4096)
  }

  /** A type whose size is known, of so many bytes at most. */
  held(pkg: Package, depth: number, mostBytes: number): Type {
    const rng = this.#rng
    const complete = this.#visible(pkg, (type) => type.isComplete && type.size <= mostBytes)
    if (complete.length > 0 && rng.chance(3)) return rng.pick(complete)
    switch (depth <= 0 ? rng.below(3) : rng.below(12)) {
      case 0:
        return rng.pick(SCALARS)
      case 1:
        return STRING
      case 2:
        return rng.chance(6) ? UNSAFE : rng.chance(3) ? ANY : rng.pick(SCALARS)
      case 3:
        return rng.pick([ANY, ...this.#visible(pkg, (type) => type.kind === 'interface')])
      case 4:
      case 5:
        return pointerTo(this.referred(pkg, depth))
      case 6:
      case 7:
        return sliceOf(this.referred(pkg, depth))
      case 8: {
        const of = this.held(pkg, depth - 1, Math.min(mostBytes / 2, 2000))
        return of.size === 0
          ? of
          : arrayOf(of, 1 + rng.below(Math.max(1, Math.min(5, Math.floor(mostBytes / of.size)))))
      }
      case 9:
        return mapOf(this.key(pkg, depth), this.referred(pkg, depth))
      case 10: {
        if (rng.chance(5)) return atomicOf(this.referred(pkg, depth))
        if (rng.chance(2)) return chanOf(this.held(pkg, depth - 1, 4096))
        return funcOf(rng.pick(SCALARS), rng.pick([STRING, ANY, ...SCALARS.slice(0, 2), pointerTo(STRING)]))
      }
      default: {
        const fields = this.fields(pkg, 1 + rng.below(3), depth - 1, Math.min(mostBytes, 200), {
          embed: false,
        })
        const shape = layOut(fields)
        if (shape.size > mostBytes) return STRING
        return {
          ...shape,
          kind: 'struct',
          text: (from) => structText(fields, from),
          parts: fields.map((field) => field.type),
        }
      }
    }
  }

  key(pkg: Package, depth: number): Type {
    const rng = this.#rng
    const isKey = (type: Named) => type.isComplete && type.isComparable && type.size > 0 && type.size < 400
    const known = this.#visible(pkg, isKey)
    if (known.length > 0 && rng.chance(3)) return rng.pick(known)
    if (rng.chance(5)) return pointerTo(this.referred(pkg, depth))
    if (rng.chance(8)) return ANY
    return rng.chance(2)
      ? STRING
      : rng.chance(4)
        ? arrayOf(STRING, 1 + rng.below(10))
        : rng.pick(SCALARS.slice(2))
  }

  fields(
    pkg: Package,
    count: number,
    depth: number,
    mostBytes: number,
    options: { embed: boolean },
  ): Field[] {
    const fields: Field[] = []
    const embedded = new Set<string>()
    for (let i = 0; i < count; i++) {
      const name = pkg === 'main' && this.#rng.chance(2) ? `f${i}` : `F${i}`
      const inner = this.#visible(
        pkg,
        (type) => type.isComplete && type.kind !== 'ptr' && type.size <= mostBytes,
      )
      if (options.embed && inner.length > 0 && this.#rng.chance(6)) {
        const type = this.#rng.pick(inner)
        if (!embedded.has(type.name) && !type.name.includes('[')) {
          embedded.add(type.name)
          const isPointer = type.kind === 'struct' && this.#rng.chance(3)
          fields.push({ name: type.name, type: isPointer ? pointerTo(type) : type, isEmbedded: true })
          continue
        }
      }
      fields.push({ name, type: this.held(pkg, depth, mostBytes), isEmbedded: false })
    }
    return fields
  }

  /** Fields of a struct of about a size at which something changes. */
  structFields(pkg: Package): Field[] {
    const rng = this.#rng
    if (rng.chance(3)) return this.fields(pkg, 1 + rng.below(7), 3, 5000, { embed: true })
    const target = rng.pick(TARGETS)
    const fields = this.fields(pkg, 1 + rng.below(4), 2, target, { embed: true })
    const rest = Math.floor((target - layOut(fields).size) / 8) + rng.below(3) - 1
    if (rest > 0) {
      const filler = rng.pick([
        arrayOf(BYTE, rest * 8),
        arrayOf(SCALARS[6], rest),
        arrayOf(pointerTo(STRING), rest),
      ])
      fields.splice(rng.below(fields.length + 1), 0, { name: 'Filler', type: filler, isEmbedded: false })
    }
    return fields
  }

  structText(fields: readonly Field[], pkg: Package): string {
    return structText(fields, pkg)
  }

  #visible(pkg: Package, fits: (type: Named) => boolean): Named[] {
    const reach = PACKAGES.indexOf(pkg)
    return this.named.filter((type) => PACKAGES.indexOf(type.package) <= reach && fits(type))
  }
}
