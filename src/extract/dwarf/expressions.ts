import { ByteReader } from '../../base/byte-reader.ts'
import type { VariablePiece } from './dwarf.ts'
import { readAddressAt } from './forms.ts'
import { readAddress } from './ranges.ts'
import type { DebugSections } from './sections.ts'
import type { Unit } from './units.ts'

/** DW_OP_*, as far as they are told apart. */
const OP = {
  addr: 0x03,
  deref: 0x06,
  const1u: 0x08,
  constu: 0x10,
  consts: 0x11,
  plus: 0x22,
  plusUconst: 0x23,
  lit0: 0x30,
  lit31: 0x4f,
  reg0: 0x50,
  reg31: 0x6f,
  breg0: 0x70,
  breg31: 0x8f,
  regx: 0x90,
  fbreg: 0x91,
  bregx: 0x92,
  piece: 0x93,
  callFrameCfa: 0x9c,
  bitPiece: 0x9d,
  addrx: 0xa1,
  gnuAddrIndex: 0xfb,
} as const

/** A location expression: bytes [start, start + length) of a reader's section. */
export interface Expression {
  bytes: Uint8Array
  start: number
  length: number
}

/** Where an expression says that a variable is. */
export interface Place {
  /** Empty for an empty expression: the variable is nowhere at that pc. */
  pieces: VariablePiece[]
  /** The variable has a fixed address. */
  address: number | undefined
  /** The only piece holds the variable's address, not the variable: the expression ends in DW_OP_deref. */
  isIndirect: boolean
}

/** What the operations so far have put on the stack. */
type Top =
  | { kind: 'none' }
  | { kind: 'frame'; offset: number }
  /** CFA + offset with a constant above it that DW_OP_plus adds. */
  | { kind: 'frame and constant'; offset: number; constant: number }
  | { kind: 'register'; register: number }
  | { kind: 'address'; address: number }
  | { kind: 'indirect frame'; offset: number }
  | { kind: 'unknown' }

const NOTHING: Top = { kind: 'none' }
const UNKNOWN: Top = { kind: 'unknown' }

/**
 * Reads a location expression into pieces, without running it: places relative to the canonical frame address and
 * registers are read, anything that computes is an unknown piece. DWARF 5, 2.5 and 2.6.
 *
 * `isFrameBaseCfa` tells whether DW_AT_frame_base of the function is DW_OP_call_frame_cfa, as Go's always is.
 */
export function readPlace(
  expression: Expression,
  unit: Unit,
  sections: DebugSections,
  isFrameBaseCfa: boolean,
): Place {
  const { bytes, start, length } = expression
  const reader = new ByteReader(bytes, 'a location expression', start, start + length)
  const pieces: VariablePiece[] = []
  let top: Top = NOTHING
  while (reader.position < reader.limit) {
    const op = reader.u8()
    if (op === OP.piece) {
      pieces.push(toPiece(top, reader.uleb()))
      top = NOTHING
    } else if (op === OP.bitPiece) {
      pieces.push({ kind: 'unknown', size: Math.ceil(reader.uleb() / 8) })
      reader.skipLeb()
      top = NOTHING
    } else {
      const next = apply(op, top, { reader, unit, sections, isFrameBaseCfa })
      if (next === undefined) {
        // An operation of unknown length: what follows cannot be read.
        pieces.push({ kind: 'unknown', size: undefined })
        return { pieces, address: undefined, isIndirect: false }
      }
      top = next
    }
  }
  if (top.kind === 'none') return { pieces, address: undefined, isIndirect: false }
  pieces.push(toPiece(top, undefined))
  const isWhole = pieces.length === 1
  if (isWhole && top.kind === 'indirect frame') {
    return {
      pieces: [{ kind: 'frame', offset: top.offset, size: undefined }],
      address: undefined,
      isIndirect: true,
    }
  }
  return { pieces, address: isWhole && top.kind === 'address' ? top.address : undefined, isIndirect: false }
}

/** Whether an expression is DW_OP_call_frame_cfa and nothing else. */
export function isCallFrameCfa({ bytes, start, length }: Expression): boolean {
  return length === 1 && bytes[start] === OP.callFrameCfa
}

/** A member's offset as an expression, the way of DWARF 2: the constant that is added. Undefined for any other. */
export function readConstantOffset({ bytes, start, length }: Expression): number | undefined {
  const reader = new ByteReader(bytes, 'a member location', start, start + length)
  if (length === 0) return undefined
  const op = reader.u8()
  if (op !== OP.plusUconst && op !== OP.constu) return undefined
  const offset = reader.uleb()
  return reader.position === reader.limit ? offset : undefined
}

function toPiece(top: Top, size: number | undefined): VariablePiece {
  if (top.kind === 'frame' && Number.isSafeInteger(top.offset))
    return { kind: 'frame', offset: top.offset, size }
  if (top.kind === 'register') return { kind: 'register', register: top.register, size }
  return { kind: 'unknown', size }
}

interface Machine {
  reader: ByteReader
  unit: Unit
  sections: DebugSections
  isFrameBaseCfa: boolean
}

/** The stack after one operation; undefined when the operation's length is not known. */
function apply(op: number, top: Top, machine: Machine): Top | undefined {
  const { reader, unit, sections } = machine
  const isFirst = top.kind === 'none'
  if (op === OP.fbreg) {
    const offset = reader.sleb()
    return isFirst && machine.isFrameBaseCfa ? { kind: 'frame', offset } : UNKNOWN
  }
  if (op === OP.callFrameCfa) return isFirst ? { kind: 'frame', offset: 0 } : UNKNOWN
  if (op >= OP.reg0 && op <= OP.reg31) return isFirst ? { kind: 'register', register: op - OP.reg0 } : UNKNOWN
  if (op === OP.regx) {
    const register = reader.uleb()
    return isFirst ? { kind: 'register', register } : UNKNOWN
  }
  if (op === OP.addr) {
    const address = readAddress(reader, unit)
    return isFirst ? { kind: 'address', address } : UNKNOWN
  }
  if (op === OP.addrx || op === OP.gnuAddrIndex) {
    const index = reader.uleb()
    return isFirst ? { kind: 'address', address: readAddressAt(unit, index, sections) } : UNKNOWN
  }
  if (op === OP.plusUconst) {
    const constant = reader.uleb()
    if (top.kind === 'frame') return { kind: 'frame', offset: top.offset + constant }
    return top.kind === 'address' ? { kind: 'address', address: top.address + constant } : UNKNOWN
  }
  if (op === OP.consts || op === OP.constu) {
    const constant = op === OP.consts ? reader.sleb() : reader.uleb()
    return top.kind === 'frame' ? { kind: 'frame and constant', offset: top.offset, constant } : UNKNOWN
  }
  if (op === OP.plus && top.kind === 'frame and constant') {
    return { kind: 'frame', offset: top.offset + top.constant }
  }
  if (op === OP.deref && top.kind === 'frame') return { kind: 'indirect frame', offset: top.offset }
  return skipOperands(op, reader, unit) ? UNKNOWN : undefined
}

/** Moves behind the operands of an operation whose result is not used; false when they are not known. */
function skipOperands(op: number, reader: ByteReader, unit: Unit): boolean {
  if (op >= OP.lit0 && op <= OP.lit31) return true
  if (op >= OP.breg0 && op <= OP.breg31) {
    reader.skipLeb()
    return true
  }
  const operands = OPERANDS.get(op)
  if (operands === undefined) return false
  for (const operand of operands) {
    if (operand === 'leb') reader.skipLeb()
    else if (operand === 'block') reader.skip(reader.uleb())
    else if (operand === 'block1') reader.skip(reader.u8())
    else if (operand === 'reference') reader.skip(unit.version <= 2 ? unit.addressSize : 4)
    else reader.skip(operand)
  }
  return true
}

/** Operands of the operations that `apply` does not read; a number is that many bytes. */
type Operand = number | 'leb' | 'block' | 'block1' | 'reference'
const OPERANDS = listOperands()

function listOperands(): ReadonlyMap<number, readonly Operand[]> {
  const operands = new Map<number, readonly Operand[]>()
  const define = (ops: readonly number[], list: readonly Operand[]) => {
    for (const op of ops) operands.set(op, list)
  }
  // deref, the stack operations (pick aside) and the arithmetic, comparisons, nop, push_object_address,
  // form_tls_address, stack_value, GNU_push_tls_address, GNU_uninit.
  define([
    OP.deref,
    0x12,
    0x13,
    0x14,
    0x16,
    0x17,
    0x18,
    0x19,
    0x1a,
    0x1b,
    0x1c,
    0x1d,
    0x1e,
    0x1f,
    0x20,
    0x21,
  ], [])
  define([OP.plus, 0x24, 0x25, 0x26, 0x27, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x96, 0x97, 0x9b, 0x9f], [])
  define([0xe0, 0xf0], [])
  // const1u const1s pick deref_size xderef_size, const2 bra skip call2, const4 call4, const8.
  define([OP.const1u, 0x09, 0x15, 0x94, 0x95], [1])
  define([0x0a, 0x0b, 0x28, 0x2f, 0x98], [2])
  define([0x0c, 0x0d, 0x99], [4])
  define([0x0e, 0x0f], [8])
  // constx convert reinterpret and GNU's convert reinterpret const_index.
  define([0xa2, 0xa8, 0xa9, 0xf7, 0xf9, 0xfc], ['leb'])
  // bregx, regval_type.
  define([OP.bregx, 0xa5, 0xf5], ['leb', 'leb'])
  // implicit_value entry_value.
  define([0x9e, 0xa3, 0xf3], ['block'])
  // implicit_pointer, call_ref, const_type, deref_type xderef_type, GNU_parameter_ref, GNU_variable_value.
  define([0xa0, 0xf2], ['reference', 'leb'])
  define([0x9a, 0xfd], ['reference'])
  define([0xa4, 0xf4], ['leb', 'block1'])
  define([0xa6, 0xa7, 0xf6], [1, 'leb'])
  define([0xfa], [4])
  return operands
}
