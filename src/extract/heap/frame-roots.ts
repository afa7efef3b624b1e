import type { FrameRow } from '../../model/tables.ts'
import { NONE, type RootIndex } from '../../model/types.ts'
import { type Call, callsAt } from '../go/call-chain.ts'
import type { GoFunction, Pclntab } from '../go/pclntab.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import { frameVariableReader, type PlacedVariable, variableAt } from './frame-variables.ts'
import type { GoroutineStack } from './goroutine-stack.ts'
import type { RootBuilder } from './root-builder.ts'
import type { StackPointers } from './stack-scan.ts'
import type { StackFrame } from './unwind.ts'
import type { ChannelWait } from './waits.ts'

/** Adds the roots of stacks: one a frame (inlined calls are frames too), below it one a variable that holds pointers. */
export interface FrameRoots {
  /** Calls of a frame, innermost first. */
  callsOf(frame: StackFrame): readonly Call[]
  /** Adds the frames of one goroutine, and gives their rows. Pointers belong to the frame that really exists. */
  add(goroutine: RootIndex, stack: ReadStack, waits: readonly ChannelWait[]): FrameRow[]
}

/** What of a goroutine's stack is made into roots. */
type ReadStack = Pick<GoroutineStack, 'frames' | 'pointers' | 'registers'>

export function frameRoots(
  process: GoProcess,
  pclntab: Pclntab,
  types: TypeCatalog,
  roots: RootBuilder,
): FrameRoots {
  const variablesAt = frameVariableReader(process, types)
  const calls = new Map<number, readonly Call[]>()

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
      frames.forEach((frame, f) => {
        let root = NONE
        for (const call of callsOf(frame)) {
          root = roots.add({
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
            depth: rows.length,
            function: call.function,
            file: call.file,
            line: call.line,
            pc: frame.pc,
          })
        }
        if (f === 0) addRegisters(root, registers)
        const first = next
        while (next < pointers.count && pointers.frame[next] === f) next++
        addVariables(root, frame, pointers, first, next, waits)
      })
      return rows
    },
  }

  function addRegisters(parent: RootIndex, registers: readonly { name: string; value: number }[]): void {
    for (const { name, value } of registers) {
      const root = roots.add({ kind: 'register', parent, name, type: NONE, address: 0, size: 8 })
      roots.point(root, 0, value)
    }
  }

  function addVariables(
    parent: RootIndex,
    frame: StackFrame,
    pointers: StackPointers,
    first: number,
    end: number,
    waits: readonly ChannelWait[],
  ): void {
    if (first === end) return
    const variables = variablesAt(...livenessPcs(frame))
    const onTheirWay = waits.map((wait) => channelValue(wait, frame))
    const rootsByVariable = new Map<PlacedVariable, { exact?: RootIndex; guess?: RootIndex }>()
    for (let i = first; i < end; i++) {
      const address = pointers.address[i]
      const isGuess = pointers.isConservative[i]
      const offset = address - frame.fp
      const variable = variableAt(variables, offset) ?? variableAt(onTheirWay, offset)
      if (variable === undefined) {
        const root = roots.add({
          kind: isGuess ? 'conservative' : address >= frame.arguments ? 'argument' : 'local',
          parent,
          name: placeName(frame, address),
          type: NONE,
          address,
          size: 8,
        })
        roots.point(root, 0, pointers.value[i])
        continue
      }
      const start = frame.fp + variable.start
      const known = rootsByVariable.get(variable) ?? {}
      const root =
        (isGuess ? known.guess : known.exact) ??
        roots.add({
          kind: isGuess ? 'conservative' : variable.isArgument ? 'argument' : 'local',
          parent,
          name: variable.name,
          type: variable.type,
          address: start,
          size: variable.end - variable.start,
        })
      rootsByVariable.set(variable, isGuess ? { ...known, guess: root } : { ...known, exact: root })
      roots.point(root, address - start, pointers.value[i])
    }
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
  }
}
const CHANNEL_VALUE_NAMES = {
  send: 'value sent on channel',
  receive: 'value received from channel',
  select: 'value of select case',
} as const

/** The function that a goroutine is known by: the outermost that neither the runtime nor the compiler put there. */
export function mainFunction(
  frames: readonly StackFrame[],
  callsOf: (frame: StackFrame) => readonly Call[],
  startedWith: GoFunction | undefined,
): string | undefined {
  for (let f = frames.length - 1; f >= 0; f--) {
    const calls = callsOf(frames[f])
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
