import { TYPE_KINDS, type TypeKind } from '../../model/types.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { GoFacts } from './facts.ts'

/**
 * The runtime's own descriptors of types: internal/abi/type.go. The offsets below are those of every release that
 * goheap reads (a test holds them against each one's DWARF), so that a worker needs no DWARF to read a mask.
 * What a descriptor claims is checked before it is believed: an address that leads to other bytes gives undefined.
 */

/** abi.Type, and the first words of what follows it. Bytes. */
export const RTYPE = {
  size: 0,
  pointerBytes: 8,
  hash: 16,
  flags: 20,
  align: 21,
  kind: 23,
  gcData: 32,
  name: 40,
  bytes: 48,
  /** ArrayType, ChanType, PtrType, SliceType: Elem; MapType: Key; StructType, InterfaceType: PkgPath. */
  first: 48,
  mapElement: 56,
  /** StructType.Fields, InterfaceType.Methods. */
  slice: 56,
  arrayLength: 64,
} as const

/** abi.StructField */
const FIELD = { name: 0, type: 8, offset: 16, bytes: 24 } as const

/** abi.TFlag */
export const TFLAG = { uncommon: 1, extraStar: 2, named: 4, maskIsSpecial: 16 } as const
/** abi.KindMask and abi.KindGCProg (Go <= 1.23). */
const KIND_MASK = 31
const KIND_GC_PROGRAM = 64
/** abi.KindDirectIface, up to Go 1.25, and abi.TFlagDirectIface, from 1.26 on: one bit of either, unused in the other. */
const DIRECT = 1 << 5
/** User addresses of amd64 and arm64. */
const MAX_ADDRESS = 2 ** 47
/** cmd/compile/internal/types, MaxWidth: programs do name arrays that no memory holds, to slice them. */
const MAX_TYPE_BYTES = 2 ** 50
/** reflect.StructOf and the compiler allow more; no program has them. */
const MAX_FIELDS = 1 << 16
const MAX_NAME_BYTES = 1 << 16

/**
 * Does an interface hold the value itself in its data word? By the descriptor of its type: up to Go 1.25 a struct of a
 * pointer and a field without bytes is copied, from 1.26 on it is not. cmd/compile/internal/types/type.go, IsDirectIface.
 * Faults as Memory does.
 */
export function isDirectType(memory: Memory, address: number): boolean {
  return ((memory.readU8(address + RTYPE.flags) | memory.readU8(address + RTYPE.kind)) & DIRECT) !== 0
}

/** The part of a descriptor that all kinds share. Sizes in bytes. */
export interface RtypeHeader {
  address: number
  size: number
  /** Leading bytes that can hold pointers. */
  pointerBytes: number
  hash: number
  flags: number
  kind: TypeKind
  /** Where the pointer mask, or what stands for it, lies. */
  gcData: number
  /**
   * bitmap: gcData is the mask. program: gcData is a program that makes it. structure: the runtime makes it when it first
   * needs it, from the type's parts. dummy: a mask without a type, which the runtime makes of a program.
   */
  maskForm: 'bitmap' | 'program' | 'structure' | 'dummy'
}

export interface RtypeField {
  name: string
  offset: number
  /** Address of its descriptor. */
  type: number
  isEmbedded: boolean
  /** Empty when there is none. */
  tag: string
}

/**
 * The header of the descriptor at an address; undefined when the bytes there cannot be one. A dummy has kind
 * 'backing': nothing but its size and mask mean anything.
 */
export function readRtypeHeader(memory: Memory, facts: GoFacts, address: number): RtypeHeader | undefined {
  if (!isAddress(address) || address % 8 !== 0) return undefined
  return readable(() => {
    const flags = memory.readU8(address + RTYPE.flags)
    const kindByte = memory.readU8(address + RTYPE.kind)
    const isSpecial = (flags & TFLAG.maskIsSpecial) !== 0
    const isDummy = isSpecial && facts.holds.unrolledBitmap
    const kind = kindOf(kindByte & KIND_MASK)
    const header: RtypeHeader = {
      address,
      size: memory.readWord(address + RTYPE.size),
      pointerBytes: memory.readWord(address + RTYPE.pointerBytes),
      hash: memory.readU32(address + RTYPE.hash),
      flags,
      kind: kind ?? 'backing',
      gcData: memory.readWord(address + RTYPE.gcData),
      maskForm: isDummy
        ? 'dummy'
        : isSpecial && facts.holds.gcMaskOnDemand
          ? 'structure'
          : (kindByte & KIND_GC_PROGRAM) !== 0 && facts.holds.gcPrograms
            ? 'program'
            : 'bitmap',
    }
    if (kind === undefined && !isDummy) return undefined
    return isPlausible(header, memory) ? header : undefined
  })
}

function isPlausible(header: RtypeHeader, memory: Memory): boolean {
  const { size, pointerBytes, kind, maskForm } = header
  if (!(size <= MAX_TYPE_BYTES && pointerBytes <= size && pointerBytes % 8 === 0)) return false
  if (pointerBytes > 0 && (size % 8 !== 0 || !isAddress(header.gcData))) return false
  const fixed = FIXED_SIZES[kind]
  if (fixed !== undefined && fixed !== size) return false
  if (maskForm === 'dummy') return pointerBytes > 0
  const align = memory.readU8(header.address + RTYPE.align)
  return align >= 1 && align <= 64 && (align & (align - 1)) === 0 && size % align === 0
}

/** Sizes that follow from the kind on 64-bit machines. */
const FIXED_SIZES: Partial<Record<TypeKind, number>> = {
  bool: 1,
  int: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  uintptr: 8,
  float32: 4,
  float64: 8,
  complex64: 8,
  complex128: 16,
  chan: 8,
  func: 8,
  interface: 16,
  map: 8,
  ptr: 8,
  slice: 24,
  string: 16,
  'unsafe.Pointer': 8,
}

/** Name of reflect.Kind's number: TYPE_KINDS lists them in its order from 1 on. */
export function kindOf(number: number): TypeKind | undefined {
  return number >= 1 && number <= 26 ? TYPE_KINDS[number - 1] : undefined
}

/** Address of the element's descriptor (array, chan, ptr, slice: Elem; map: Elem); 0 for other kinds. Faults as Memory does. */
export function readElement(memory: Memory, header: RtypeHeader): number {
  switch (header.kind) {
    case 'array':
    case 'chan':
    case 'ptr':
    case 'slice':
      return memory.readWord(header.address + RTYPE.first)
    case 'map':
      return memory.readWord(header.address + RTYPE.mapElement)
    default:
      return 0
  }
}

export function readArrayLength(memory: Memory, header: RtypeHeader): number {
  return memory.readWord(header.address + RTYPE.arrayLength)
}

/** Methods of an interface. */
export function readMethodCount(memory: Memory, header: RtypeHeader): number {
  return memory.readWord(header.address + RTYPE.slice + 8)
}

/** Fields of a struct; undefined when they contradict its size. Faults as Memory does. */
export function readFields(memory: Memory, header: RtypeHeader): RtypeField[] | undefined {
  const first = memory.readWord(header.address + RTYPE.slice)
  const count = memory.readWord(header.address + RTYPE.slice + 8)
  if (count > MAX_FIELDS || (count > 0 && !isAddress(first))) return undefined
  const fields: RtypeField[] = []
  for (let i = 0; i < count; i++) {
    const at = first + i * FIELD.bytes
    const name = readName(memory, memory.readWord(at + FIELD.name))
    const offset = memory.readWord(at + FIELD.offset)
    if (name === undefined || offset > header.size) return undefined
    fields.push({
      name: name.text,
      offset,
      type: memory.readWord(at + FIELD.type),
      isEmbedded: name.isEmbedded,
      tag: name.tag,
    })
  }
  return fields
}

/** abi.Name */
export interface RtypeName {
  text: string
  isEmbedded: boolean
  /** Of a struct field; empty when there is none. */
  tag: string
}

/** A flag byte, a varint length, the bytes; then a tag in the same way. undefined when it is none. Faults as Memory does. */
export function readName(memory: Memory, address: number): RtypeName | undefined {
  if (!isAddress(address)) return undefined
  const flags = memory.readU8(address)
  const text = readCounted(memory, address + 1)
  if (text === undefined) return undefined
  const tag = (flags & NAME_HAS_TAG) === 0 ? undefined : readCounted(memory, text.end)
  return { text: text.value, isEmbedded: (flags & NAME_IS_EMBEDDED) !== 0, tag: tag?.value ?? '' }
}

const NAME_HAS_TAG = 2
const NAME_IS_EMBEDDED = 8

function readCounted(memory: Memory, address: number): { value: string; end: number } | undefined {
  let length = 0
  let at = address
  for (let shift = 0; ; shift += 7) {
    if (shift > 14) return undefined
    const byte = memory.readU8(at++)
    length |= (byte & 0x7f) << shift
    if ((byte & 0x80) === 0) break
  }
  if (length > MAX_NAME_BYTES) return undefined
  return { value: decoder.decode(memory.readBytes(at, length)), end: at + length }
}

const decoder = new TextDecoder()

export function isAddress(word: number): boolean {
  return word >= 4096 && word < MAX_ADDRESS
}
