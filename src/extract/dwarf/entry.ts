import type { ByteReader } from '../../base/byte-reader.ts'
import { type Abbrev, findAbbrev, missingAbbrev, skipAttributes } from './abbrev.ts'
import { AT } from './encoding.ts'
import { type FormContext, type FormValue, readForm, VALUE, type ValueKind } from './forms.ts'
import type { SectionName } from './sections.ts'
import type { Unit } from './units.ts'

/** Absent numbers of an entry. No attribute that is read has this value by itself. */
export const ABSENT = Number.NEGATIVE_INFINITY

/**
 * The attributes of one debugging information entry that goheap uses. One object is filled again and again: what is
 * to be kept has to be copied out before the next read.
 */
export class Entry {
  readonly reader: ByteReader
  readonly #context: FormContext
  readonly #value: FormValue = { kind: VALUE.none, number: 0, length: 0, section: 'info' }
  /** Offsets of the entry and of what follows its attributes. */
  offset = 0
  next = 0
  abbrev: Abbrev | undefined
  nameSection: SectionName = 'info'
  nameOffset = ABSENT
  /** References, as offsets of .debug_info. */
  type = ABSENT
  goKey = ABSENT
  goElem = ABSENT
  abstractOrigin = ABSENT
  specification = ABSENT
  sibling = ABSENT
  /** Constants. */
  byteSize = ABSENT
  goKind = ABSENT
  goRuntimeType = ABSENT
  goDictIndex = ABSENT
  goClosureOffset = ABSENT
  constValue = ABSENT
  count = ABSENT
  upperBound = ABSENT
  dataBitOffset = ABSENT
  callFile = ABSENT
  callLine = ABSENT
  language = ABSENT
  /** Flags. */
  isEmbedded = false
  isResult = false
  isDeclaration = false
  isExternal = false
  /** Addresses; the kind of highPc tells an address from a length. */
  lowPc = ABSENT
  highPc = ABSENT
  highPcKind: ValueKind = VALUE.none
  ranges = ABSENT
  rangesKind: ValueKind = VALUE.none
  /** Expressions and lists: offset of the block in .debug_info or of the list in its section. */
  location = ABSENT
  locationLength = 0
  locationKind: ValueKind = VALUE.none
  frameBase = ABSENT
  frameBaseLength = 0
  frameBaseKind: ValueKind = VALUE.none
  memberLocation = ABSENT
  memberLocationLength = 0
  memberLocationKind: ValueKind = VALUE.none
  /** Bases of a unit's entry. */
  stringOffsetsBase = ABSENT
  addressBase = ABSENT
  rangeListsBase = ABSENT
  locationListsBase = ABSENT

  constructor(context: FormContext) {
    this.#context = context
    this.reader = context.sections.reader('info', 0)
  }

  get name(): string | undefined {
    if (this.nameOffset === ABSENT) return undefined
    return this.#context.sections.text(this.nameSection, this.nameOffset)
  }

  /**
   * Reads the entry at `offset` of its unit; false for the null entry that ends a list of children.
   * Throws GoheapError on damage and on forms of unknown length.
   */
  read(unit: Unit, offset: number): boolean {
    const abbrev = this.#begin(unit, offset)
    if (abbrev === undefined) return false
    this.#reset()
    const { attributes, forms, implicitValues } = abbrev
    const value = this.#value
    for (let i = 0; i < attributes.length; i++) {
      readForm(this.reader, forms[i], implicitValues[i], unit, this.#context, value)
      if (value.kind !== VALUE.none) this.#take(attributes[i])
    }
    this.next = this.reader.position
    return true
  }

  /** Finds the abbreviation and the end of the entry at `offset` only; false for a null entry. */
  skip(unit: Unit, offset: number): boolean {
    const abbrev = this.#begin(unit, offset)
    if (abbrev === undefined) return false
    skipAttributes(this.reader, abbrev, unit)
    this.next = this.reader.position
    return true
  }

  /** Offset behind the children of the entry that was read or skipped last: behind the null entry that ends them. */
  skipChildren(unit: Unit): number {
    if (!this.abbrev?.hasChildren) return this.next
    if (this.sibling > this.next && this.sibling <= unit.end) return this.sibling
    let depth = 1
    let offset = this.next
    while (depth > 0 && offset < unit.end) {
      if (!this.skip(unit, offset)) depth--
      else if (this.abbrev.hasChildren) depth++
      offset = this.next
    }
    return offset
  }

  #begin(unit: Unit, offset: number): Abbrev | undefined {
    const reader = this.reader
    reader.position = offset
    reader.limit = unit.end
    this.offset = offset
    const code = reader.uleb()
    this.next = reader.position
    if (code === 0) {
      this.abbrev = undefined
      return undefined
    }
    const abbrev = findAbbrev(unit.abbrevs, code)
    if (abbrev === undefined) throw missingAbbrev(offset, code)
    this.abbrev = abbrev
    return abbrev
  }

  #take(attribute: number): void {
    const value = this.#value
    const number = value.number
    switch (attribute) {
      case AT.name:
        if (value.kind !== VALUE.text) return
        this.nameOffset = number
        this.nameSection = value.section
        return
      case AT.location:
        this.location = number
        this.locationLength = value.length
        this.locationKind = value.kind
        return
      case AT.frameBase:
        this.frameBase = number
        this.frameBaseLength = value.length
        this.frameBaseKind = value.kind
        return
      case AT.dataMemberLocation:
        this.memberLocation = number
        this.memberLocationLength = value.length
        this.memberLocationKind = value.kind
        return
      case AT.lowPc:
        if (value.kind === VALUE.address) this.lowPc = number
        return
      case AT.highPc:
        this.highPc = number
        this.highPcKind = value.kind
        return
      case AT.ranges:
        this.ranges = number
        this.rangesKind = value.kind
        return
      default:
        if (value.kind === VALUE.reference) this.#takeReference(attribute, number)
        else if (value.kind === VALUE.number || value.kind === VALUE.sectionOffset) {
          this.#takeNumber(attribute, number)
        } else if (attribute === AT.goRuntimeType && value.kind === VALUE.address) this.goRuntimeType = number
    }
  }

  #takeReference(attribute: number, target: number): void {
    switch (attribute) {
      case AT.type:
        this.type = target
        return
      case AT.goKey:
        this.goKey = target
        return
      case AT.goElem:
        this.goElem = target
        return
      case AT.abstractOrigin:
        this.abstractOrigin = target
        return
      case AT.specification:
        this.specification = target
        return
      case AT.sibling:
        this.sibling = target
    }
  }

  #takeNumber(attribute: number, number: number): void {
    switch (attribute) {
      case AT.byteSize:
        this.byteSize = number
        return
      case AT.goKind:
        this.goKind = number
        return
      case AT.goRuntimeType:
        this.goRuntimeType = number
        return
      case AT.goDictIndex:
        this.goDictIndex = number
        return
      case AT.goClosureOffset:
        this.goClosureOffset = number
        return
      case AT.goEmbeddedField:
        this.isEmbedded = number !== 0
        return
      case AT.variableParameter:
        this.isResult = number !== 0
        return
      case AT.declaration:
        this.isDeclaration = number !== 0
        return
      case AT.external:
        this.isExternal = number !== 0
        return
      case AT.constValue:
        this.constValue = number
        return
      case AT.count:
        this.count = number
        return
      case AT.upperBound:
        this.upperBound = number
        return
      case AT.dataBitOffset:
        this.dataBitOffset = number
        return
      case AT.callFile:
        this.callFile = number
        return
      case AT.callLine:
        this.callLine = number
        return
      case AT.language:
        this.language = number
        return
      case AT.strOffsetsBase:
        this.stringOffsetsBase = number
        return
      case AT.addrBase:
        this.addressBase = number
        return
      case AT.rnglistsBase:
        this.rangeListsBase = number
        return
      case AT.loclistsBase:
        this.locationListsBase = number
    }
  }

  #reset(): void {
    this.nameOffset = ABSENT
    this.type = ABSENT
    this.goKey = ABSENT
    this.goElem = ABSENT
    this.abstractOrigin = ABSENT
    this.specification = ABSENT
    this.sibling = ABSENT
    this.byteSize = ABSENT
    this.goKind = ABSENT
    this.goRuntimeType = ABSENT
    this.goDictIndex = ABSENT
    this.goClosureOffset = ABSENT
    this.constValue = ABSENT
    this.count = ABSENT
    this.upperBound = ABSENT
    this.dataBitOffset = ABSENT
    this.callFile = ABSENT
    this.callLine = ABSENT
    this.language = ABSENT
    this.isEmbedded = false
    this.isResult = false
    this.isDeclaration = false
    this.isExternal = false
    this.lowPc = ABSENT
    this.highPc = ABSENT
    this.ranges = ABSENT
    this.location = ABSENT
    this.frameBase = ABSENT
    this.memberLocation = ABSENT
    this.stringOffsetsBase = ABSENT
    this.addressBase = ABSENT
    this.rangeListsBase = ABSENT
    this.locationListsBase = ABSENT
  }
}
