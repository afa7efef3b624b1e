/**
 * What goheap reads of a Go binary's DWARF 4 or 5. Addresses are link-time addresses: add Core.bias.
 * Types are named by their row in `Dwarf.types`.
 */
export type DwarfTypeIndex = number

export type DwarfTypeKind =
  | 'base'
  | 'struct'
  | 'union'
  | 'array'
  | 'pointer'
  | 'typedef'
  | 'subroutine'
  | 'other'

export interface DwarfMember {
  name: string
  offset: number
  type: DwarfTypeIndex
  isEmbedded: boolean
}

export interface DwarfType {
  kind: DwarfTypeKind
  name: string
  /** Bytes; undefined when the entry has none (typedefs, some pointers). */
  size: number | undefined
  /** DW_AT_go_kind: reflect.Kind's number; 0 when absent. */
  goKind: number
  /** Pointed-to, array element or typedef'd type (DW_AT_type), -1 when absent. */
  type: DwarfTypeIndex
  /** DW_AT_go_elem, DW_AT_go_key: slice / chan / map element, map key; -1 when absent. */
  element: DwarfTypeIndex
  key: DwarfTypeIndex
  /** Array length, of all dimensions together; undefined otherwise. */
  length: number | undefined
  members: readonly DwarfMember[]
  /**
   * DW_AT_go_runtime_type: offset of the runtime's descriptor from runtime.types; undefined when absent or 0. Up to
   * Go 1.22 `uintptr` alone has the descriptor's link-time address instead.
   */
  runtimeTypeOffset: number | undefined
  /** DW_AT_go_dict_index of a shape typedef; undefined when absent. */
  dictIndex: number | undefined
}

export interface DwarfGlobal {
  name: string
  address: number
  type: DwarfTypeIndex
}

/** Where a variable is at one pc. */
export type VariablePiece =
  /** In memory at canonical frame address + offset. */
  | { kind: 'frame'; offset: number; size: number | undefined }
  /** In a DWARF register. */
  | { kind: 'register'; register: number; size: number | undefined }
  /** Optimised out, or an expression that is not read. */
  | { kind: 'unknown'; size: number | undefined }

export interface FrameVariable {
  name: string
  /** formal_parameter without DW_AT_variable_parameter (inputs), with it (results), or a local. */
  role: 'argument' | 'result' | 'local'
  type: DwarfTypeIndex
  /** Empty when it has no location at that pc. One piece unless DW_OP_piece splits it. */
  pieces: readonly VariablePiece[]
  /**
   * Lives on the heap: the location holds the variable's address. The name starts with `&` and the type is the
   * pointer's; -1 when the binary describes no such pointer type.
   */
  isIndirect: boolean
  /**
   * The place is from a location list, not for all pcs. Go's compiler then leaves the pieces out when it keeps a single part
   * of the variable, whichever. cmd/compile/internal/ssa/debug.go, buildLocationLists.
   */
  isListed: boolean
  /**
   * For each piece the pc from which on it has had that place up to the pc asked about; -Infinity without a list. Of two
   * variables in one place the later one is there: Go's lists do not end when the place is used anew.
   */
  since: readonly number[]
}

/** A variable of a call that was inlined into the function. */
export interface InlinedVariable extends FrameVariable {
  /** Inlined calls that it is in: 1 for one of a call that the function itself makes. */
  callDepth: number
}

export interface CapturedVariable {
  name: string
  /** Bytes from the start of the closure object (DW_AT_go_closure_offset). */
  offset: number
  type: DwarfTypeIndex
}

export interface DwarfFunction {
  name: string
  lowPc: number
  highPc: number
}

/** A call that the compiler inlined. */
export interface InlinedCall {
  /** Name of the function that was inlined. */
  function: string
  /** Index into the file names of the unit's line table, and the line, of the call. */
  callFile: number | undefined
  callLine: number | undefined
}

/** Row r is the code [lowPcs[r], highPcs[r]). A function whose code is in several places has several rows. */
export interface FunctionTable {
  readonly lowPcs: Float64Array
  readonly highPcs: Float64Array
  /** Offset of the subprogram's entry in .debug_info. */
  readonly offsets: Float64Array
}

export interface Dwarf {
  readonly types: readonly DwarfType[]
  /** Package variables with a fixed address, by address. */
  readonly globals: readonly DwarfGlobal[]
  /** DW_TAG_constant entries by qualified name, the first of each. Those that a Number cannot hold are left out. */
  readonly constants: ReadonlyMap<string, number>
  /**
   * Type row by qualified name; the first when several share it. Types of other languages come last, and those local
   * to a function (the shape typedefs `.param1` of generics) are left out.
   */
  readonly typesByName: ReadonlyMap<string, DwarfTypeIndex>
  functionAt(pc: number): DwarfFunction | undefined
  /**
   * Variables in scope of the function (not of calls inlined into it) with their place at pc, in the order of the
   * entries. Entries are parsed on demand. A return address lies behind its call: ask for the byte before it too.
   */
  variablesAt(pc: number): readonly FrameVariable[]
  /** Variables of the calls inlined at pc, with their place there. */
  inlinedVariablesAt(pc: number): readonly InlinedVariable[]
  /**
   * Who ever uses the frame of the function at pc: one row for each place in it that a variable of the function, or of a
   * call inlined into it, has at any pc. The same row may come several times.
   */
  frameUsesOf(pc: number): readonly FrameVariable[]
  /**
   * Captured variables of the closure whose code starts at pc, by offset; empty when it captures none or DWARF does not
   * tell (Go <= 1.22). Not always all: one that the optimiser reads straight from the closure has no entry, so that
   * there may be gaps, at the end too, and the closure may be longer than this tells.
   */
  capturedBy(pc: number): readonly CapturedVariable[]
  /** Calls inlined at pc into the function there, innermost first. */
  inlinedAt(pc: number): readonly InlinedCall[]
  /** Code of all functions, by address. */
  readonly functions: FunctionTable
  /** What the parser had to skip: one message a kind. */
  readonly warnings: readonly string[]
}
