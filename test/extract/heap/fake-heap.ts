import { sharedFloat64, sharedInt32, sharedUint8, sharedUint32 } from '../../../src/base/columns.ts'
import { FaultError } from '../../../src/errors.ts'
import type { Memory } from '../../../src/extract/file/memory.ts'
import { PAGE_BYTES } from '../../../src/extract/go/facts.ts'
import { IN_USE } from '../../../src/extract/heap/spans.ts'
import type { ObjectTable, SpanTable } from '../../../src/model/tables.ts'
import { NONE } from '../../../src/model/types.ts'

export interface FakeSpan {
  address: number
  pages: number
  slotSize: number
  slots: number
  /** Numbers of the slots in use. */
  allocated: number[]
  headerSize?: 0 | 8
  noscan?: boolean
  state?: number
  largeType?: number
}

/** Tables of a heap drawn by hand. Spans ascend by address. */
export function fakeTables(rows: readonly FakeSpan[]): { spans: SpanTable; objects: ObjectTable } {
  const slots = rows.reduce((sum, span) => sum + span.slots, 0)
  const count = rows.reduce((sum, span) => sum + span.allocated.length, 0)
  const spans: SpanTable = {
    count: rows.length,
    address: Float64Array.from(rows, (span) => span.address),
    pages: Uint32Array.from(rows, (span) => span.pages),
    slotSize: Float64Array.from(rows, (span) => span.slotSize),
    slots: Uint32Array.from(rows, (span) => span.slots),
    allocated: Uint32Array.from(rows, (span) => span.allocated.length),
    state: Uint8Array.from(rows, (span) => span.state ?? IN_USE),
    noscan: Uint8Array.from(rows, (span) => (span.noscan ? 1 : 0)),
    headerSize: Uint8Array.from(rows, (span) => span.headerSize ?? 0),
    largeType: Float64Array.from(rows, (span) => span.largeType ?? 0),
    firstObject: sharedUint32(rows.length + 1),
    firstSlot: sharedUint32(rows.length + 1),
  }
  const objects: ObjectTable = {
    count,
    address: sharedFloat64(count),
    span: sharedUint32(count),
    unswept: sharedUint8(count),
    type: sharedInt32(count).fill(NONE),
    length: sharedFloat64(count),
    typeSource: sharedUint8(count),
    slotObject: sharedInt32(slots).fill(NONE),
  }
  let row = 0
  rows.forEach((span, s) => {
    spans.firstObject[s + 1] = spans.firstObject[s] + span.allocated.length
    spans.firstSlot[s + 1] = spans.firstSlot[s] + span.slots
    for (const slot of span.allocated) {
      objects.address[row] = span.address + slot * span.slotSize + (span.headerSize ?? 0)
      objects.span[row] = s
      objects.slotObject[spans.firstSlot[s] + slot] = row++
    }
  })
  return { spans, objects }
}

/** Memory of whole pages of 4 KiB; what was never written is not there. */
export class FakeMemory implements Memory {
  readonly mappings = []
  readonly plan = { files: [], extents: [], mappings: [] }
  readonly #pages = new Map<number, Uint8Array>()

  writeWord(address: number, value: number): void {
    this.map(address, 8)
    const view = new DataView(new ArrayBuffer(8))
    view.setBigUint64(0, BigInt(value), true)
    for (let i = 0; i < 8; i++) this.#page(address + i)![(address + i) % 4096] = view.getUint8(i)
  }
  writeBytes(address: number, bytes: Uint8Array): void {
    this.map(address, bytes.length)
    bytes.forEach((byte, i) => {
      this.#page(address + i)![(address + i) % 4096] = byte
    })
  }
  /** Makes the pages readable, as zeros. */
  map(address: number, size: number): void {
    for (let page = address - (address % 4096); page < address + size; page += 4096) {
      if (!this.#pages.has(page)) this.#pages.set(page, new Uint8Array(4096))
    }
  }
  #page(address: number): Uint8Array | undefined {
    return this.#pages.get(address - (address % 4096))
  }
  readInto(address: number, target: Uint8Array): number {
    for (let i = 0; i < target.length; i++) {
      const page = this.#page(address + i)
      if (page === undefined) return i
      target[i] = page[(address + i) % 4096]
    }
    return target.length
  }
  readBytes(address: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size)
    const read = this.readInto(address, bytes)
    if (read < size) throw new FaultError(address + read, 'fake memory')
    return bytes
  }
  #view(address: number, size: number): DataView {
    return new DataView(this.readBytes(address, size).buffer)
  }
  readU8 = (address: number) => this.#view(address, 1).getUint8(0)
  readU16 = (address: number) => this.#view(address, 2).getUint16(0, true)
  readU32 = (address: number) => this.#view(address, 4).getUint32(0, true)
  readI32 = (address: number) => this.#view(address, 4).getInt32(0, true)
  readWord = (address: number) => Number(this.#view(address, 8).getBigUint64(0, true))
  isReadable(address: number, size: number): boolean {
    return this.readInto(address, new Uint8Array(size)) === size
  }
  close(): void {}
}

export const PAGE = PAGE_BYTES
