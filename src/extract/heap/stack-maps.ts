import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import { decodeGcProgram } from '../go/gc-program.ts'
import { FUNCDATA, type GoFunction, PCDATA, type Pclntab } from '../go/pclntab.ts'

/** A variable on the stack whose address is taken: live only while something points at it. */
export interface StackObject {
  /** Bytes from the arguments when >= 0, from the end of the locals otherwise. */
  offset: number
  size: number
  /** Words of it that hold pointers. */
  words: Int32Array
}

/** What the compiler says of a frame that will go on at one pc. */
export interface LiveWords {
  /** Live pointer words among the locals, as offsets from the end of the locals (negative). */
  locals: Int32Array
  /** Live pointer words among arguments and results, as offsets from the start of the arguments. */
  arguments: Int32Array
  objects: readonly StackObject[]
}

export const NOTHING_LIVE: LiveWords = {
  locals: new Int32Array(0),
  arguments: new Int32Array(0),
  objects: [],
}

/** The maps lack what the collector needs: `which` maps of a function are missing or too short. */
export class MissingMap {
  readonly which: 'locals' | 'arguments' | 'objects'
  constructor(which: 'locals' | 'arguments' | 'objects') {
    this.which = which
  }
}

/** Larger than any frame's map or list of objects. */
const MAX_BITS = 2 ** 27
const MAX_OBJECTS = 2 ** 20
const OBJECT_RECORD_BYTES = 16

export interface StackMaps {
  /**
   * What lives in a frame of fn that goes on at `pc`, a return address. `hasLocals`: the frame has more bytes than every
   * frame has. Results are kept by pc: the same call site is met once for every goroutine that waits there.
   */
  liveAt(fn: GoFunction, pc: number, hasLocals: boolean): LiveWords | MissingMap
  /** All stack objects of a function; empty when their list cannot be read. */
  objectsOf(fn: GoFunction): readonly StackObject[]
}

/** runtime/stkframe.go, getStackMap; without the maps that reflect's stubs make at run time. */
export function openStackMaps(memory: Memory, pclntab: Pclntab): StackMaps {
  const known = new Map<number, LiveWords | MissingMap>()
  const objects = new Map<number, readonly StackObject[] | MissingMap>()
  return {
    liveAt(fn, pc, hasLocals) {
      const key = hasLocals ? pc : -pc
      let live = known.get(key)
      if (live === undefined) {
        live = readLive(pc, fn, hasLocals)
        known.set(key, live)
      }
      return live
    },
    objectsOf(fn) {
      const found = readObjectsOf(fn)
      return found instanceof MissingMap ? [] : found
    },
  }

  function readLive(pc: number, fn: GoFunction, hasLocals: boolean): LiveWords | MissingMap {
    const index = stackMapIndex(pclntab, fn, pc)
    const locals = hasLocals ? readMap(memory, fn, FUNCDATA.localsPointerMaps, index) : NO_MAP
    if (locals === undefined) return new MissingMap('locals')
    const args = fn.argsSize >= 8 ? readMap(memory, fn, FUNCDATA.argsPointerMaps, index) : NO_MAP
    if (args === undefined) return new MissingMap('arguments')
    const stackObjects = readObjectsOf(fn)
    if (stackObjects instanceof MissingMap) return stackObjects
    return {
      locals: locals.words.map((word) => (word - locals.bits) * 8),
      arguments: args.words.map((word) => word * 8),
      objects: stackObjects,
    }
  }

  function readObjectsOf(fn: GoFunction): readonly StackObject[] | MissingMap {
    let found = objects.get(fn.entry)
    if (found === undefined) {
      found = readable(() => readObjects(memory, fn)) ?? new MissingMap('objects')
      objects.set(fn.entry, found)
    }
    return found
  }
}

/** Which of a function's stack maps holds at a return address. At the entry it is the first: nothing has run yet. */
function stackMapIndex(pclntab: Pclntab, fn: GoFunction, pc: number): number {
  const index = pc === fn.entry ? -1 : pclntab.pcdata(fn, PCDATA.stackMapIndex, pc - 1)
  return index === -1 ? 0 : index
}

interface PointerMap {
  bits: number
  words: Int32Array
}
const NO_MAP: PointerMap = { bits: 0, words: new Int32Array(0) }

/** runtime.stackmap {n i32, nbit i32, n bitmaps}: one bitmap as a list of set bits; undefined when it is not there. */
function readMap(memory: Memory, fn: GoFunction, table: number, index: number): PointerMap | undefined {
  const address = fn.funcdata[table] ?? 0
  if (address === 0) return undefined
  return readable(() => {
    const count = memory.readI32(address)
    const bits = memory.readI32(address + 4)
    if (bits === 0) return NO_MAP
    if (index < 0 || index >= count || bits < 0 || bits > MAX_BITS) return undefined
    const bytes = Math.ceil(bits / 8)
    return { bits, words: setBits(memory.readBytes(address + 8 + index * bytes, bytes), bits) }
  })
}

/** Rows of {off i32, size i32, ptrBytes i32, gcdataoff u32} after a count. runtime/stack.go, stackObjectRecord. */
function readObjects(memory: Memory, fn: GoFunction): readonly StackObject[] | MissingMap {
  const address = fn.funcdata[FUNCDATA.stackObjects] ?? 0
  if (address === 0) return []
  const count = memory.readWord(address)
  if (count > MAX_OBJECTS) return new MissingMap('objects')
  const objects: StackObject[] = []
  for (let i = 0; i < count; i++) {
    const record = address + 8 + i * OBJECT_RECORD_BYTES
    const object = readStackObject(memory, record, fn.module.data.rodata)
    if (object === undefined) return new MissingMap('objects')
    objects.push(object)
  }
  return objects
}

/** Reads one stackObjectRecord; undefined when its mask is not one. Faults as Memory does. */
export function readStackObject(memory: Memory, record: number, rodata: number): StackObject | undefined {
  const pointerBytes = memory.readI32(record + 8)
  const mask = rodata + memory.readU32(record + 12)
  const count = Math.floor(Math.abs(pointerBytes) / 8)
  // Go <= 1.23: a negative number of bytes says that the mask is a GC program.
  const bits =
    pointerBytes < 0 ? decodeGcProgram(memory, mask, count) : memory.readBytes(mask, Math.ceil(count / 8))
  if (bits === undefined) return undefined
  return {
    offset: memory.readI32(record),
    size: memory.readI32(record + 4),
    words: setBits(bits, count),
  }
}

/** Numbers of the bits that are set among the first `count`, lowest first. */
export function setBits(bytes: Uint8Array, count: number): Int32Array {
  const words: number[] = []
  for (let bit = 0; bit < count; bit++) {
    if ((bytes[bit >> 3] & (1 << (bit & 7))) !== 0) words.push(bit)
  }
  return Int32Array.from(words)
}
