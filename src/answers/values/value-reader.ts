import { FaultError } from '../../errors.ts'
import type { Memory } from '../../extract/file/memory.ts'
import { isDirectType } from '../../extract/go/rtype.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { readQuery } from '../../schema/query-file.ts'
import { isChannel, readChannel } from './channels.ts'
import { isKnown, type KnownSource, readKnown } from './known-values.ts'
import { isMapHeader, readMap } from './map-entries.ts'
import { formatGoDuration, formatTime, readScalar } from './scalars.ts'
import { type TypeField, type TypeRow, TypeRows } from './type-rows.ts'

/** A part of a value, in words. */
export interface ValueRow {
  /** Field, element or key: `.conns[3].buf`, `["a"]`; '' for the whole. */
  field: string
  /** null: not known. */
  type: string | null
  /** Bytes from the object's address; null for what lies in other objects, as entries of maps do. */
  offset: number | null
  /** null: not known. */
  value: string | null
  /** Object that it points into; null for none. */
  target_id: number | null
}

export interface ReadLimits {
  /** Elements of an array, entries of a map. */
  elements: number
  /** Structs and arrays within each other that are taken apart. */
  depth: number
}

const TEXT_BYTES = 200
/** A pointer to one of these stands for the type that lies there. */
const DESCRIPTORS = new Set(['reflect.rtype', 'internal/abi.Type'])
/** Elements of an array that are shown in one line. */
const INLINE_ELEMENTS = 4

/** Reads Go values from the memory of a process by the types of its database. */
export class ValueReader {
  readonly #db: HeapDb
  readonly #memory: Memory
  readonly #types: TypeRows
  readonly #limits: ReadLimits
  readonly #source: KnownSource
  readonly #objectAt = readQuery('object-at')

  constructor(db: HeapDb, memory: Memory, limits: ReadLimits) {
    this.#db = db
    this.#memory = memory
    this.#types = new TypeRows(db)
    this.#limits = limits
    this.#source = {
      ...{ memory, types: this.#types },
      addressOf: (variable) => {
        const sql = "SELECT address FROM roots WHERE kind = 'global' AND name = ?"
        for (const [address] of db.query(sql, [variable]).rows) return Number(address)
      },
    }
  }

  /** `length` consecutive values of a type, from the object's address on. */
  readObject(object: { id: number; address: number; typeId: number; length: number }): ValueRow[] {
    const type = this.#types.get(object.typeId)
    if (type === undefined) return []
    if (isMapHeader(type)) return this.#readMap({ id: object.id, type, address: object.address })
    if (isChannel(type)) return this.#readChannel(type, object.address)
    const rows: ValueRow[] = []
    const context = { base: object.address, rows }
    if (object.length === 1 && isKnown(type) && type.fields.length > 0) {
      // As a whole, and then by its fields.
      rows.push(row('', type.name, 0, this.#describe(type, object.address).text))
      for (const part of type.fields) this.#addField(context, '', part, object.address, 0)
    } else if (object.length === 1) this.#addValue(context, '', type, object.address, 0)
    else if (type.name === 'uint8') rows.push(this.#bytes(type, object.address, object.length))
    else this.#addElements(context, '', type, object.address, object.length, 0)
    return rows
  }

  #readMap(header: { id: number; type: TypeRow; address: number }): ValueRow[] {
    const source = { db: this.#db, types: this.#types, memory: this.#memory }
    const contents = this.#attempt(() => readMap(source, header))
    if (contents === undefined) return [row('', header.type.name, 0, null)]
    const { count, entries, capacity } = contents
    const found = count === entries.length ? '' : `, of which ${entries.length} were found`
    const rows = [row('', header.type.name, 0, `${count ?? 'unknown'} entries in ${capacity} places${found}`)]
    for (const { key, value } of entries.slice(0, this.#limits.elements)) {
      const type = this.#types.get(value.type)
      const shown = this.#describe(this.#types.get(key.type), key.address)
      const { text, target } = this.#describe(type, value.address)
      rows.push({ ...row(`[${shown.text ?? 'unknown'}]`, type?.name ?? null, null, text), target_id: target })
    }
    if (entries.length > this.#limits.elements) {
      rows.push(row('…', null, null, `${entries.length - this.#limits.elements} more entries`))
    }
    return rows
  }

  #bytes(type: TypeRow, address: number, length: number): ValueRow {
    const text = this.#attempt(() =>
      quoteBytes(this.#memory.readBytes(address, Math.min(length, TEXT_BYTES))),
    )
    const rest = length > TEXT_BYTES ? ` and ${length - TEXT_BYTES} bytes more` : ''
    return row('', `[${length}]${type.name}`, 0, text === undefined ? null : text + rest)
  }

  /** Structs and arrays are taken apart; everything else is one row. */
  #addValue(context: Context, field: string, type: TypeRow, address: number, depth: number): void {
    const offset = address - context.base
    const isWhole = type.name === 'time.Time' || isKnown(type)
    if (depth < this.#limits.depth && type.fields.length > 0 && !isWhole) {
      for (const part of type.fields) this.#addField(context, field, part, address, depth)
      return
    }
    const element = this.#types.get(type.element)
    const isBytes = element?.name === 'uint8'
    if (type.kind === 'array' && element && !isBytes && depth < this.#limits.depth) {
      this.#addElements(context, field, element, address, type.length ?? 0, depth + 1)
      return
    }
    const { text, target } = this.#describe(type, address)
    context.rows.push({ ...row(field, type.name, offset, text), target_id: target })
  }

  #addField(context: Context, field: string, part: TypeField, address: number, depth: number): void {
    const type = this.#types.get(part.type)
    const path = `${field}.${part.name}`
    if (type) this.#addValue(context, path, type, address + part.offset, depth + 1)
    else context.rows.push(row(path, null, address + part.offset - context.base, null))
  }

  #addElements(
    context: Context,
    field: string,
    type: TypeRow,
    address: number,
    length: number,
    depth: number,
  ): void {
    const shown = Math.min(length, this.#limits.elements)
    for (let i = 0; i < shown; i++) {
      this.#addValue(context, `${field}[${i}]`, type, address + i * type.size, depth)
    }
    if (length > shown) {
      const offset = address + shown * type.size - context.base
      context.rows.push(row(`${field}[${shown}…]`, type.name, offset, `${length - shown} more elements`))
    }
  }

  /** One value in words; text null when it cannot be read. */
  #describe(
    type: TypeRow | undefined,
    address: number,
    depth = 0,
  ): { text: string | null; target: number | null } {
    if (type === undefined) return { text: null, target: null }
    const found = this.#attempt(() => this.#readWords(type, address, depth))
    return found ?? { text: null, target: null }
  }

  #readWords(type: TypeRow, address: number, depth: number): { text: string | null; target: number | null } {
    const memory = this.#memory
    const plain = (text: string | null) => ({ text, target: null })
    if (type.name === 'time.Time') return plain(this.#readTime(type, address))
    if (type.name === 'time.Duration') {
      return plain(formatGoDuration(this.#readWord64(address)))
    }
    const known = this.#readKnown(type, address)
    if (known !== undefined) {
      // A net.IP is a slice.
      return { text: known, target: type.kind === 'slice' ? this.#objectOf(memory.readWord(address)) : null }
    }
    const scalar = readScalar(memory, type.kind, type.size, address)
    if (scalar !== undefined) return plain(scalar)
    switch (type.kind) {
      case 'string': {
        const [data, length] = [memory.readWord(address), memory.readWord(address + 8)]
        return { text: this.#readText(data, length), target: length > 0 ? this.#objectOf(data) : null }
      }
      case 'slice':
        return this.#readSlice(type, address)
      case 'interface':
        return this.#readInterface(address, depth)
      case 'ptr':
      case 'unsafe.Pointer':
      case 'map':
      case 'chan':
      case 'func':
        return this.#readPointer(memory.readWord(address), type)
      case 'array':
        if (this.#types.get(type.element)?.name === 'uint8') {
          return plain(quoteBytes(memory.readBytes(address, Math.min(type.size, TEXT_BYTES))))
        }
        return plain(this.#readInlineArray(type, address, depth))
      default:
        return plain(this.#readInline(type, address, depth))
    }
  }

  /** A struct in one line, such as the value of a map or an interface. */
  #readInline(type: TypeRow, address: number, depth: number): string {
    if (depth > 2) return '{…}'
    const parts = type.fields.map(({ name, type: part, offset }) => {
      return `${name}: ${this.#describe(this.#types.get(part), address + offset, depth + 1).text ?? 'unknown'}`
    })
    return `{${parts.join(', ')}}`
  }

  /** A short array in one line, of a longer one how many there are. */
  #readInlineArray(type: TypeRow, address: number, depth: number): string {
    const { length = 0 } = type
    const element = this.#types.get(type.element)
    if (length > INLINE_ELEMENTS || element === undefined || depth > 2) return `${length} elements`
    const parts = Array.from({ length }, (_, i) => {
      return this.#describe(element, address + i * element.size, depth + 1).text ?? 'unknown'
    })
    return `[${parts.join(', ')}]`
  }

  #readTime(type: TypeRow, address: number): string | null {
    const [wall, ext] = ['wall', 'ext'].map((name) => type.fields.find((field) => field.name === name))
    if (wall === undefined || ext === undefined) return null
    const seconds = BigInt.asUintN(64, this.#readWord64(address + wall.offset))
    return formatTime(seconds, this.#readWord64(address + ext.offset)) ?? null
  }

  /** Signed. */
  #readWord64(address: number): bigint {
    const bytes = this.#memory.readBytes(address, 8)
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true)
  }

  #readText(data: number, length: number): string {
    if (length === 0) return '""'
    const text = quoteText(this.#memory.readBytes(data, Math.min(length, TEXT_BYTES)))
    return length > TEXT_BYTES ? `${text} and ${length - TEXT_BYTES} bytes more` : text
  }

  #readSlice(type: TypeRow, address: number): { text: string; target: number | null } {
    const [data, length, capacity] = [0, 8, 16].map((offset) => this.#memory.readWord(address + offset))
    if (data === 0) return { text: 'nil', target: null }
    const isBytes = this.#types.get(type.element)?.name === 'uint8' && length > 0
    const bytes = isBytes
      ? this.#attempt(() => ` ${quoteBytes(this.#memory.readBytes(data, Math.min(length, TEXT_BYTES)))}`)
      : ''
    return { text: `len ${length} cap ${capacity}${bytes ?? ''}`, target: this.#objectOf(data) }
  }

  /** runtime/runtime2.go, iface and eface: a type word or an itab (internal/abi/iface.go: Inter, Type), then data. */
  #readInterface(address: number, depth: number): { text: string | null; target: number | null } {
    const [word, data] = [this.#memory.readWord(address), this.#memory.readWord(address + 8)]
    if (word === 0) return { text: 'nil', target: null }
    // An itab is no type descriptor, and the other way round: whichever the address is known as.
    const descriptor = this.#types.at(word) ? word : this.#memory.readWord(word + 8)
    const dynamic = this.#types.at(descriptor)
    const target = this.#objectOf(data)
    if (dynamic === undefined) return { text: null, target }
    const place = isDirectType(this.#memory, descriptor) ? address + 8 : data
    const shown = depth > 2 ? '…' : (this.#describe(dynamic, place, depth + 1).text ?? 'unknown')
    return { text: `${dynamic.name} ${shown}`, target }
  }

  #readPointer(address: number, type: TypeRow): { text: string; target: number | null } {
    if (address === 0) return { text: 'nil', target: null }
    const target = this.#objectOf(address)
    const place = target === null ? `0x${address.toString(16)}` : `-> ${this.#labelOf(target)}`
    const known = type.kind === 'chan' ? this.#readQueue(target, address) : this.#readTarget(type, address)
    return { text: known === undefined ? place : `${place} ${known}`, target }
  }

  /** What a pointer to a known type leads to, in words. */
  #readTarget(type: TypeRow, address: number): string | undefined {
    const element = type.kind === 'ptr' ? this.#types.get(type.element) : undefined
    if (element === undefined) return undefined
    // A reflect.Type, or the runtime's own pointer to a type.
    if (DESCRIPTORS.has(element.name)) return this.#types.at(address)?.name
    return this.#readKnown(element, address)
  }

  #readKnown(type: TypeRow, address: number): string | undefined {
    if (!isKnown(type)) return undefined
    return this.#attempt(() => readKnown(this.#source, type, address))
  }

  #readQueue(id: number | null, address: number): string | undefined {
    if (id === null) return undefined
    const [[typeId]] = this.#db.query('SELECT type_id FROM objects WHERE id = ?', [id]).rows
    const type = typeId === null ? undefined : this.#types.get(Number(typeId))
    if (type === undefined || !isChannel(type)) return undefined
    return this.#attempt(
      () => readChannel({ memory: this.#memory, types: this.#types }, type, address, 0)?.text,
    )
  }

  #readChannel(type: TypeRow, address: number): ValueRow[] {
    const source = { memory: this.#memory, types: this.#types }
    const channel = this.#attempt(() => readChannel(source, type, address, this.#limits.elements))
    if (channel === undefined) return [row('', type.name, 0, null)]
    const { element, queued, text } = channel
    return [
      row('', type.name, 0, text),
      ...queued.map((at, i) => {
        const { text: shown, target } = this.#describe(element, at)
        return { ...row(`[${i}]`, element?.name ?? null, null, shown), target_id: target }
      }),
    ]
  }

  #labelOf(id: number): string {
    for (const [label] of this.#db.query('SELECT label FROM nodes WHERE id = ?', [id]).rows)
      return `${id} ${label}`
    return `${id}`
  }

  #objectOf(address: number): number | null {
    if (!Number.isSafeInteger(address)) return null
    for (const [id] of this.#db.runQuery(this.#objectAt, { address }).rows) return Number(id)
    return null
  }

  /** What the core does not hold is not known: undefined. */
  #attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (error instanceof FaultError) return undefined
      throw error
    }
  }
}

interface Context {
  base: number
  rows: ValueRow[]
}

function row(field: string, type: string | null, offset: number | null, value: string | null): ValueRow {
  return { field, type, offset, value, target_id: null }
}

/** Bytes as text in quotes when they are text, else in hexadecimal. */
function quoteBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  // A cut may have split the last character.
  const isText = isReadable(text) && !text.slice(0, -1).includes('\ufffd')
  return isText
    ? JSON.stringify(text)
    : `0x${Buffer.from(bytes.subarray(0, 32)).toString('hex')}${bytes.length > 32 ? '…' : ''}`
}

const quoteText = (bytes: Uint8Array) => JSON.stringify(Buffer.from(bytes).toString('utf8'))

/** No control characters but tabs and line ends. */
function isReadable(text: string): boolean {
  return [...text].every((character) =>
    character >= ' ' ? character !== '\u007f' : '\t\n\v\f\r'.includes(character),
  )
}
