import type { FrameRow } from '../../model/tables.ts'
import { NONE, type RootIndex, type TypeIndex } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import { type Call, callsAt } from '../go/call-chain.ts'
import type { GoFunction } from '../go/pclntab.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { frameSlotReader } from './frame-slots.ts'
import { type Extent, frameVariableReader, type PlacedVariable, variableAt } from './frame-variables.ts'
import type { GoroutineStack } from './goroutine-stack.ts'
import type { RootBuilder } from './root-builder.ts'
import type { StackFrame, StackFrames } from './stack-frames.ts'
import type { StackMaps } from './stack-maps.ts'
import type { StackPointers } from './stack-scan.ts'
import { dataType } from './type-parts.ts'
import { Closures } from './typing/closures.ts'
import type { ChannelWait } from './waits.ts'

/** Adds the roots of stacks: one a frame (inlined calls are frames too), below it one a variable that holds pointers. */
export interface FrameRoots {
  /** Calls of a frame, innermost first. */
  callsOf(frame: StackFrame): readonly Call[]
  /** Adds the frames of one goroutine, and gives their rows. Variables belong to the call whose they are. */
  add(goroutine: RootIndex, stack: ReadStack, waits: readonly ChannelWait[]): FrameRow[]
}

/** What of a goroutine's stack is made into roots. */
type ReadStack = Pick<GoroutineStack, 'frames' | 'pointers' | 'registers'>

/**
 * Calls at either end of a stack that have a row in any case. Between them only those that hold pointers have: endless recursion leaves
 * tens of millions.
 */
const MOST_ENDS = 10_000

export function frameRoots(
  process: GoProcess,
  maps: StackMaps,
  types: TypeCatalog,
  roots: RootBuilder,
): FrameRoots {
  const { pclntab } = process
  const variablesAt = frameVariableReader(process, types)
  const slotAt = frameSlotReader(process, types)
  const closureTypes = new Closures(process, types)
  const calls = new Map<number, readonly Call[]>()
  const objects = new Map<number, readonly Extent[]>()

  const callsOf = (frame: StackFrame) => {
    const pc = positionPc(frame)
    let found = calls.get(pc)
    if (found === undefined) {
      found = callsAt(process.memory, pclntab, frame.fn, pc)
      calls.set(pc, found)
    }
    return found
  }

  return {
    callsOf,
    add(goroutine, { frames, pointers, registers }, waits) {
      const rows: FrameRow[] = []
      let next = 0
      let depth = 0
      let leftOut = 0
      for (let f = 0; f < frames.length; f++) {
        const frame = frames.at(f)
        const calls = callsOf(frame)
        const holdsPointers = next < pointers.count && pointers.frame[next] === f
        if (!holdsPointers && f >= MOST_ENDS && f < frames.length - MOST_ENDS) {
          depth += calls.length
          leftOut++
          continue
        }
        const parents = calls.map((call) => {
          const root = roots.add({
            kind: 'frame',
            parent: goroutine,
            name: call.function,
            type: NONE,
            address: frame.sp,
            size: call.isInlined ? 0 : frame.fp - frame.sp,
          })
          rows.push({
            root,
            goroutineRoot: goroutine,
            depth: depth++,
            function: call.function,
            file: call.file,
            line: call.line,
            pc: frame.pc,
          })
          return root
        })
        if (f === 0) addRegisters(parents[parents.length - 1], registers)
        const first = next
        while (next < pointers.count && pointers.frame[next] === f) next++
        addVariables(parents, frame, pointers, [first, next], waits)
      }
      if (leftOut > 0) {
        const message = `calls deep in stacks of more than ${2 * MOST_ENDS} hold no pointers: they have no rows`
        process.problems.add('roots', 'frames-left-out', 'info', message, { count: leftOut })
      }
      return rows
    },
  }

  function addRegisters(parent: RootIndex, registers: readonly { name: string; value: number }[]): void {
    for (const { name, value } of registers) {
      const root = roots.add({ kind: 'register', parent, name, type: NONE, address: 0, size: 8 })
      roots.point(root, 0, value)
    }
  }

  /** `parents`: roots of the calls of the frame, innermost first; the last is the function's own. */
  function addVariables(
    parents: readonly RootIndex[],
    frame: StackFrame,
    pointers: StackPointers,
    [first, end]: readonly [number, number],
    waits: readonly ChannelWait[],
  ): void {
    if (first === end) return
    const extents = objectsOf(frame)
    const variables = variablesAt(...livenessPcs(frame), extents)
    const onTheirWay = waits.map((wait) => channelValue(wait, frame))
    const closures: PlacedVariable[] = []
    const rootsByVariable = new Map<PlacedVariable, { exact?: RootIndex; guess?: RootIndex }>()
    for (let i = first; i < end; i++) {
      const address = pointers.address[i]
      const isGuess = pointers.isConservative[i]
      const offset = address - frame.fp
      const slot = isGuess ? undefined : slotAt(frame.fn, offset, extents)
      const variable =
        variableAt(variables, offset) ??
        variableAt(onTheirWay, offset) ??
        slot?.owner ??
        variableAt(closures, offset) ??
        closureAt(frame, pointers.object[i], closures)
      const isArgument = variable?.isArgument ?? address >= frame.arguments
      const kind = isGuess ? 'conservative' : isArgument ? 'argument' : 'local'
      if (variable === undefined) {
        const name = placeName(frame, address)
        const type = slot?.type ?? NONE
        const root = roots.add({ kind, parent: parents[parents.length - 1], name, type, address, size: 8 })
        roots.point(root, 0, pointers.value[i])
        continue
      }
      const start = frame.fp + variable.start
      const known = rootsByVariable.get(variable) ?? {}
      const root =
        (isGuess ? known.guess : known.exact) ??
        roots.add({
          kind,
          parent: parents[Math.max(0, parents.length - 1 - variable.callDepth)],
          name: variable.name,
          type: typeOf(variable, frame),
          address: start,
          size: variable.end - variable.start,
        })
      rootsByVariable.set(variable, isGuess ? { ...known, guess: root } : { ...known, exact: root })
      roots.point(root, address - start, pointers.value[i])
    }
  }

  /** The stack objects of a function, relative to its frames' top. */
  function objectsOf(frame: StackFrame): readonly Extent[] {
    const known = objects.get(frame.fn.entry)
    if (known !== undefined) return known
    const found = maps.objectsOf(frame.fn).map(({ offset, size }) => {
      const start = offset + (offset >= 0 ? frame.arguments : frame.localsEnd) - frame.fp
      return { start, end: start + size }
    })
    objects.set(frame.fn.entry, found)
    return found
  }

  function typeOf({ type, interfaceWord }: PlacedVariable, frame: StackFrame): TypeIndex {
    if (interfaceWord === undefined) return type
    const first = readable(() => process.memory.readWord(frame.fp + interfaceWord.offset))
    return first === undefined ? NONE : dataType(process, types, first, interfaceWord.isEmpty)
  }

  /**
   * A func value that the compiler made on the stack: a nameless stack object that begins with the address of a
   * function's code. Adds it to `closures`.
   */
  function closureAt(
    frame: StackFrame,
    object: number,
    closures: PlacedVariable[],
  ): PlacedVariable | undefined {
    if (object === 0) return undefined
    const code = readable(() => process.memory.readWord(object))
    const fn = code === undefined ? undefined : pclntab.functionAt(code)
    if (code === undefined || fn?.entry !== code) return undefined
    const type = closureTypes.at(code)
    if (type === NONE) return undefined
    const start = object - frame.fp
    // DWARF may tell less than all that a closure captures.
    const known = closures.find((closure) => closure.start === start)
    if (known !== undefined) return known
    const { name, size } = types.table.rows[type]
    const closure = { name, type, start, end: start + size, isArgument: false, since: 0, callDepth: 0 }
    closures.push(closure)
    return closure
  }
}

/** The place of a value that a goroutine is about to send or receive: the compiler's own variable, which has no name. */
function channelValue({ direction, element, size, type }: ChannelWait, frame: StackFrame): PlacedVariable {
  const start = element - frame.fp
  return {
    name: CHANNEL_VALUE_NAMES[direction ?? 'select'],
    type,
    start,
    end: start + size,
    isArgument: false,
    since: 0,
    callDepth: 0,
  }
}
const CHANNEL_VALUE_NAMES = {
  send: 'value sent on channel',
  receive: 'value received from channel',
  select: 'value of select case',
} as const

/** The function that a goroutine is known by: the outermost that neither the runtime nor the compiler put there. */
export function mainFunction(
  frames: StackFrames,
  callsOf: (frame: StackFrame) => readonly Call[],
  startedWith: GoFunction | undefined,
): string | undefined {
  for (let f = frames.length - 1; f >= 0; f--) {
    const calls = callsOf(frames.at(f))
    for (let c = calls.length - 1; c >= 0; c--) {
      if (!calls[c].isWrapper && !STARTERS.has(calls[c].function)) return calls[c].function
    }
  }
  return startedWith?.name
}
const STARTERS = new Set(['runtime.goexit', 'runtime.main'])

/** pc of the last instruction that the frame has run. runtime/traceback.go, symPC. */
function positionPc(frame: StackFrame): number {
  return frame.isTrap || frame.pc <= frame.fn.entry ? frame.pc : frame.pc - 1
}

/** pcs of the call, and of its return, at which the frame's live words were read; one pc where there is no call. */
function livenessPcs(frame: StackFrame): [number, number | undefined] {
  const at = frame.continuation === 0 ? frame.pc : frame.continuation
  if (at !== frame.pc) return [at - 1, at]
  const call = positionPc(frame)
  return [call, call === at ? undefined : at]
}

/** Where a word lies that no variable is known for. */
function placeName(frame: StackFrame, address: number): string {
  return address >= frame.arguments
    ? `[argument+0x${(address - frame.arguments).toString(16)}]`
    : `[sp+0x${(address - frame.sp).toString(16)}]`
}
