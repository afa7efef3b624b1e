import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { GoFacts } from './facts.ts'
import { decodeGcProgram } from './gc-program.ts'
import { type RtypeHeader, readArrayLength, readElement, readFields, readRtypeHeader } from './rtype.ts'

/**
 * Which words of a type can hold pointers, as the collector sees it. Memory laid out as consecutive elements of the
 * type has the mask over and over: word w, counted from the first element, can hold a pointer when w % (size / 8) is
 * in `pointerWords`.
 */
export interface TypeMask {
  /**
   * Bytes after which the mask repeats, a multiple of 8 when there are pointers. An array's mask is that of its element:
   * its size is then the element's, so that a huge array costs nothing.
   */
  readonly size: number
  /** Leading bytes of `size` that can hold pointers; 0: none. */
  readonly pointerBytes: number
  /** Numbers of the pointer words, ascending, each below pointerBytes / 8. Empty: no pointers. */
  readonly pointerWords: Uint32Array
}

/** Words of all masks together (1 GiB of struct types); what hostile descriptors claim beyond is not read. */
const MAX_WORDS = 2 ** 27
/** Nesting of real types ends far earlier; hostile ones run in circles. */
const MAX_DEPTH = 200

/** Masks by address of the abi.Type. Works from plain data alone, so also in a worker. */
export class TypeMasks {
  readonly #memory: Memory
  readonly #facts: GoFacts
  readonly #known = new Map<number, TypeMask | undefined>()
  #wordsLeft = MAX_WORDS
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
    // A type that claims to contain itself finds this, and has no mask.
    this.#known.set(address, undefined)
    const header = readRtypeHeader(this.#memory, this.#facts, address)
    const mask = header && readable(() => this.#read(header, depth))
    this.#known.set(address, mask)
    return mask
  }

  #read(header: RtypeHeader, depth: number): TypeMask | undefined {
    const { size, pointerBytes } = header
    if (pointerBytes === 0) return { size, pointerBytes: 0, pointerWords: NO_WORDS }
    if (header.kind === 'array') return this.#arrayMask(header, depth)
    const count = pointerBytes / 8
    if (count > this.#wordsLeft) return undefined
    this.#wordsLeft -= count
    switch (header.maskForm) {
      case 'dummy':
      case 'bitmap': {
        const bits = this.#memory.readBytes(header.gcData, Math.ceil(count / 8))
        return { size, pointerBytes, pointerWords: wordsOfBits(bits, count) }
      }
      case 'program': {
        const bits = decodeGcProgram(this.#memory, header.gcData, count)
        return bits && { size, pointerBytes, pointerWords: wordsOfBits(bits, count) }
      }
      case 'structure':
        // The runtime's own mask may not be made yet, or half made: the structure always tells. runtime/type.go, buildGCMask.
        return this.#structMask(header, depth)
    }
  }

  #arrayMask(header: RtypeHeader, depth: number): TypeMask | undefined {
    const element = this.#maskOf(readElement(this.#memory, header), depth + 1)
    if (element === undefined || element.pointerBytes === 0) return undefined
    const elementSize = header.size / readArrayLength(this.#memory, header)
    return elementSize % element.size === 0 ? element : undefined
  }

  #structMask(header: RtypeHeader, depth: number): TypeMask | undefined {
    if (header.kind !== 'struct') return undefined
    const fields = readFields(this.#memory, header)
    if (fields === undefined) return undefined
    const bits = new Uint8Array(Math.ceil(header.pointerBytes / 64))
    for (const field of fields) {
      const type = readRtypeHeader(this.#memory, this.#facts, field.type)
      if (type === undefined) return undefined
      if (type.pointerBytes === 0) continue
      const mask = this.#maskOf(field.type, depth + 1)
      const end = field.offset + type.pointerBytes
      if (mask === undefined || field.offset % 8 !== 0 || end > header.pointerBytes) return undefined
      forEachPointer(mask, type.pointerBytes / 8, (word) => {
        const at = field.offset / 8 + word
        bits[at >> 3] |= 1 << (at & 7)
      })
    }
    const { size, pointerBytes } = header
    return { size, pointerBytes, pointerWords: wordsOfBits(bits, pointerBytes / 8) }
  }
}

/** Calls back with each pointer word below `words` of consecutive elements, ascending; a partial last element included. */
export function forEachPointer(mask: TypeMask, words: number, found: (word: number) => void): void {
  const { pointerWords } = mask
  if (pointerWords.length === 0) return
  for (let element = 0; element < words; element += mask.size / 8) {
    for (let i = 0; i < pointerWords.length; i++) {
      const word = element + pointerWords[i]
      if (word >= words) return
      found(word)
    }
  }
}

function wordsOfBits(bits: Uint8Array, count: number): Uint32Array {
  let set = 0
  for (let i = 0; i < count; i++) set += (bits[i >> 3] >> (i & 7)) & 1
  const words = new Uint32Array(set)
  let next = 0
  for (let i = 0; i < count; i++) if ((bits[i >> 3] >> (i & 7)) & 1) words[next++] = i
  return words
}

const NO_WORDS = new Uint32Array(0)
