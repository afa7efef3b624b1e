import { NONE, type TypeIndex } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'

/** A part of a value. */
export interface TypePart {
  /** How to get there from the value: `.next`, `[2].name.ptr`; '' for the value itself. */
  path: string
  /** NONE when it has no type of its own, as the words of an interface. */
  type: TypeIndex
}

/** Structs and arrays within each other: deeper than any program's. */
const MAX_DEPTH = 64

/**
 * The part of a value of `type` that begins `offset` bytes into it and has `size` bytes. Parts of slices, strings and
 * interfaces have the names that the compiler gives them when it splits a variable: cmd/compile/internal/ssa/decompose.go.
 * A struct of one field, and an array of one element, are as large as that: the outermost is taken, unless one is `wanted`.
 */
export function partOf(
  types: TypeCatalog,
  type: TypeIndex,
  offset: number,
  size: number,
  wanted?: TypeIndex,
): TypePart {
  const { rows } = types.table
  let at = type
  let rest = offset
  let path = ''
  for (let depth = 0; at !== NONE && depth < MAX_DEPTH; depth++) {
    const row = rows[at]
    if (rest === 0 && row.size === size && at === (wanted ?? at)) return { path, type: at }
    if (row.kind === 'struct') {
      const field = row.fields.findLast(
        (each) => each.offset <= rest && rest < each.offset + (rows[each.type]?.size ?? 0),
      )
      if (field === undefined) break
      path += `.${field.name}`
      rest -= field.offset
      at = field.type
    } else if (row.kind === 'array' && row.element !== NONE && rows[row.element].size > 0) {
      const element = rows[row.element]
      path += `[${Math.floor(rest / element.size)}]`
      rest %= element.size
      at = row.element
    } else {
      const isEmpty = row.kind === 'interface' && types.isEmptyInterface(at)
      const name = PARTS[isEmpty ? 'empty interface' : row.kind]?.[rest / 8]
      if (name === undefined || size !== 8) break
      return { path: `${path}.${name}`, type: rest === 0 ? pointerPart(types, at) : NONE }
    }
  }
  return { path, type: NONE }
}

const PARTS: Readonly<Record<string, readonly string[]>> = {
  slice: ['ptr', 'len', 'cap'],
  string: ['ptr', 'len'],
  interface: ['itab', 'data'],
  'empty interface': ['type', 'data'],
}

/** Type of an interface's data word by its first word, an itab or (`isEmpty`) a type; NONE when that is none. */
export function dataType(process: GoProcess, types: TypeCatalog, first: number, isEmpty: boolean): TypeIndex {
  const type = dynamicType(process, types, first, isEmpty)
  if (type === NONE) return NONE
  return types.isDirect(type) ? type : types.pointerTo(type)
}

/** Type of what an interface holds, by its first word. */
export function dynamicType(
  process: GoProcess,
  types: TypeCatalog,
  first: number,
  isEmpty: boolean,
): TypeIndex {
  const { memory } = process
  const address = isEmpty || first === 0 ? first : readable(() => memory.readWord(first + ITAB_TYPE))
  return address ? types.fromRuntime(address) : NONE
}

/** internal/abi/iface.go: ITab is {Inter, Type, ...}. */
const ITAB_TYPE = 8

function pointerPart(types: TypeCatalog, type: TypeIndex): TypeIndex {
  const { kind, element } = types.table.rows[type]
  if (kind === 'string') return types.pointerTo(types.byName('uint8'))
  return kind === 'slice' && element !== NONE ? types.pointerTo(element) : NONE
}
