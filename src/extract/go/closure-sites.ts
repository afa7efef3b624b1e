import { readable } from '../file/readable.ts'
import type { ModuleData } from './moduledata.ts'
import type { GoProcess } from './process.ts'
import { readRtypeHeader } from './rtype.ts'

/**
 * How the compiler allocates closures, read from its code: what a closure holds is a struct type of its own,
 * `struct { F uintptr; X0 *int; ... }`, which the code hands to the allocator before it stores the address of the
 * function. cmd/compile/internal/walk/closure.go, walkClosure and walkMethodValue; typecheck.ClosureType.
 *
 *   LEAQ type:struct{...}(SB), AX      (BX, where the allocator is one of those made for a size: Go 1.27)
 *   CALL runtime.newobject(SB)
 *   LEAQ main.f.func1(SB), CX
 *   MOVQ CX, 0(AX)
 *
 * This is the only word on closures up to Go 1.22, and for the wrappers of go and defer statements in any release.
 * amd64 only: on other machines nothing is found.
 */
export interface ClosureSites {
  /** Descriptors with which closures of that code are allocated; empty when no such place was found. */
  typesOf(code: number): readonly number[]
}

export function openClosureSites(process: GoProcess): ClosureSites {
  let sites: Map<number, Set<number>> | undefined
  return {
    typesOf(code) {
      sites ??= findSites(process)
      // Among the types lie other constants, such as strings, which code loads the same way.
      return [...(sites.get(code) ?? [])].filter(
        (address) => readRtypeHeader(process.memory, process.facts, address)?.kind === 'struct',
      )
    },
  }
}

/** Bytes of code between the type's address and the function's; it takes the two instructions and moves around them. */
const MAX_DISTANCE = 96
/** A multiple of the page size, and large enough to make the overlap of neighbours nothing. */
const BLOCK_BYTES = 1 << 20

function findSites(process: GoProcess): Map<number, Set<number>> {
  const sites = new Map<number, Set<number>>()
  if (process.core.arch !== 'amd64') return sites
  for (const module of process.modules) {
    for (let start = module.text; start < module.etext; start += BLOCK_BYTES) {
      const bytes = new Uint8Array(Math.min(BLOCK_BYTES + MAX_DISTANCE, module.etext - start))
      const read = readable(() => process.memory.readInto(start, bytes)) ?? 0
      // Code is in one piece: a damaged end may be anywhere.
      if (read === 0) break
      scanBlock(bytes.subarray(0, read), start, module, sites)
    }
  }
  return sites
}

/** Notes pairs of type and function. What lies in the overlap of two blocks is met twice, which changes nothing. */
function scanBlock(
  bytes: Uint8Array,
  start: number,
  module: ModuleData,
  sites: Map<number, Set<number>>,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let type = 0
  let typeAt = -MAX_DISTANCE
  for (let i = bytes.indexOf(LEA); i >= 1 && i + 6 <= bytes.length; i = bytes.indexOf(LEA, i + 1)) {
    const prefix = bytes[i - 1]
    // REX.W, and REX.R for registers from R8 on; a memory operand relative to the next instruction.
    if ((prefix !== 0x48 && prefix !== 0x4c) || (bytes[i + 1] & 0xc7) !== 0x05) continue
    const target = start + i + 6 + view.getInt32(i + 2, true)
    if (target >= module.types && target < module.etypes) {
      type = target
      typeAt = i
      continue
    }
    const isCode = target >= module.text && target < module.etext
    if (!isCode || i - typeAt > MAX_DISTANCE || !storesAsFirstWord(bytes, i + 6, prefix, bytes[i + 1]))
      continue
    const types = sites.get(target)
    if (types === undefined) sites.set(target, new Set([type]))
    else types.add(type)
  }
}

const LEA = 0x8d
const MOV_STORE = 0x89

/** True for `MOVQ register, 0(other)`, of the register that the LEA with that prefix and operand byte has set. */
function storesAsFirstWord(bytes: Uint8Array, at: number, prefix: number, operand: number): boolean {
  if (at + 3 > bytes.length || bytes[at + 1] !== MOV_STORE) return false
  const base = bytes[at + 2] & 0x07
  // Bases 4 and 5 stand for other forms of address; REX.B, for bases from R8 on, may be set.
  const isPlain = (bytes[at + 2] & 0xc0) === 0 && base !== 4 && base !== 5
  return isPlain && (bytes[at] & 0xfe) === prefix && (bytes[at + 2] & 0x38) === (operand & 0x38)
}
