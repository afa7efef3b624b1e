import { NONE, type TypeField, type TypeIndex, type TypeKind } from '../../../model/types.ts'
import { readable } from '../../file/readable.ts'
import type { GoProcess } from '../../go/process.ts'
import { readRtypeHeader } from '../../go/rtype.ts'
import { TINY_BYTES } from '../../go/size-classes.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import { SLOT, type Slot } from './slots.ts'

/**
 * What lies behind pointers of the runtime and of the standard library whose own type says too little: unsafe.Pointer, a
 * stand-in, the head of something longer. Each rule names the structure and the source that allocates what it points to.
 */
export class RuntimeParts {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
  }

  /** What a pointer to `element` leads to; undefined when that is no more and no less than one `element`. */
  pointee(element: TypeIndex): Slot | undefined {
    const { name } = this.#catalog.table.rows[element]
    if (TAILS.has(name)) return { kind: SLOT.tailed, target: element }
    if (name === 'runtime.hchan') return { kind: SLOT.anyChannel, target: element }
    if (DESCRIPTOR_HEADS.has(name)) return { kind: SLOT.descriptor, target: element }
    const whole = STAND_INS.get(name)
    const target = whole === undefined ? NONE : this.#catalog.byName(whole)
    return target === NONE ? undefined : { kind: SLOT.pointer, target }
  }

  /** Pointers of the struct that its fields' types do not tell, by offset. */
  slotsOf(struct: TypeIndex): Map<number, Slot> | undefined {
    const { name, fields } = this.#catalog.table.rows[struct]
    const rule = UNTYPED_FIELDS.find((row) => row.struct === name || name.startsWith(`${row.struct}[`))
    if (rule === undefined) return undefined
    const slots = new Map<number, Slot>()
    for (const field of fields) {
      const slot = rule.fields.includes(field.name) ? this.#slot(rule) : undefined
      if (slot !== undefined) slots.set(field.offset, slot)
    }
    return slots
  }

  /**
   * Row of the struct at that address with its last array as long as the struct itself says: `struct[length]`. NONE when
   * the words are not in the core, or tell nothing of the kind.
   */
  withTail(struct: TypeIndex, address: number): TypeIndex {
    const { rows } = this.#catalog.table
    const { name, fields } = rows[struct]
    const rule = TAILS.get(name)
    const tail = fields.at(-1)
    const counter = fields.find((field) => field.name === rule?.counter)
    if (rule === undefined || tail === undefined || counter === undefined || tail.type === NONE) return NONE
    const length = readable(() => this.#process.memory.readWord(address + counter.offset) + rule.more)
    if (length === undefined || !isPowerOfTwo(length)) return NONE
    const { element } = rows[tail.type]
    if (element === NONE) return NONE
    const array = this.#catalog.arrayOf(element, length)
    const whole: TypeField[] = [...fields.slice(0, -1), { ...tail, type: array }]
    return this.#catalog.named(`${name}[${length}]`, () => ({
      ...rows[struct],
      kind: 'backing',
      size: tail.offset + length * rows[element].size,
      pointerBytes: undefined,
      runtimeAddress: undefined,
      fields: whole,
    }))
  }

  /**
   * Row of what a weak pointer leads to, and which holds the address of the object: a box of 16 bytes since Go 1.26, one
   * word before, which shares its slot. runtime/mheap.go, getOrAddWeakHandle
   */
  weakHandle(): TypeIndex {
    const word = this.#catalog.byName('internal/runtime/atomic.Uintptr')
    if (word === NONE || !this.#process.facts.holds.boxesWeakHandles) return word
    return this.#catalog.named('runtime.weakHandleBox', () => ({
      ...this.#catalog.table.rows[word],
      runtimeAddress: undefined,
      size: TINY_BYTES,
      fields: [{ name: 'h', offset: 0, type: word, isEmbedded: false }],
    }))
  }

  /** Row of the descriptor at that address, as reflect allocates one of its kind; NONE for other kinds. */
  descriptor(address: number): TypeIndex {
    const { memory, facts } = this.#process
    const header = readRtypeHeader(memory, facts, address)
    const names = header === undefined ? [] : (MADE_BY_REFLECT[header.kind] ?? [])
    for (const name of names) {
      const row = this.#catalog.byName(name)
      if (row !== NONE) return row
    }
    return NONE
  }

  #slot({ leadsTo }: UntypedField): Slot | undefined {
    if (typeof leadsTo !== 'string') return { kind: leadsTo, target: NONE }
    const kind = leadsTo.startsWith('[]') ? SLOT.elements : SLOT.pointer
    const target =
      leadsTo === WEAK_HANDLE ? this.weakHandle() : this.#catalog.byName(leadsTo.replace(/^\[\]/, ''))
    if (target === NONE) return undefined
    return (kind === SLOT.pointer ? this.pointee(target) : undefined) ?? { kind, target }
  }
}

/** By name of the struct: the word that says how long its last array really is, and what to add to it. */
const TAILS = new Map([
  // runtime/iface.go, itabAdd
  ['runtime.itabTableType', { counter: 'size', more: 0 }],
  // runtime/iface.go, buildTypeAssertCache and buildInterfaceSwitchCache; since Go 1.22
  ['internal/abi.TypeAssertCache', { counter: 'Mask', more: 1 }],
  ['internal/abi.InterfaceSwitchCache', { counter: 'Mask', more: 1 }],
])

/** Types that stand for another one of which they are the head, or of which their package may not know. */
const STAND_INS = new Map([
  // Since Go 1.23 what time.NewTimer returns is the head of a larger object. runtime/time.go, newTimer
  ['time.Timer', 'runtime.timeTimer'],
  ['time.Ticker', 'runtime.timeTimer'],
  // iter/iter.go, newcoro
  ['iter.coro', 'runtime.coro'],
])

/** What all descriptors begin with, under the names that packages have for it. */
const DESCRIPTOR_HEADS = new Set(['internal/abi.Type', 'reflect.rtype', 'internal/reflectlite.rtype'])

/**
 * What reflect allocates for the types that it makes, by kind; the first name that the program has. A struct with methods
 * is longer, and a function is of a type that reflect makes for it.
 * reflect/type.go: ptrTo, SliceOf, ChanOf, ArrayOf, StructOf; reflect/map.go (type.go up to Go 1.23), MapOf
 */
const MADE_BY_REFLECT: Partial<Record<TypeKind, readonly string[]>> = {
  ptr: ['reflect.ptrType'],
  slice: ['reflect.sliceType'],
  chan: ['internal/abi.ChanType'],
  array: ['internal/abi.ArrayType'],
  struct: ['reflect.structTypeUncommon'],
  map: ['reflect.mapType', 'internal/abi.SwissMapType', 'internal/abi.MapType'],
}

interface UntypedField {
  /** A struct, or all instances of a generic one. */
  struct: string
  fields: readonly string[]
  /** Name of the type; `[]` before it: an array that fills its allocation. Or the kind of pointer that it really is. */
  leadsTo: string | typeof SLOT.emptyInterface | typeof SLOT.reflectValue
}

const WEAK_HANDLE = 'weak handle'

const UNTYPED_FIELDS: readonly UntypedField[] = [
  // sync/pool.go, pinSlow; eface is how a Pool's queue sees the interfaces in it.
  { struct: 'sync.Pool', fields: ['local', 'victim'], leadsTo: '[]sync.poolLocal' },
  { struct: 'sync.eface', fields: ['val'], leadsTo: SLOT.emptyInterface },
  // reflect/value.go: typ_ and flag, which stand beside it, say of what type its target is.
  { struct: 'reflect.Value', fields: ['ptr'], leadsTo: SLOT.reflectValue },
  // weak/pointer.go, Make; internal/weak in Go 1.23.
  { struct: 'weak.Pointer', fields: ['u'], leadsTo: WEAK_HANDLE },
  { struct: 'internal/weak.Pointer', fields: ['u'], leadsTo: WEAK_HANDLE },
  // A sudog's channel, since Go 1.25. runtime/runtime2.go
  { struct: 'runtime.maybeTraceableChan', fields: ['maybeTraceablePtr'], leadsTo: 'runtime.hchan' },
  // arena/arena.go, NewArena
  { struct: 'arena.Arena', fields: ['a'], leadsTo: 'runtime.userArena' },
]

function isPowerOfTwo(value: number): boolean {
  return value > 0 && value <= 2 ** 31 && (value & (value - 1)) === 0
}
