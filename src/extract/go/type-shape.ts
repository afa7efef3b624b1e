import { type GoType, NONE, type TypeIndex } from '../../model/types.ts'

const MAX_DEPTH = 100

/**
 * Leading bytes that can hold pointers, from the type's parts, as the compiler computes them: cmd/compile/internal/types,
 * PtrDataSize. undefined when a part is not known.
 */
export function pointerBytesOf(rows: readonly GoType[], index: TypeIndex, depth = 0): number | undefined {
  if (index === NONE || depth > MAX_DEPTH) return undefined
  const row = rows[index]
  if (row.pointerBytes !== undefined) return row.pointerBytes
  const fixed = pointerBytesOfKind(rows, row)
  if (fixed !== undefined) return fixed
  if (row.kind === 'array') {
    const element = pointerBytesOf(rows, row.element, depth + 1)
    const length = row.length ?? 0
    if (element === undefined) return undefined
    return element === 0 || length === 0 ? 0 : (length - 1) * rows[row.element].size + element
  }
  let end = 0
  for (const field of row.fields) {
    const inner = pointerBytesOf(rows, field.type, depth + 1)
    if (inner === undefined) return undefined
    if (inner > 0) end = Math.max(end, field.offset + inner)
  }
  return row.fields.length === 0 && row.kind === 'backing' ? undefined : end
}

/** For kinds whose pointers do not depend on their parts; undefined for structs and arrays. */
function pointerBytesOfKind(rows: readonly GoType[], row: GoType): number | undefined {
  switch (row.kind) {
    case 'struct':
    case 'array':
    case 'map group':
    case 'closure':
    case 'backing':
      return undefined
    case 'ptr':
      return row.element !== NONE && isNotInHeap(rows, row.element) ? 0 : 8
    case 'chan':
    case 'func':
    case 'map':
    case 'unsafe.Pointer':
    case 'string':
    case 'slice':
      return 8
    case 'interface':
      return 16
    default:
      return 0
  }
}

/**
 * True for types of which the compiler knows that they never lie in the heap: pointers to them are no pointers to the
 * collector. They contain a field of type runtime/internal/sys.NotInHeap (internal/runtime/sys since Go 1.24).
 */
function isNotInHeap(rows: readonly GoType[], index: TypeIndex, depth = 0): boolean {
  if (index === NONE || depth > MAX_DEPTH) return false
  const { name, kind, element, fields } = rows[index]
  if (name === 'runtime/internal/sys.NotInHeap' || name === 'internal/runtime/sys.NotInHeap') return true
  if (kind === 'array') return isNotInHeap(rows, element, depth + 1)
  return kind === 'struct' && fields.some((field) => isNotInHeap(rows, field.type, depth + 1))
}
