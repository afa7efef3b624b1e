import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import { FUNCDATA, type GoFunction, PCDATA, type Pclntab, readName } from './pclntab.ts'

/** A call as the source has it. */
export interface Call {
  function: string
  file: string | undefined
  line: number | undefined
  /** Compiled into its caller, the next call of the chain. */
  isInlined: boolean
  /** Made by the compiler: method wrappers, the closures of go statements. */
  isWrapper: boolean
}

/** runtime.inlinedCall: funcID u8, nameOff i32, parentPc i32, startLine i32. runtime/symtabinl.go; Go 1.21 to 1.27. */
const INLINED_CALL_BYTES = 16
/** Deeper than the inliner goes; ends a chain of corrupt records. */
const MAX_INLINE_DEPTH = 1000

/**
 * The calls that one pc stands for, innermost first: inlined ones, then the function itself, which is always there.
 * `pc` lies within the call instruction, not after it. runtime/symtabinl.go, inlineUnwinder.
 */
export function callsAt(memory: Memory, pclntab: Pclntab, fn: GoFunction, pc: number): Call[] {
  const calls: Call[] = []
  const tree = fn.funcdata[FUNCDATA.inlineTree] ?? 0
  let at = pc
  while (tree !== 0 && calls.length < MAX_INLINE_DEPTH) {
    const index = pclntab.pcdata(fn, PCDATA.inlineTreeIndex, at)
    if (index < 0) break
    const record = tree + index * INLINED_CALL_BYTES
    const inlined = readable(() => ({
      id: memory.readU8(record),
      name: memory.readI32(record + 4),
      parentPc: memory.readI32(record + 8),
    }))
    if (inlined === undefined || inlined.name < 0 || inlined.name >= fn.module.names.length) break
    const position = pclntab.position(fn, at)
    calls.push({
      function: readName(fn.module.names, inlined.name),
      file: position?.file,
      line: position?.line,
      isInlined: true,
      isWrapper: inlined.id === pclntab.wrapperId,
    })
    at = fn.entry + inlined.parentPc
  }
  const position = pclntab.position(fn, at)
  calls.push({
    function: fn.name,
    file: position?.file,
    line: position?.line,
    isInlined: false,
    isWrapper: fn.id === pclntab.wrapperId,
  })
  return calls
}
