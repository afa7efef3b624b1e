import type { DwarfMember, DwarfType, DwarfTypeIndex, DwarfTypeKind } from './dwarf.ts'
import { TAG } from './encoding.ts'
import type { Entry } from './entry.ts'
import type { FormContext } from './forms.ts'
import { readMemberOffset } from './locations.ts'
import type { Unit } from './units.ts'
import type { Warnings } from './warnings.ts'

/**
 * What each tag is read as. C's qualifiers are typedefs without a name: they stand for the type they qualify.
 * Subranges are part of their array and have no row.
 */
const KINDS: ReadonlyMap<number, DwarfTypeKind> = new Map<number, DwarfTypeKind>([
  [TAG.baseType, 'base'],
  [TAG.enumerationType, 'base'],
  [TAG.structureType, 'struct'],
  [TAG.classType, 'struct'],
  [TAG.interfaceType, 'struct'],
  [TAG.unionType, 'union'],
  [TAG.arrayType, 'array'],
  [TAG.pointerType, 'pointer'],
  [TAG.referenceType, 'pointer'],
  [TAG.rvalueReferenceType, 'pointer'],
  [TAG.subroutineType, 'subroutine'],
  [TAG.typedef, 'typedef'],
  [TAG.templateAlias, 'typedef'],
  [TAG.constType, 'typedef'],
  [TAG.volatileType, 'typedef'],
  [TAG.restrictType, 'typedef'],
  [TAG.atomicType, 'typedef'],
  [TAG.immutableType, 'typedef'],
  [TAG.packedType, 'typedef'],
  [TAG.sharedType, 'typedef'],
  [TAG.unspecifiedType, 'other'],
  [TAG.ptrToMemberType, 'other'],
  [TAG.stringType, 'other'],
  [TAG.setType, 'other'],
  [TAG.fileType, 'other'],
  [TAG.coarrayType, 'other'],
  [TAG.dynamicType, 'other'],
])

/** The kind that entries of a tag have; undefined for tags of anything but types. */
export function typeKindOf(tag: number): DwarfTypeKind | undefined {
  return KINDS.get(tag)
}

/** What rows need to read the rest of themselves later. */
export interface TypeContext extends FormContext {
  warnings: Warnings
  /** Scratch entry for reads that end before the next begins. */
  entry: Entry
  /** Reads the entry that another refers to, into a scratch of its own; undefined when there is none. */
  readOther(offset: number): Entry | undefined
  /** Row of the type whose entry is at this offset of .debug_info; -1 when there is none. */
  indexOf(offset: number): DwarfTypeIndex
  /** Row of a type `*T`; -1 when the binary describes none. */
  pointerTo(target: DwarfTypeIndex): DwarfTypeIndex
}

/**
 * A type of the binary. Members and array lengths, the bulk of .debug_info, are read when they are first asked for.
 */
export class TypeRow implements DwarfType {
  readonly kind: DwarfTypeKind
  readonly name: string
  readonly size: number | undefined
  readonly goKind: number
  readonly runtimeTypeOffset: number | undefined
  readonly dictIndex: number | undefined
  readonly #context: TypeContext
  readonly #unit: Unit
  /** Where the children begin; -1 without any. */
  readonly #children: number
  /** References as offsets of .debug_info: rows further down are not known yet when this one is made. */
  readonly #type: number
  readonly #element: number
  readonly #key: number
  #members: readonly DwarfMember[] | undefined
  #length: number | undefined
  #isLengthKnown = false

  constructor(kind: DwarfTypeKind, entry: Entry, unit: Unit, context: TypeContext) {
    this.kind = kind
    this.name = entry.name ?? ''
    this.size = entry.byteSize >= 0 ? entry.byteSize : undefined
    this.goKind = Math.max(entry.goKind, 0)
    this.runtimeTypeOffset = entry.goRuntimeType > 0 ? entry.goRuntimeType : undefined
    this.dictIndex = entry.goDictIndex >= 0 ? entry.goDictIndex : undefined
    this.#context = context
    this.#unit = unit
    this.#children = entry.abbrev?.hasChildren ? entry.next : -1
    this.#type = entry.type
    this.#element = entry.goElem
    this.#key = entry.goKey
  }

  get type(): DwarfTypeIndex {
    return this.#context.indexOf(this.#type)
  }

  get element(): DwarfTypeIndex {
    return this.#context.indexOf(this.#element)
  }

  get key(): DwarfTypeIndex {
    return this.#context.indexOf(this.#key)
  }

  get members(): readonly DwarfMember[] {
    this.#members ??= this.kind === 'struct' || this.kind === 'union' ? this.#readMembers() : []
    return this.#members
  }

  get length(): number | undefined {
    if (!this.#isLengthKnown) {
      this.#length = this.kind === 'array' ? this.#readLength() : undefined
      this.#isLengthKnown = true
    }
    return this.#length
  }

  #readMembers(): DwarfMember[] {
    const { sections, indexOf } = this.#context
    const members: DwarfMember[] = []
    this.#forEachChild('members', (entry, tag) => {
      if (tag !== TAG.member && tag !== TAG.inheritance) return
      // A static member of C++ is declared here and lives elsewhere.
      if (entry.isExternal && entry.isDeclaration) return
      const offset = readMemberOffset(entry, sections)
      if (offset === undefined) {
        this.#context.warnings.add('member offset', `members of ${this.name} at computed offsets skipped`)
        return
      }
      const isEmbedded = entry.isEmbedded || tag === TAG.inheritance
      members.push({ name: entry.name ?? '', offset, type: indexOf(entry.type), isEmbedded })
    })
    return members
  }

  /** The product of all dimensions. */
  #readLength(): number | undefined {
    let length: number | undefined
    this.#forEachChild('array length', (entry, tag) => {
      if (tag !== TAG.subrangeType) return
      const count =
        entry.count >= 0 ? entry.count : entry.upperBound >= -1 ? entry.upperBound + 1 : Number.NaN
      length = (length ?? 1) * count
    })
    return Number.isSafeInteger(length) ? length : undefined
  }

  #forEachChild(what: string, visit: (entry: Entry, tag: number) => void): void {
    if (this.#children < 0) return
    const { entry, warnings } = this.#context
    const unit = this.#unit
    const walk = () => {
      let offset = this.#children
      while (offset < unit.end && entry.read(unit, offset)) {
        visit(entry, entry.abbrev?.tag ?? 0)
        offset = entry.skipChildren(unit)
      }
    }
    warnings.guard(`${what} of a type`, walk, undefined)
  }
}
