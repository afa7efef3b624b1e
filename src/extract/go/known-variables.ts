import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import { arenaReader } from './arenas.ts'
import type { GoFacts } from './facts.ts'
import type { Layouts } from './layouts.ts'

/** What variables of the runtime are recognised by. */
export interface VariableContext {
  memory: Memory
  layouts: Layouts
  facts: GoFacts
}

/** Elements that are looked at of a long list. */
const SAMPLE = 256
/** mspan.state: mSpanInUse, mSpanManual. runtime/mheap.go */
const IN_USE = 1
const MANUAL = 2
/** Most goroutines, threads or processors: more means that the words are something else. */
const MAX_COUNT = 2 ** 31
/** AT_PAGESZ */
const PAGE_SIZE_TAG = 6
const SCAN_BIT = 0x1000
/** The largest status that a release has had. runtime/runtime2.go */
const MAX_STATUS = 11

/** Whether the variable of that name can be at `address`. Only for variables whose contents tell; faults as Memory does. */
const TESTS: Readonly<Record<string, (context: VariableContext, address: number) => boolean>> = {
  'runtime.mheap_': isHeap,
  'runtime.allgs': (context, address) => isListOfGs(context, address),
  'runtime.allm': (context, address) => machinesFrom(context, context.memory.readWord(address)) > 0,
  'runtime.allp': isListOfPs,
  'runtime.g0': (context, address) => isG(context, address),
  'runtime.gcphase': ({ memory }, address) => memory.readU32(address) <= 2,
  'runtime.physPageSize': ({ memory }, address) => isPageSize(memory.readWord(address)),
  'runtime.auxv': isAuxiliaryVector,
  'runtime.waitReasonStrings': isListOfTexts,
  'runtime.MemProfileRate': ({ memory }, address) => memory.readWord(address) < 2 ** 48,
  'runtime.allfin': isPointer,
  'runtime.buckhash': isPointer,
  'runtime.persistentChunks': isPointer,
}

/** False when the contents say that it is something else, or cannot be read. */
export function canBe(name: string, context: VariableContext, address: number): boolean {
  const test = TESTS[name]
  return test === undefined || (readable(() => test(context, address)) ?? false)
}

/** True for what canBe says no by chance to almost any other place. */
export const isTelling = (name: string) => TELLING.has(name)
const TELLING = new Set([
  'runtime.mheap_',
  'runtime.allgs',
  'runtime.allp',
  'runtime.auxv',
  'runtime.waitReasonStrings',
])

/** The spans that mheap.allspans lists are those that the arena map has for their pages. runtime/mheap.go */
function isHeap(context: VariableContext, address: number): boolean {
  const { memory, layouts } = context
  const mspan = layouts.struct('runtime.mspan')
  const list = sliceAt(memory, address + layouts.struct('runtime.mheap').offset('allspans'))
  if (list === undefined) return false
  const spanIn = arenaReader(context, address)
  let agree = 0
  let differ = 0
  for (let i = 0; i < list.count && agree < SAMPLE && differ < SAMPLE; i++) {
    const span = memory.readWord(list.first + i * 8)
    const state = memory.readU8(span + mspan.offset('state.s'))
    if (state !== IN_USE && state !== MANUAL) continue
    if (spanIn(memory.readWord(span + mspan.offset('startAddr'))) === span) agree++
    else differ++
  }
  // A span that was being made or freed at that moment may differ.
  return agree > 8 * differ
}

/**
 * Numbers are given once, and never forgotten: goroutine 1 runs main, and goroutine 2, which forces collections, is there
 * where main is not run, in a library of a C program. runtime/proc.go, allgs and forcegchelper
 */
function isListOfGs(context: VariableContext, address: number): boolean {
  const { memory, layouts } = context
  const list = sliceAt(memory, address)
  if (list === undefined) return false
  const goid = layouts.struct('runtime.g').offset('goid')
  const seen = new Set<number>()
  for (let i = 0; i < Math.min(list.count, SAMPLE); i++) {
    const g = memory.readWord(list.first + i * 8)
    const id = memory.readWord(g + goid)
    // Extra gs for threads of C have number 0 until they are used.
    if (!isG(context, g) || (id !== 0 && seen.has(id))) return false
    seen.add(id)
  }
  return seen.has(1) || seen.has(2)
}

function isG({ memory, layouts }: VariableContext, g: number): boolean {
  const type = layouts.struct('runtime.g')
  const [low, high] = [
    memory.readWord(g + type.offset('stack.lo')),
    memory.readWord(g + type.offset('stack.hi')),
  ]
  if (!(low < high || (low === 0 && high === 0))) return false
  return (memory.readU32(g + type.offset('atomicstatus')) & ~SCAN_BIT) <= MAX_STATUS
}

/** How many machines the list from `first` on has; 0 when it is no such list. runtime/proc.go, allm: m.g0.m is the m */
export function machinesFrom({ memory, layouts }: VariableContext, first: number): number {
  const m = layouts.struct('runtime.m')
  const ownM = layouts.struct('runtime.g').offset('m')
  const seen = new Set<number>()
  for (let at = first; at !== 0; at = memory.readWord(at + m.offset('alllink'))) {
    if (seen.has(at) || at % 8 !== 0 || memory.readWord(memory.readWord(at + m.offset('g0')) + ownM) !== at)
      return 0
    seen.add(at)
  }
  return seen.size
}

/** runtime/runtime2.go, allp: p.id is the index */
function isListOfPs({ memory, layouts }: VariableContext, address: number): boolean {
  const list = sliceAt(memory, address)
  if (list === undefined || list.count > 2 ** 16) return false
  const p = layouts.struct('runtime.p')
  for (let i = 0; i < list.count; i++) {
    const at = memory.readWord(list.first + i * 8)
    if (at === 0 || at % 8 !== 0 || memory.readU32(at + p.offset('id')) !== i) return false
    const mcache = memory.readWord(at + p.offset('mcache'))
    if (mcache !== 0 && !memory.isReadable(mcache, 8)) return false
    if (memory.readU32(at + p.offset('status')) > 4) return false
  }
  return true
}

function isAuxiliaryVector({ memory }: VariableContext, address: number): boolean {
  const list = sliceAt(memory, address)
  if (list === undefined || list.count > 1024) return false
  for (let i = 0; i + 1 < list.count; i += 2) {
    const at = list.first + i * 8
    if (memory.readWord(at) === PAGE_SIZE_TAG) return isPageSize(memory.readWord(at + 8))
  }
  return false
}

/** The first, waitReasonZero, is empty; the others are short texts. runtime/runtime2.go */
function isListOfTexts({ memory }: VariableContext, address: number): boolean {
  const text = (i: number) => {
    const length = memory.readWord(address + i * 16 + 8)
    return length < 100
      ? Buffer.from(memory.readBytes(memory.readWord(address + i * 16), length)).toString('latin1')
      : ''
  }
  return memory.readWord(address + 8) === 0 && [1, 2, 3, 4, 5].every((i) => /^[\w :()-]{3,}$/.test(text(i)))
}

function isPointer({ memory }: VariableContext, address: number): boolean {
  const value = memory.readWord(address)
  return value === 0 || (value % 8 === 0 && memory.isReadable(value, 8))
}

const isPageSize = (size: number) => size >= 4096 && size <= 2 ** 20 && (size & (size - 1)) === 0

/** A slice of words; undefined when the three words can be none, or an empty one. */
function sliceAt(memory: Memory, address: number): { first: number; count: number } | undefined {
  const first = memory.readWord(address)
  const count = memory.readWord(address + 8)
  const capacity = memory.readWord(address + 16)
  if (first % 8 !== 0 || first < 4096 || !(count > 0 && count <= capacity && capacity < MAX_COUNT))
    return undefined
  return memory.isReadable(first, count * 8) ? { first, count } : undefined
}
