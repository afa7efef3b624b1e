import { type GoType, NONE, type TypeIndex } from '../model/types.ts'

/** Padding of one struct type, in bytes of one value. */
export interface Padding {
  type: TypeIndex
  gaps: number
  tail: number
  /** Bytes of a value whose fields are sorted by alignment. */
  bestSize: number
  /** Names of the fields, sorted so; undefined where that makes the value no smaller. */
  betterOrder: readonly string[] | undefined
}

/** Padding of a struct type in all values of it that are in reachable objects. */
export interface PaddingTotals extends Padding {
  values: number
  paddingBytes: number
  /** What a better order of the fields would save. */
  savedBytes: number
}

/** Padding by TypeIndex, given how many values of each type are objects, or elements of objects. */
export function sumPadding(rows: readonly GoType[], values: ArrayLike<number>): PaddingTotals[] {
  const live = spreadValues(rows, values)
  return findPadding(rows).map((padding) => ({
    ...padding,
    values: live[padding.type],
    paddingBytes: live[padding.type] * (padding.gaps + padding.tail),
    savedBytes: live[padding.type] * (rows[padding.type].size - padding.bestSize),
  }))
}

/** Struct types with padding of their own, by TypeIndex. Types of C, and those of which a field is not known, are left out. */
export function findPadding(rows: readonly GoType[]): Padding[] {
  const alignments = new Alignments(rows)
  const mapSlots = listMapSlots(rows)
  return rows.flatMap((row, type) => {
    // The order of C's fields is not Go's to change, and its unions and bit fields overlap.
    if (row.kind !== 'struct' || row.name.startsWith('C.')) return []
    const padding = paddingOf(rows, row, alignments)
    if (padding === undefined || padding.gaps + padding.tail === 0) return []
    // That a key comes before its value is not the program's to change either.
    const best = mapSlots.has(type) ? { bestSize: row.size, betterOrder: undefined } : {}
    return [{ type, ...padding, ...best }]
  })
}

/** Structs of a key and its value. internal/runtime/maps/group.go; the compiler's reflectdata/map.go, MapGroupType */
function listMapSlots(rows: readonly GoType[]): Set<TypeIndex> {
  const groups = rows.filter(({ kind }) => kind === 'map group')
  const arrays = groups.flatMap(({ fields }) => fields.filter(({ name }) => name === 'slots'))
  return new Set(arrays.map(({ type }) => rows[type]?.element ?? NONE))
}

function paddingOf(
  rows: readonly GoType[],
  { fields, size }: GoType,
  alignments: Alignments,
): Omit<Padding, 'type'> | undefined {
  const alignmentOf = fields.map((field) => alignments.of(field.type))
  if (alignmentOf.includes(undefined)) return undefined
  const alignment = Math.max(1, ...alignmentOf.map((of) => of ?? 1))
  let end = 0
  let gaps = 0
  let sum = 0
  for (const field of fields.toSorted((a, b) => a.offset - b.offset)) {
    if (field.offset < end) return undefined
    gaps += field.offset - end
    end = field.offset + rows[field.type].size
    sum += rows[field.type].size
  }
  // Sorted by alignment, each field ends where the next can begin. Fields without size go first: a struct that ends with
  // one is longer, lest its address be that of what comes behind. cmd/compile/internal/types/size.go, CalcStructSize
  if (end > size) return undefined
  const bestSize = Math.ceil(sum / alignment) * alignment
  const order = (place: number) =>
    rows[fields[place].type].size === 0 ? Number.POSITIVE_INFINITY : (alignmentOf[place] ?? 1)
  const sorted = [...fields.keys()].sort((a, b) => (order(a) === order(b) ? a - b : order(b) - order(a)))
  const betterOrder = bestSize < size ? sorted.map((place) => fields[place].name) : undefined
  return { gaps, tail: size - end, bestSize, betterOrder }
}

/** Alignment of types on 64-bit machines. cmd/compile/internal/types/size.go, CalcSize */
class Alignments {
  readonly #rows: readonly GoType[]
  readonly #known: (number | undefined | 'open')[] = []

  constructor(rows: readonly GoType[]) {
    this.#rows = rows
  }

  /** undefined when a part is not known. */
  of(type: TypeIndex): number | undefined {
    if (type === NONE) return undefined
    const known = this.#known[type]
    // Types that contain themselves are in damaged binaries only.
    if (known === 'open') return undefined
    if (known !== undefined) return known
    this.#known[type] = 'open'
    const found = this.#find(this.#rows[type])
    this.#known[type] = found
    return found
  }

  #find({ kind, size, element, fields }: GoType): number | undefined {
    switch (kind) {
      case 'struct':
      case 'map group':
      case 'closure':
      case 'backing': {
        let most = 1
        for (const field of fields) {
          const alignment = this.of(field.type)
          if (alignment === undefined) return undefined
          most = Math.max(most, alignment)
        }
        return most
      }
      case 'array':
        return this.of(element)
      case 'complex64':
        return 4
      default:
        return Math.min(8, Math.max(1, size))
    }
  }
}

/**
 * Values of each type that there are when there are `values` of each as objects or elements of objects: a struct's fields
 * and an array's elements count too, and theirs.
 */
export function spreadValues(rows: readonly GoType[], values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values)
  for (const type of orderByContainment(rows)) {
    const { kind, element, length = 0, fields } = rows[type]
    if (all[type] === 0) continue
    if (kind === 'array' && element !== NONE) all[element] += all[type] * length
    for (const field of fields) if (field.type !== NONE) all[field.type] += all[type]
  }
  return all
}

/** All types, each before those that its values consist of. */
function orderByContainment(rows: readonly GoType[]): TypeIndex[] {
  const order: TypeIndex[] = []
  const isSeen = new Uint8Array(rows.length)
  const visit = (type: TypeIndex) => {
    if (type === NONE || isSeen[type] === 1) return
    isSeen[type] = 1
    if (rows[type].kind === 'array') visit(rows[type].element)
    for (const field of rows[type].fields) visit(field.type)
    order.push(type)
  }
  for (let type = 0; type < rows.length; type++) visit(type)
  return order.reverse()
}
