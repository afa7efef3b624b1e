import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { GoFacts } from './facts.ts'
import { decodeGcProgram } from './gc-program.ts'
import { type RtypeHeader, readArrayLength, readElement, readFields, readRtypeHeader } from './rtype.ts'

/**
 * Which words of a type can hold pointers, as the collector sees it. Memory laid out as consecutive elements of the
 * type has the mask over and over: word w (counted from the first element) is a pointer when
 * `words[w % (size / 8)]` is 1; entries past words.length are 0.
 */
export interface TypeMask {
  /**
   * Bytes after which the mask repeats, a multiple of 8 when there are pointers. An array's mask is that of its element:
   * its size is then the element's, so that a huge array costs nothing.
   */
  size: number
  /** Leading bytes of `size` that can hold pointers; 0: none. */
  pointerBytes: number
  /** One byte a word, pointerBytes / 8 of them: 1 for a pointer. */
  words: Uint8Array
}

/** A mask longer than this (a struct of 1 GiB) is not built. */
const MAX_MASK_WORDS = 2 ** 27
/** Nesting of real types ends far earlier; hostile ones run in circles. */
const MAX_DEPTH = 200

/** Masks by address of the abi.Type; works from plain data alone, so also in a worker. */
export class TypeMasks {
  readonly #memory: Memory
  readonly #facts: GoFacts
  readonly #known = new Map<number, TypeMask | undefined>()
  constructor(memory: Memory, facts: GoFacts) {
    this.#memory = memory
    this.#facts = facts
  }

  /** undefined when there is no valid descriptor at the address, or it or its mask is not in the core. */
  maskOf(typeAddress: number): TypeMask | undefined {
    return this.#maskOf(typeAddress, 0)
  }

  #maskOf(address: number, depth: number): TypeMask | undefined {
    const known = this.#known.get(address)
    if (known !== undefined || this.#known.has(address)) return known
    if (depth > MAX_DEPTH) return undefined
    const header = readRtypeHeader(this.#memory, this.#facts, address)
    const mask = header && readable(() => this.#read(header, depth))
    this.#known.set(address, mask)
    return mask
  }

  #read(header: RtypeHeader, depth: number): TypeMask | undefined {
    const { size, pointerBytes } = header
    if (pointerBytes === 0) return { size, pointerBytes: 0, words: NO_WORDS }
    if (header.kind === 'array') return this.#arrayMask(header, depth)
    const count = pointerBytes / 8
    if (count > MAX_MASK_WORDS) return undefined
    switch (header.maskForm) {
      case 'dummy':
      case 'bitmap':
        return { size, pointerBytes, words: this.#readBitmap(header.gcData, count) }
      case 'program': {
        const words = decodeGcProgram(this.#memory, header.gcData, count)
        return words && { size, pointerBytes, words }
      }
      case 'structure':
        // The runtime's own mask may not be made yet, or be half made: the structure always tells. runtime/type.go, buildGCMask.
        return this.#structMask(header, depth)
    }
  }

  #readBitmap(address: number, count: number): Uint8Array {
    const bits = this.#memory.readBytes(address, Math.ceil(count / 8))
    const words = new Uint8Array(count)
    for (let i = 0; i < count; i++) words[i] = (bits[i >> 3] >> (i & 7)) & 1
    return words
  }

  #arrayMask(header: RtypeHeader, depth: number): TypeMask | undefined {
    const element = this.#maskOf(readElement(this.#memory, header), depth + 1)
    if (element === undefined || element.pointerBytes === 0) return undefined
    // pointerBytes of an array end with those of its last element: cmd/compile/internal/types, PtrDataSize.
    const elementSize = header.size / readArrayLength(this.#memory, header)
    return elementSize % element.size === 0 ? element : undefined
  }

  #structMask(header: RtypeHeader, depth: number): TypeMask | undefined {
    if (header.kind !== 'struct') return undefined
    const fields = readFields(this.#memory, header)
    if (fields === undefined) return undefined
    const words = new Uint8Array(header.pointerBytes / 8)
    for (const field of fields) {
      const type = readRtypeHeader(this.#memory, this.#facts, field.type)
      if (type === undefined) return undefined
      if (type.pointerBytes === 0) continue
      const mask = this.#maskOf(field.type, depth + 1)
      if (mask === undefined || field.offset % 8 !== 0) return undefined
      if (field.offset + type.pointerBytes > header.pointerBytes) return undefined
      tileMask(mask, words.subarray(field.offset / 8, (field.offset + type.pointerBytes) / 8))
    }
    return { size: header.size, pointerBytes: header.pointerBytes, words }
  }
}

/** Repeats a mask over `words`, a partial last element included, as the collector does for a malloc header's type. */
export function tileMask(mask: TypeMask, words: Uint8Array): void {
  words.fill(0)
  if (mask.pointerBytes === 0) return
  const step = mask.size / 8
  for (let at = 0; at < words.length; at += step) {
    const room = words.length - at
    words.set(mask.words.length <= room ? mask.words : mask.words.subarray(0, room), at)
  }
}

const NO_WORDS = new Uint8Array(0)
