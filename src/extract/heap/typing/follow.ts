import { FaultError } from '../../../errors.ts'
import {
  type EdgeTable,
  type ObjectTable,
  ROOT_KINDS,
  type RootEdgeTable,
  type RootTable,
} from '../../../model/tables.ts'
import { NONE, type ObjectIndex, type RootIndex, type TypeIndex } from '../../../model/types.ts'
import type { Memory } from '../../file/memory.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import type { Candidates } from './candidates.ts'
import type { Closures } from './closures.ts'
import type { HeapParts } from './heap-parts.ts'
import { entryAt, type SlotProgram, type SlotPrograms } from './slot-program.ts'
import { SLOT } from './slots.ts'
import { LEVEL, SOURCE } from './type-state.ts'

/** Roots that hold func values, whose rows have no type. */
const FUNCTION_ROOTS = new Set(
  (['finalizer', 'finalizer queue', 'cleanup', 'cleanup queue', 'defer'] as const).map((kind) =>
    ROOT_KINDS.indexOf(kind),
  ),
)

/** reflect/value.go, flagIndir. */
const REFLECT_FLAG_INDIRECT = 1 << 7

const WEAK_HANDLE = ROOT_KINDS.indexOf('weak handle')

/** Follows the pointers of what has a type, and offers what they say of their targets. */
export class Follower {
  readonly #memory: Memory
  readonly #catalog: TypeCatalog
  readonly #parts: HeapParts
  readonly #closures: Closures
  readonly #programs: SlotPrograms
  readonly #objects: ObjectTable
  readonly #edges: EdgeTable
  readonly #candidates: Candidates
  readonly #uint8: TypeIndex
  /** Dynamic types by address of the itab. */
  readonly #itabs = new Map<number, TypeIndex>()

  constructor(parts: {
    memory: Memory
    catalog: TypeCatalog
    heapParts: HeapParts
    closures: Closures
    programs: SlotPrograms
    objects: ObjectTable
    edges: EdgeTable
    candidates: Candidates
  }) {
    this.#memory = parts.memory
    this.#catalog = parts.catalog
    this.#parts = parts.heapParts
    this.#closures = parts.closures
    this.#programs = parts.programs
    this.#objects = parts.objects
    this.#edges = parts.edges
    this.#candidates = parts.candidates
    this.#uint8 = parts.catalog.byName('uint8')
  }

  followObject(object: ObjectIndex): void {
    const type = this.#objects.type[object]
    const program = type === NONE ? undefined : this.#programs.of(type)
    if (program === undefined || program.count === 0) return
    const { first, offset, target, targetOffset } = this.#edges
    const end = this.#objects.length[object] * this.#catalog.table.rows[type].size
    const address = this.#objects.address[object]
    for (let e = first[object]; e < first[object + 1]; e++) {
      const at = offset[e]
      if (at >= end) return
      const entry = entryAt(program, at % program.size)
      if (entry !== NONE) this.#follow(program, entry, address + at, target[e], targetOffset[e])
    }
  }

  followRoot(roots: RootTable, rootEdges: RootEdgeTable, root: RootIndex): void {
    const type = roots.type[root]
    if (FUNCTION_ROOTS.has(roots.kind[root])) this.#followFunctions(rootEdges, root)
    if (roots.kind[root] === WEAK_HANDLE) this.#followWeakHandle(rootEdges, root)
    const program = type === NONE ? undefined : this.#programs.of(type)
    if (program === undefined || program.count === 0) return
    const end = this.#catalog.table.rows[type].size
    const address = roots.address[root]
    for (let e = rootEdges.first[root]; e < rootEdges.first[root + 1]; e++) {
      const at = rootEdges.offset[e]
      if (at < 0 || at >= end) continue
      const entry = entryAt(program, at % program.size)
      // A variable without a place (in registers) has no words beside the pointer to read.
      const word = address === 0 ? 0 : address + at
      if (entry !== NONE) this.#follow(program, entry, word, rootEdges.target[e], rootEdges.targetOffset[e])
    }
  }

  /** The pointer at `word` (0: no place) leads `offset` bytes into the object. */
  #follow(program: SlotProgram, entry: number, word: number, object: ObjectIndex, offset: number): void {
    const type = program.target[entry]
    const candidates = this.#candidates
    switch (program.kind[entry]) {
      case SLOT.pointer:
        candidates.offerOne(object, offset, type, SOURCE.pointer)
        return
      case SLOT.slice:
        candidates.offerArray(object, offset, type, this.#read(word, 16), SOURCE.slice)
        return
      case SLOT.string:
        candidates.offerArray(object, offset, this.#uint8, this.#read(word, 8), SOURCE.string)
        return
      case SLOT.emptyInterface:
        this.#followInterface(this.#typeAt(this.#read(word, -8)), word, object, offset)
        return
      case SLOT.interface:
        this.#followInterface(this.#typeOfItab(this.#read(word, -8)), word, object, offset)
        return
      case SLOT.channel:
        this.#followChannel(type, object, offset)
        return
      case SLOT.anyChannel:
        this.#followChannel(
          this.#typeAt(this.#read(this.#objects.address[object], this.#parts.elementTypeOffset)),
          object,
          offset,
        )
        candidates.offerOne(object, offset, type, SOURCE.pointer)
        return
      case SLOT.descriptor:
        this.#followDescriptor(object, offset, type, SOURCE.pointer)
        return
      case SLOT.map:
        candidates.offerOne(object, offset, this.#parts.mapHeader(type), SOURCE.map, LEVEL.exact)
        return
      case SLOT.func:
        this.#followFunction(object, offset)
        return
      case SLOT.elements:
        if (offset === 0) candidates.offerElements(object, type, this.#sourceOfElements(type))
        return
      case SLOT.buffer:
        this.#followCounted(object, offset, type, this.#read(word, this.#parts.bufferedAfter), SOURCE.channel)
        return
      case SLOT.groups:
        this.#followCounted(
          object,
          offset,
          type,
          this.#read(word, this.#parts.lengthMaskAfter) + 1,
          SOURCE.map,
        )
        return
      case SLOT.swissDirectory:
        this.#followDirectory(type, word, object, offset)
        return
      case SLOT.trieNode: {
        const isEntry = this.#read(this.#objects.address[object] + offset, 0) % 256 !== 0
        candidates.offerOne(object, offset, this.#parts.trieNode(type, isEntry), SOURCE.pointer)
        return
      }
      case SLOT.tailed:
        if (offset === 0) {
          const whole = this.#parts.runtimeParts.withTail(type, this.#objects.address[object])
          candidates.offerWhole(object, 0, whole, SOURCE.runtime)
        }
        return
      case SLOT.reflectValue:
        this.#followReflectValue(word, object, offset)
        return
    }
  }

  #followChannel(element: TypeIndex, object: ObjectIndex, offset: number): void {
    if (offset !== 0 || element === NONE) return
    const buffered = this.#read(this.#objects.address[object], this.#parts.bufferedOffset)
    this.#candidates.offerChannel(object, offset, this.#parts.channel(element, buffered))
  }

  /** Up to Go 1.23 some that reflect makes are no more than their head. */
  #followDescriptor(object: ObjectIndex, offset: number, head: TypeIndex, source: number): void {
    if (offset === 0) {
      const whole = this.#parts.runtimeParts.descriptor(this.#objects.address[object])
      this.#candidates.offerOne(object, 0, whole, SOURCE.runtime, LEVEL.exact)
    }
    this.#candidates.offerOne(object, offset, head, source)
  }

  #followInterface(type: TypeIndex, word: number, object: ObjectIndex, offset: number): void {
    if (type === NONE) return
    if (!this.#catalog.isDirect(type)) {
      this.#candidates.offerOne(object, offset, type, SOURCE.interface, LEVEL.exact)
      return
    }
    const { kind, element } = this.#catalog.table.rows[type]
    if (kind === 'ptr') {
      const slot = this.#parts.pointerSlot(element)
      if (slot.kind === SLOT.pointer) this.#candidates.offerOne(object, offset, slot.target, SOURCE.interface)
      else if (slot.kind === SLOT.descriptor)
        this.#followDescriptor(object, offset, slot.target, SOURCE.interface)
      return
    }
    const program = this.#programs.of(type)
    if (program?.count === 1) this.#follow(program, 0, word, object, offset)
  }

  /** reflect/value.go: without flagIndir the pointer is the value itself, as in an interface; with it, it leads to one. */
  #followReflectValue(word: number, object: ObjectIndex, offset: number): void {
    const type = this.#typeAt(this.#read(word, -8))
    if ((this.#read(word, 8) & REFLECT_FLAG_INDIRECT) === 0) this.#followInterface(type, word, object, offset)
    else this.#candidates.offerOne(object, offset, type, SOURCE.interface)
  }

  #followFunction(object: ObjectIndex, offset: number): void {
    if (offset !== 0) return
    const code = this.#read(this.#objects.address[object], 0)
    if (code === 0) return
    for (const { type, isComplete } of this.#closures.allAt(code)) {
      if (isComplete) this.#candidates.offerOne(object, 0, type, SOURCE.closure, LEVEL.exact)
      else this.#candidates.offerClosure(object, 0, type, SOURCE.closure)
    }
  }

  /** Of finalizers, cleanups and defers: those pointers that lead to the address of a function's code. */
  #followFunctions(rootEdges: RootEdgeTable, root: RootIndex): void {
    for (let e = rootEdges.first[root]; e < rootEdges.first[root + 1]; e++) {
      this.#followFunction(rootEdges.target[e], rootEdges.targetOffset[e])
    }
  }

  #followWeakHandle(rootEdges: RootEdgeTable, root: RootIndex): void {
    const handle = this.#parts.runtimeParts.weakHandle()
    for (let e = rootEdges.first[root]; e < rootEdges.first[root + 1]; e++) {
      const { target, targetOffset } = rootEdges
      this.#candidates.offerOne(target[e], targetOffset[e], handle, SOURCE.runtime, LEVEL.exact)
    }
  }

  /** internal/runtime/maps/map.go, Map.dirPtr and Map.dirLen. */
  #followDirectory(map: TypeIndex, word: number, object: ObjectIndex, offset: number): void {
    const { group, tablePointer } = this.#parts.swissParts(map)
    const length = this.#read(word, this.#parts.directoryLengthAfter)
    if (length === 0) this.#candidates.offerOne(object, offset, group, SOURCE.map, LEVEL.exact)
    else this.#candidates.offerArray(object, offset, tablePointer, length, SOURCE.map, LEVEL.exact)
  }

  /** An allocation of as many elements as the runtime's structure says. */
  #followCounted(object: ObjectIndex, offset: number, type: TypeIndex, count: number, source: number): void {
    if (offset === 0) this.#candidates.offerArray(object, 0, type, count, source, LEVEL.exact)
  }

  #sourceOfElements(type: TypeIndex): number {
    if (type === NONE) return SOURCE.unknown
    return this.#catalog.table.rows[type].kind === 'map group' ? SOURCE.map : SOURCE.runtime
  }

  #typeAt(address: number): TypeIndex {
    return address === 0 ? NONE : this.#catalog.fromRuntime(address)
  }

  /** abi.ITab: Inter, Type. */
  #typeOfItab(itab: number): TypeIndex {
    if (itab === 0) return NONE
    let type = this.#itabs.get(itab)
    if (type === undefined) {
      type = this.#typeAt(this.#read(itab, 8))
      this.#itabs.set(itab, type)
    }
    return type
  }

  /** The word `skip` bytes from an address; 0 when there is no address or it is not in the core. */
  #read(address: number, skip: number): number {
    if (address === 0) return 0
    try {
      return this.#memory.readWord(address + skip)
    } catch (error) {
      if (error instanceof FaultError) return 0
      throw error
    }
  }
}
