/** Field of a runtime struct. Bytes. */
export interface FieldLayout {
  offset: number
  size: number
  /** Qualified type name as DWARF has it, e.g. `*runtime.mspan`. */
  type: string
}

/** A named array type of the runtime. Bytes from one element to the next. */
export interface ArrayLayout {
  length: number
  stride: number
}

/**
 * A runtime struct's layout. Paths reach into nested structs: `sched.sp`. A typed atomic (`internal/runtime/atomic.Uint32`,
 * `runtime/internal/atomic.Uint8`) is transparent: the path of the atomic itself is the path of its value.
 */
export interface StructLayout {
  readonly name: string
  readonly size: number
  has(path: string): boolean
  /** Throws GoheapError 'unsupported' naming struct and field when absent. */
  field(path: string): FieldLayout
  /** Shorthand for field(path).offset. */
  offset(path: string): number
}

/**
 * Layouts, constants and variables of one runtime. Comes from the binary's DWARF, or from a shipped table when
 * stripped; readers ask it and never a version number.
 */
export interface Layouts {
  /** Throws 'unsupported' when absent; use hasStruct to ask first. Names as in DWARF: `runtime.mspan`, `internal/abi.Type`. */
  struct(name: string): StructLayout
  hasStruct(name: string): boolean
  /** undefined when absent. */
  array(name: string): ArrayLayout | undefined
  /** DW_TAG_constant by qualified name, e.g. `runtime._KindSpecialFinalizer`. */
  constant(name: string): number | undefined
  /** Run-time address of a package variable (bias added), e.g. `runtime.mheap_`. */
  variable(name: string): number | undefined
}
