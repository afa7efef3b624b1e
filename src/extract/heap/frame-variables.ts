import { NONE, type TypeIndex } from '../../model/types.ts'
import type { Dwarf, DwarfTypeIndex, FrameVariable } from '../dwarf/dwarf.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'

/** A variable, or the part of one, that lies in a frame. */
export interface PlacedVariable {
  name: string
  /** Of the variable; NONE for a part of one. */
  type: TypeIndex
  /** [start, end): bytes from the frame's top (the canonical frame address of DWARF). */
  start: number
  end: number
  isArgument: boolean
}

/** A chain of typedefs longer than any program's. */
const MAX_TYPEDEFS = 100

/** Gives the variables that DWARF places in a frame. */
export type FrameVariableReader = (
  /** Run-time pc within the call instruction, or of the instruction that was interrupted. */
  pc: number,
  /** Return address of the call; undefined when interrupted. */
  returnsTo: number | undefined,
) => readonly PlacedVariable[]

/** Kept by pc: the same call site is met once for every goroutine that waits there. */
export function frameVariableReader(process: GoProcess, types: TypeCatalog): FrameVariableReader {
  const { dwarf } = process
  const known = new Map<number, readonly PlacedVariable[]>()
  return (pc, returnsTo) => {
    if (dwarf === undefined) return []
    let placed = known.get(pc)
    if (placed === undefined) {
      const before = variablesAt(dwarf, pc)
      // An argument that came in a register and was put aside is still in the register as the call begins, for
      // DWARF; where the call returns to, it is where it was put. What is placed at the call itself comes first.
      const after = returnsTo === undefined ? [] : variablesAt(dwarf, returnsTo)
      placed = [...before, ...after]
      known.set(pc, placed)
    }
    return placed
  }

  function variablesAt(dwarf: Dwarf, pc: number): PlacedVariable[] {
    return (
      dwarf
        .variablesAt(pc - process.core.bias)
        .flatMap((variable) => placesOf(dwarf, types, variable))
        // The narrowest first: where two overlap, it says more.
        .sort((a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start)
    )
  }
}

/** The variable that covers the word at `offset` from the frame's top. */
export function variableAt(variables: readonly PlacedVariable[], offset: number): PlacedVariable | undefined {
  return variables.find(({ start, end }) => offset >= start && offset < end)
}

function placesOf(dwarf: Dwarf, types: TypeCatalog, variable: FrameVariable): PlacedVariable[] {
  const size = sizeOf(dwarf, variable.type)
  const isArgument = variable.role !== 'local'
  const whole = wholePlace(variable, size)
  if (whole !== undefined) {
    const type = types.fromDwarf(variable.type)
    return [{ name: variable.name, type, start: whole, end: whole + Math.max(size, 1), isArgument }]
  }
  return variable.pieces.flatMap((piece) =>
    piece.kind === 'frame'
      ? [
          {
            name: variable.name,
            type: NONE,
            start: piece.offset,
            end: piece.offset + (piece.size ?? 8),
            isArgument,
          },
        ]
      : [],
  )
}

/** Offset of a variable that lies in the frame in one piece, or in pieces that follow each other. */
function wholePlace(variable: FrameVariable, size: number): number | undefined {
  const [first] = variable.pieces
  if (first === undefined || first.kind !== 'frame') return undefined
  let end = first.offset
  for (const piece of variable.pieces) {
    if (piece.kind !== 'frame' || piece.offset !== end) return undefined
    end += piece.size ?? size
  }
  return end - first.offset >= size ? first.offset : undefined
}

function sizeOf(dwarf: Dwarf, type: DwarfTypeIndex): number {
  let at = type
  for (let i = 0; i < MAX_TYPEDEFS && at >= 0; i++) {
    const row = dwarf.types[at]
    if (row === undefined) return 8
    if (row.size !== undefined) return row.size
    if (row.kind !== 'typedef') return 8
    at = row.type
  }
  return 8
}
