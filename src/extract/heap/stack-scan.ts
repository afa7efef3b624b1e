import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import { type GoFunction, UNKNOWN_ARGS_SIZE } from '../go/pclntab.ts'
import type { StackFrame, StackFrames } from './stack-frames.ts'
import { MissingMap, NOTHING_LIVE, type StackMaps, type StackObject, setBits } from './stack-maps.ts'
import type { StackMemory } from './stack-memory.ts'
import { type FrameShape, injectsCall, isCalledWithoutMap, savesRegisters } from './unwind.ts'

/** Words of one stack that point at the heap, in the order of frames and, within one, of addresses. */
export interface StackPointers {
  readonly count: number
  /** Index into the frames. */
  readonly frame: readonly number[]
  readonly address: readonly number[]
  readonly value: readonly number[]
  /** The word may be a number that only looks like a pointer. */
  readonly isConservative: readonly boolean[]
  /** Address of the stack object that the word was read as a part of; 0 for others. */
  readonly object: readonly number[]
  /** Indices of frames that should have had a stack map and were scanned conservatively for want of it. */
  readonly unmapped: readonly number[]
}

export interface StackSeeds {
  /** Words outside of the frames that may point into the stack: registers and the like are conservative. */
  precise: readonly number[]
  conservative: readonly number[]
  /** The innermost frame was stopped at any instruction: no stack map holds there. */
  isInterrupted: boolean
}

export interface ScanContext {
  memory: Memory
  shape: FrameShape
  maps: StackMaps
  /** Rough and cheap: false for words that can point at no object. */
  isHeap: (value: number) => boolean
  /** The record that the runtime makes for the frames of reflect's stubs; undefined when it is not found. */
  reflectObject: StackObject | undefined
}

/** A stack object in place. */
interface PlacedObject {
  address: number
  object: StackObject
  frame: number
  isScanned: boolean
}

/**
 * Scans the frames of one stack as the collector does: live words by the stack maps, then the stack objects that
 * pointers into the stack lead to, conservatively where the runtime itself is. runtime/mgcmark.go: scanstack,
 * scanframeworker, scanblock, scanConservative.
 */
export function scanStack(
  context: ScanContext,
  stack: StackMemory,
  frames: StackFrames,
  seeds: StackSeeds,
): StackPointers {
  const { shape, maps, isHeap } = context
  const found = {
    frame: [] as number[],
    address: [] as number[],
    value: [] as number[],
    guess: [] as boolean[],
    object: [] as number[],
  }
  const unmapped: number[] = []
  const objects: PlacedObject[] = []
  const precise = seeds.precise.filter((value) => stack.contains(value))
  const conservative = seeds.conservative.filter((value) => stack.contains(value))

  const scanWord = (frame: number, address: number, guess: boolean, object = 0) => {
    if (!stack.holds(address)) {
      // A map that reaches out of the stack is none.
      if (!guess && unmapped.at(-1) !== frame) unmapped.push(frame)
      return
    }
    const value = stack.word(address)
    if (value === 0) return
    if (stack.contains(value)) {
      if (guess) conservative.push(value)
      else precise.push(value)
    } else if (isHeap(value)) {
      found.frame.push(frame)
      found.address.push(address)
      found.value.push(value)
      found.guess.push(guess)
      found.object.push(object)
    }
  }
  const scanRange = (frame: number, from: number, to: number) => {
    for (let address = from; address < to; address += 8) scanWord(frame, address, true)
  }

  let isConservative = seeds.isInterrupted
  const scanFrame = (frame: StackFrame, f: number) => {
    const saves = savesRegisters(frame.fn)
    const reflect = reflectArguments(context, stack, frame)
    if (isConservative || saves) {
      const pushed = shape.usesLinkRegister && injectsCall(frame.fn) ? shape.injectedBytes : 0
      if (frame.localsEnd > frame.sp) scanRange(f, frame.sp, frame.localsEnd + pushed)
      scanRange(f, frame.arguments, frame.arguments + argumentBytes(frame.fn, reflect))
      isConservative = saves || isCalledWithoutMap(frame.fn)
      return
    }
    isConservative = isCalledWithoutMap(frame.fn)
    const hasLocals = frame.localsEnd - frame.sp > shape.minLocalsBytes
    const live =
      frame.continuation === 0 ? NOTHING_LIVE : maps.liveAt(frame.fn, frame.continuation, hasLocals)
    if (live instanceof MissingMap) {
      unmapped.push(f)
      scanRange(f, frame.sp, frame.fp)
      scanRange(f, frame.arguments, frame.arguments + argumentBytes(frame.fn, reflect))
      return
    }
    for (const offset of live.locals) scanWord(f, frame.localsEnd + offset, false)
    for (const offset of reflect?.words ?? live.arguments) scanWord(f, frame.arguments + offset, false)
    const frameObjects = reflect?.objects ?? live.objects
    for (const object of frameObjects) {
      const address = (object.offset >= 0 ? frame.arguments : frame.localsEnd) + object.offset
      // Below sp: not in the frame yet.
      if (address >= frame.sp) objects.push({ address, object, frame: f, isScanned: false })
    }
  }
  for (let f = 0; f < frames.length; f++) scanFrame(frames.at(f), f)

  objects.sort((a, b) => a.address - b.address)
  for (;;) {
    // Exact pointers first, so that an object is read defensively only when nothing but guesses lead to it.
    const isGuess = precise.length === 0
    const pointer = precise.pop() ?? conservative.pop()
    if (pointer === undefined) break
    const placed = findObject(objects, pointer)
    if (placed === undefined || placed.isScanned) continue
    placed.isScanned = true
    for (const word of placed.object.words) {
      scanWord(placed.frame, placed.address + word * 8, isGuess, placed.address)
    }
  }
  return { ...inOrder(found), unmapped }
}

function findObject(objects: readonly PlacedObject[], pointer: number): PlacedObject | undefined {
  let low = 0
  let high = objects.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (objects[middle].address <= pointer) low = middle + 1
    else high = middle
  }
  const candidate = objects[low - 1]
  return candidate !== undefined && pointer < candidate.address + candidate.object.size
    ? candidate
    : undefined
}

interface ReflectArguments {
  bytes: number
  words: Int32Array
  objects: readonly StackObject[]
}

/**
 * The frames of reflect.makeFuncStub and reflect.methodValueCall have a layout that only the value being called
 * knows; they keep it at the bottom of the frame. runtime/stkframe.go, argMapInternal. undefined for other frames.
 */
function reflectArguments(
  context: ScanContext,
  stack: StackMemory,
  frame: StackFrame,
): ReflectArguments | undefined {
  const { fn } = frame
  if (fn.argsSize !== UNKNOWN_ARGS_SIZE) return undefined
  if (fn.name !== 'reflect.makeFuncStub' && fn.name !== 'reflect.methodValueCall') return undefined
  const { memory, shape, reflectObject } = context
  const first = frame.sp + shape.minFrameBytes
  const none = { bytes: 0, words: new Int32Array(0), objects: [] }
  // The stub has not begun to run: no frame, and no arguments.
  if (first >= frame.fp - (shape.usesLinkRegister ? 0 : 8)) return none
  return readable(() => {
    const value = stack.word(first)
    const map = memory.readWord(value + 8)
    const bits = memory.readI32(map)
    const argumentWords = Math.floor(memory.readWord(value + 16) / 8)
    // Results count only once reflect has copied them in.
    const hasResults = stack.word(first + 32) % 256 !== 0
    const count = Math.max(0, hasResults ? bits : Math.min(bits, argumentWords))
    const bytes = memory.readBytes(memory.readWord(map + 8), Math.ceil(count / 8))
    return {
      bytes: count * 8,
      words: setBits(bytes, count).map((word) => word * 8),
      objects: reflectObject === undefined ? [] : [reflectObject],
    }
  })
}

function argumentBytes(fn: GoFunction, reflect: ReflectArguments | undefined): number {
  return reflect?.bytes ?? (fn.argsSize === UNKNOWN_ARGS_SIZE ? 0 : fn.argsSize)
}

/** By frame, then address; a word that was met twice stays once, exact rather than guessed. */
function inOrder(found: {
  frame: number[]
  address: number[]
  value: number[]
  guess: boolean[]
  object: number[]
}) {
  const order = found.frame
    .map((_, i) => i)
    .sort(
      (a, b) =>
        found.frame[a] - found.frame[b] ||
        found.address[a] - found.address[b] ||
        Number(found.guess[a]) - Number(found.guess[b]),
    )
    .filter(
      (row, i, rows) =>
        i === 0 ||
        found.address[row] !== found.address[rows[i - 1]] ||
        found.frame[row] !== found.frame[rows[i - 1]],
    )
  return {
    count: order.length,
    frame: order.map((row) => found.frame[row]),
    address: order.map((row) => found.address[row]),
    value: order.map((row) => found.value[row]),
    isConservative: order.map((row) => found.guess[row]),
    object: order.map((row) => found.object[row]),
  }
}
