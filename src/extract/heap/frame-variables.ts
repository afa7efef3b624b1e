import { NONE, type TypeIndex } from '../../model/types.ts'
import type { FrameVariable } from '../dwarf/dwarf.ts'
import type { JoinedDwarf } from '../dwarf/join.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { partOf, type TypePart } from './type-parts.ts'

/** A variable, or the part of one, that lies in a frame. */
export interface PlacedVariable {
  /** Of a part: with the path to it, `list.ptr`. */
  name: string
  /** NONE when it is not known. */
  type: TypeIndex
  /** [start, end): bytes from the frame's top (the canonical frame address of DWARF). */
  start: number
  end: number
  isArgument: boolean
  /** The pc since when it has been there. */
  since: number
  /** Inlined calls that it is in: 0 for a variable of the frame's own function. */
  callDepth: number
  /**
   * Of an argument that is an interface's data word alone: where its first word lies, from which its type follows.
   * undefined when that is not in the frame, and for all others.
   */
  interfaceWord?: { offset: number; isEmpty: boolean }
}

/** Gives the variables that DWARF places in a frame. */
export type FrameVariableReader = (
  /** Run-time pc within the call instruction, or of the instruction that was interrupted. */
  pc: number,
  /** Return address of the call; undefined when interrupted. */
  returnsTo: number | undefined,
  /** The function's stack objects. */
  objects: readonly Extent[],
) => readonly PlacedVariable[]

/** [start, end): bytes from the frame's top. */
export interface Extent {
  start: number
  end: number
}

/** Kept by pc: the same call site is met once for every goroutine that waits there. */
export function frameVariableReader(process: GoProcess, types: TypeCatalog): FrameVariableReader {
  const { dwarf } = process
  const known = new Map<number, readonly PlacedVariable[]>()
  return (pc, returnsTo, objects) => {
    if (dwarf === undefined) return []
    let placed = known.get(pc)
    if (placed === undefined) {
      const before = [...inlinedAt(dwarf, pc, objects), ...ownAt(dwarf, pc, objects)]
      // An argument that came in a register and was put aside is still in the register as the call begins, for
      // DWARF; where the call returns to, it is where it was put. What is placed at the call itself comes first.
      // Calls inlined there have not begun.
      const after = returnsTo === undefined ? [] : ownAt(dwarf, returnsTo, objects)
      placed = [...before.sort(latestFirst), ...after.sort(latestFirst)]
      known.set(pc, placed)
    }
    return placed
  }

  function ownAt(dwarf: JoinedDwarf, pc: number, objects: readonly Extent[]): PlacedVariable[] {
    const variables = dwarf.variablesAt(pc - process.core.bias)
    return joinInterfaces(
      types,
      variables.flatMap((variable) => placesOf(types, variable, 0, objects)),
    )
  }

  function inlinedAt(dwarf: JoinedDwarf, pc: number, objects: readonly Extent[]): PlacedVariable[] {
    const variables = dwarf.inlinedVariablesAt(pc - process.core.bias)
    return joinInterfaces(
      types,
      variables.flatMap((variable) => placesOf(types, variable, variable.callDepth, objects)),
    )
  }
}

/**
 * Tells the data words of interfaces where the first words are. The compiler can also make two variables `x.itab` (or
 * `x.type`) and `x.data` of one, of the types uintptr and *uint8 whatever they hold. cmd/compile/internal/ssa/func.go,
 * SplitInterface.
 */
function joinInterfaces(types: TypeCatalog, places: PlacedVariable[]): PlacedVariable[] {
  const isVague = (type: TypeIndex) => type === NONE || types.table.rows[type].name === '*uint8'
  const firstWords = new Map<string, { offset: number; isEmpty: boolean }>()
  for (const { name, start, callDepth } of places) {
    const match = /^(.*)\.(itab|type)$/.exec(name)
    if (match !== null) {
      firstWords.set(`${match[1]} ${callDepth}`, { offset: start, isEmpty: match[2] === 'type' })
    }
  }
  return places.map((place) => {
    if (!place.name.endsWith('.data') || !isVague(place.type)) return place
    const known = firstWords.get(`${place.name.slice(0, -'.data'.length)} ${place.callDepth}`)
    // Among the locals the first word's place may hold another one's by now.
    const interfaceWord = place.start >= 0 && known !== undefined && known.offset >= 0 ? known : undefined
    return { ...place, type: NONE, ...(interfaceWord ? { interfaceWord } : {}) }
  })
}

/**
 * Those that have come to their place last first: of others there, DWARF may not know that they are gone. Then the narrowest:
 * it says more. Of those with the same value, the function's own.
 */
function latestFirst(a: PlacedVariable, b: PlacedVariable): number {
  if (a.since !== b.since) return b.since - a.since
  return a.end - a.start - (b.end - b.start) || a.callDepth - b.callDepth || a.start - b.start
}

/** The variable that covers the word at `offset` from the frame's top. */
export function variableAt(variables: readonly PlacedVariable[], offset: number): PlacedVariable | undefined {
  return variables.find(({ start, end }) => offset >= start && offset < end)
}

/** What of a variable lies in the frame: all of it, or parts. */
export function placesOf(
  types: TypeCatalog,
  variable: FrameVariable,
  callDepth: number,
  objects: readonly Extent[],
): PlacedVariable[] {
  const { name, pieces } = variable
  const isArgument = variable.role !== 'local'
  const type = types.fromDwarf(variable.type)
  const size = type === NONE ? 8 : types.table.rows[type].size
  if (isPerhapsPart(types, variable, type, objects)) return onePart(types, variable, type, callDepth)
  const whole = wholePlace(variable, size)
  if (whole !== undefined) {
    return [
      {
        name,
        type,
        start: whole,
        end: whole + Math.max(size, 1),
        isArgument,
        since: Math.max(...variable.since),
        callDepth,
      },
    ]
  }
  const placed: PlacedVariable[] = []
  let at = 0
  for (const [i, piece] of pieces.entries()) {
    const length = piece.size ?? size - at
    if (piece.kind === 'frame') {
      const part = partOf(types, type, at, length)
      placed.push({
        name: `${name}${part.path}`,
        type: part.type,
        start: piece.offset,
        end: piece.offset + length,
        isArgument,
        since: variable.since[i],
        callDepth,
      })
    }
    at += length
  }
  return placed
}

/**
 * Whether a place without pieces may be that of a part: see FrameVariable.isListed. The compiler does not take variables
 * apart that it keeps in memory, which are those that are large or indexed (cmd/compile/internal/ssa/value.go, CanSSA) and
 * those whose address is taken, which have a stack object.
 */
function isPerhapsPart(
  types: TypeCatalog,
  { isListed, pieces: [piece, ...others] }: FrameVariable,
  type: TypeIndex,
  objects: readonly Extent[],
): boolean {
  if (!isListed || piece?.kind !== 'frame' || piece.size !== undefined || others.length > 0) return false
  if (type === NONE || !isTakenApart(types, type)) return false
  const { size } = types.table.rows[type]
  return size > 8 && !objects.some(({ start, end }) => start === piece.offset && end === start + size)
}

/** Whether the compiler has values of a type in parts. */
function isTakenApart(types: TypeCatalog, type: TypeIndex): boolean {
  if (type === NONE) return true
  const { kind, size, length = 0, element, fields } = types.table.rows[type]
  if (size > 4 * 8) return false
  if (kind === 'array') return length <= 1 && isTakenApart(types, element)
  return kind !== 'struct' || (fields.length <= 4 && fields.every((field) => isTakenApart(types, field.type)))
}

/**
 * A variable of several words of which the compiler has kept one part, without saying which. Only pointers are looked for
 * here, so it is known when the variable has a single pointer.
 */
function onePart(
  types: TypeCatalog,
  { name, pieces: [piece], role, since }: FrameVariable,
  type: TypeIndex,
  callDepth: number,
): PlacedVariable[] {
  if (piece.kind !== 'frame') return []
  const { size } = types.table.rows[type]
  const parts: TypePart[] = []
  for (let offset = 0; offset + 8 <= size && parts.length < 2; offset += 8) {
    const part = partOf(types, type, offset, 8)
    if (holdsPointer(types, part)) parts.push(part)
  }
  const only = parts.length === 1 ? parts[0] : { path: '', type: NONE }
  return [
    {
      name: `${name}${only.path}`,
      type: only.type,
      start: piece.offset,
      end: piece.offset + 8,
      isArgument: role !== 'local',
      since: since[0],
      callDepth,
    },
  ]
}

/** False for parts that can be no pointer to the heap. */
function holdsPointer(types: TypeCatalog, { path, type }: TypePart): boolean {
  if (type === NONE) return !/\.(itab|type|len|cap)$/.test(path)
  return types.table.rows[type].pointerBytes !== 0
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
