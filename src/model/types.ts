/** Row numbers into the tables of a heap. Node: objects are 0..objects-1, roots follow (root r is objects + r). */
export type TypeIndex = number
export type ObjectIndex = number
export type RootIndex = number
export type NodeIndex = number
export type SpanIndex = number

/** "No row": absent type, object, span or parent in Int32Array columns. */
export const NONE = -1

/** Kinds as in Go's reflect, then goheap's own for what has no reflect kind. */
export const TYPE_KINDS = [
  'bool',
  'int',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'uintptr',
  'float32',
  'float64',
  'complex64',
  'complex128',
  'array',
  'chan',
  'func',
  'interface',
  'map',
  'ptr',
  'slice',
  'string',
  'struct',
  'unsafe.Pointer',
  /** A group of a swiss map, or a bucket of an old one. */
  'map group',
  /** A func value's heap object: program counter, then captured variables. */
  'closure',
  /** A runtime structure goheap names itself (hchan with its buffer, a tiny block, ...). */
  'backing',
] as const
export type TypeKind = (typeof TYPE_KINDS)[number]

export interface TypeField {
  name: string
  /** Bytes from the start of the type. */
  offset: number
  type: TypeIndex
  isEmbedded: boolean
}

/** One Go type. Sizes in bytes. */
export interface GoType {
  /** Unique, fully qualified by import path: `net/http.Header`, `*example.com/a/b.T`, `[]uint8`. */
  name: string
  /** Import path of a named type; undefined for unnamed ones. */
  package: string | undefined
  kind: TypeKind
  size: number
  /** Leading bytes that can hold pointers, 0 for none; undefined when not known. */
  pointerBytes: number | undefined
  /** Pointed-to type, slice / array / chan element, map value; NONE otherwise or when not known. */
  element: TypeIndex
  /** Map key; NONE otherwise. */
  key: TypeIndex
  /** Array length; undefined otherwise. */
  length: number | undefined
  /** Address of the runtime's descriptor (abi.Type) in the process; undefined for types known from DWARF only. */
  runtimeAddress: number | undefined
  /** Struct fields, closure captures, parts of a map group, by offset. Empty otherwise. */
  fields: readonly TypeField[]
}

/** All Go types of the process: at most some ten thousand, so plain objects. Rows are only ever appended. */
export interface TypeTable {
  readonly rows: GoType[]
  /** By address of the runtime descriptor. */
  readonly byRuntimeAddress: Map<number, TypeIndex>
  readonly byName: Map<string, TypeIndex>
}
