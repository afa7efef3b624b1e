import type { CapturedVariable, FrameVariable, InlinedCall, InlinedVariable } from './dwarf.ts'
import { TAG } from './encoding.ts'
import { ABSENT, Entry } from './entry.ts'
import { isCallFrameCfa, type Place } from './expressions.ts'
import { VALUE } from './forms.ts'
import { readPlaceAt, readPlaces } from './locations.ts'
import { coversPc } from './ranges.ts'
import type { TypeContext } from './types.ts'
import type { Unit } from './units.ts'

/** References between entries may form chains (a concrete instance, its abstract one, its declaration), not long ones. */
const MAX_ORIGINS = 8

/** What an entry says of itself or of the entry that it is an instance of. */
interface Described {
  name: string | undefined
  type: number
  isResult: boolean
  closureOffset: number
}

interface ReadVariable extends FrameVariable {
  /** The location is that of the variable's address: DW_OP_deref. */
  followsPointer?: true
}

/** Name of a subprogram, from its abstract origin or declaration if need be. */
export function readFunctionName(unit: Unit, offset: number, context: TypeContext): string {
  const entry = new Entry(context)
  return (entry.read(unit, offset) ? describe(entry, context).name : undefined) ?? ''
}

/** Variables of the subprogram entry at `offset` itself, in the order of the entries, with their place at `pc`. */
export function readVariables(unit: Unit, offset: number, pc: number, context: TypeContext): FrameVariable[] {
  const entry = new Entry(context)
  if (!entry.read(unit, offset)) return []
  const isFrameBaseCfa = hasCfaBase(entry, context)
  const variables: ReadVariable[] = []
  forEachInScope(entry, unit, { pc, calls: 'none' }, context, (tag) => {
    if (tag !== TAG.formalParameter && tag !== TAG.variable) return
    const readPlaceHere = () => readPlaceAt(entry, pc, unit, context.sections, isFrameBaseCfa)
    const place = context.warnings.guard('variable location', readPlaceHere, undefined)
    const variable = readVariable(entry, tag, place, context)
    if (variable) variables.push(variable)
  })
  return variables.filter((variable) => !isToldTwice(variable, variables))
}

/** Variables of the calls inlined at `pc` into the subprogram entry at `offset`, with the number of calls around each. */
export function readInlinedVariables(
  unit: Unit,
  offset: number,
  pc: number,
  context: TypeContext,
): InlinedVariable[] {
  const entry = new Entry(context)
  if (!entry.read(unit, offset)) return []
  const isFrameBaseCfa = hasCfaBase(entry, context)
  const variables: (ReadVariable & InlinedVariable)[] = []
  forEachInScope(entry, unit, { pc, calls: 'at pc' }, context, (tag, callDepth) => {
    if (callDepth === 0 || (tag !== TAG.formalParameter && tag !== TAG.variable)) return
    const readPlaceHere = () => readPlaceAt(entry, pc, unit, context.sections, isFrameBaseCfa)
    const place = context.warnings.guard('variable location', readPlaceHere, undefined)
    const variable = readVariable(entry, tag, place, context)
    if (variable) variables.push({ ...variable, callDepth })
  })
  return variables.filter(
    (variable) =>
      !isToldTwice(
        variable,
        variables.filter(({ callDepth }) => callDepth === variable.callDepth),
      ),
  )
}

/** Variables of the subprogram entry at `offset` and of all calls inlined into it: one row for each place at any pc. */
export function readAllPlaces(unit: Unit, offset: number, context: TypeContext): FrameVariable[] {
  const entry = new Entry(context)
  if (!entry.read(unit, offset)) return []
  const isFrameBaseCfa = hasCfaBase(entry, context)
  const variables: FrameVariable[] = []
  forEachInScope(entry, unit, { pc: undefined, calls: 'all' }, context, (tag) => {
    if (tag !== TAG.formalParameter && tag !== TAG.variable) return
    const readPlacesHere = () => readPlaces(entry, unit, context.sections, isFrameBaseCfa)
    for (const place of context.warnings.guard('variable location', readPlacesHere, [])) {
      if (!place.pieces.some(({ kind }) => kind === 'frame')) continue
      const variable = readVariable(entry, tag, place, context)
      if (variable) variables.push(variable)
    }
  })
  return variables
}

function hasCfaBase(entry: Entry, context: TypeContext): boolean {
  return (
    entry.frameBase !== ABSENT &&
    entry.frameBaseKind === VALUE.block &&
    isCallFrameCfa({
      bytes: context.sections.bytes('info'),
      start: entry.frameBase,
      length: entry.frameBaseLength,
    })
  )
}

/** Variables that the closure of the subprogram entry at `offset` captures, by offset. */
export function readCaptured(unit: Unit, offset: number, context: TypeContext): CapturedVariable[] {
  const entry = new Entry(context)
  if (!entry.read(unit, offset)) return []
  const captured = new Map<number, CapturedVariable>()
  forEachInScope(entry, unit, { pc: undefined, calls: 'none' }, context, (tag) => {
    if (tag !== TAG.variable && tag !== TAG.formalParameter) return
    const { name, type, closureOffset } = describe(entry, context)
    if (closureOffset < 0 || captured.has(closureOffset)) return
    captured.set(closureOffset, { name: name ?? '', offset: closureOffset, type: context.indexOf(type) })
  })
  return [...captured.values()].sort((a, b) => a.offset - b.offset)
}

/** Calls inlined at `pc` into the subprogram entry at `offset`, innermost first. */
export function readInlinedCalls(
  unit: Unit,
  offset: number,
  pc: number,
  context: TypeContext,
): InlinedCall[] {
  const entry = new Entry(context)
  const calls: InlinedCall[] = []
  if (!entry.read(unit, offset) || !entry.abbrev?.hasChildren) return calls
  let depth = 1
  // Depth of the children of the innermost call so far. What follows the call does not matter; what follows a block
  // does, as Go's blocks can cover code of calls beside them.
  let callDepth = 1
  let next = entry.next
  while (next < unit.end) {
    if (!entry.read(unit, next)) {
      depth--
      if (depth < callDepth) break
      next = entry.next
      continue
    }
    const { tag, hasChildren } = entry.abbrev
    const isCall = tag === TAG.inlinedSubroutine
    if ((isCall || tag === TAG.lexicalBlock) && coversPc(entry, unit, pc, context.sections)) {
      next = entry.next
      if (isCall) calls.unshift(toInlinedCall(entry, context))
      if (isCall && !hasChildren) break
      if (hasChildren) depth++
      if (isCall) callDepth = depth
    } else next = entry.skipChildren(unit)
  }
  return calls
}

interface Scope {
  /** Only blocks and calls that cover it; undefined for all blocks. */
  pc: number | undefined
  /** Which inlined calls are entered. */
  calls: 'none' | 'at pc' | 'all'
}

/**
 * Visits the entries of a function's own scopes: its children, those of lexical blocks and, if asked for, of calls
 * inlined into it, with the number of calls around each. `entry` is the subprogram's and is reused.
 */
function forEachInScope(
  entry: Entry,
  unit: Unit,
  { pc, calls }: Scope,
  context: TypeContext,
  visit: (tag: number, callDepth: number) => void,
): void {
  if (!entry.abbrev?.hasChildren) return
  let offset = entry.next
  /** One for each open scope: is it a call's? */
  const scopes = [false]
  let callDepth = 0
  while (scopes.length > 0 && offset < unit.end) {
    if (!entry.read(unit, offset)) {
      if (scopes.pop()) callDepth--
      offset = entry.next
      continue
    }
    const { tag, hasChildren } = entry.abbrev
    const isBlock = tag === TAG.lexicalBlock || tag === TAG.tryBlock
    const isCall = calls !== 'none' && tag === TAG.inlinedSubroutine
    if ((isBlock || isCall) && (pc === undefined || coversPc(entry, unit, pc, context.sections))) {
      if (hasChildren) {
        scopes.push(isCall)
        if (isCall) callDepth++
      }
      offset = entry.next
    } else {
      visit(tag, callDepth)
      offset = entry.skipChildren(unit)
    }
  }
}

function readVariable(
  entry: Entry,
  tag: number,
  place: (Place & { since?: readonly number[] }) | undefined,
  context: TypeContext,
): ReadVariable | undefined {
  const isParameter = tag === TAG.formalParameter
  // An extern declaration inside a C function.
  if (entry.isDeclaration) return undefined
  // A static variable of a C function is in no frame.
  if (place?.address !== undefined) return undefined
  const { name, type, isResult } = describe(entry, context)
  const pieces = place?.pieces ?? []
  const isListed = entry.locationKind !== VALUE.block
  const since = place?.since ?? pieces.map(() => Number.NEGATIVE_INFINITY)
  const role = isParameter ? (isResult ? 'result' : 'argument') : 'local'
  if (place?.isIndirect) {
    // Go 1.25 and later describe an escaped variable x by its own type and a location that follows the pointer in the
    // frame: cmd/compile/internal/dwarfgen, createHeapDerefLocationList. It is told here as the older way has it.
    const pointer = context.pointerTo(context.indexOf(type))
    return {
      name: `&${name ?? ''}`,
      role,
      type: pointer,
      pieces,
      isIndirect: true,
      isListed,
      since,
      followsPointer: true,
    }
  }
  const isIndirect = name?.startsWith('&') ?? false
  return { name: name ?? '', role, type: context.indexOf(type), pieces, isIndirect, isListed, since }
}

/**
 * Whether a variable whose location follows a pointer has a second entry for the pointer, named `&x` as well. That one
 * tells where the pointer is at each pc; the location claims the frame from the function's first instruction on.
 */
function isToldTwice(variable: ReadVariable, all: readonly ReadVariable[]): boolean {
  return (
    variable.followsPointer === true &&
    all.some(({ name, followsPointer }) => name === variable.name && !followsPointer)
  )
}

function toInlinedCall(entry: Entry, context: TypeContext): InlinedCall {
  return {
    function: describe(entry, context).name ?? '',
    callFile: entry.callFile >= 0 ? entry.callFile : undefined,
    callLine: entry.callLine >= 0 ? entry.callLine : undefined,
  }
}

/** Follows abstract origins and specifications for what the entry does not say itself. */
function describe(entry: Entry, context: TypeContext): Described {
  const described: Described = {
    name: entry.name,
    type: entry.type,
    isResult: entry.isResult,
    closureOffset: entry.goClosureOffset,
  }
  let origin = originOf(entry)
  for (let i = 0; i < MAX_ORIGINS && origin !== ABSENT; i++) {
    const other = context.readOther(origin)
    if (other === undefined) break
    described.name ??= other.name
    if (described.type === ABSENT) described.type = other.type
    described.isResult ||= other.isResult
    if (described.closureOffset === ABSENT) described.closureOffset = other.goClosureOffset
    origin = originOf(other)
  }
  return described
}

function originOf(entry: Entry): number {
  return entry.abstractOrigin !== ABSENT ? entry.abstractOrigin : entry.specification
}
