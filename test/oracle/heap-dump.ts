import { readFileSync } from 'node:fs'
import { HOST } from './emulator.ts'

/**
 * Reader of what runtime/debug.WriteHeapDump writes: the "go1.7 heap dump" format, of which runtime/heapdump.go is
 * the specification. Numbers are uvarints; memory is a length and bytes.
 */
export interface HeapDump {
  readonly goVersion: string
  readonly arch: string
  /** Slots as the runtime enumerates them, bogus ones left out, ascending by address. */
  readonly objects: readonly DumpObject[]
  /** Entries that lie in the metadata at the end of a span: see slotsOfPage. */
  readonly bogus: readonly DumpObject[]
  readonly data: DumpSegment
  readonly bss: DumpSegment
  readonly goroutines: readonly DumpGoroutine[]
  readonly finalizers: readonly DumpFinalizer[]
  readonly queuedFinalizers: readonly DumpFinalizer[]
  readonly otherRoots: readonly { description: string; target: number }[]
  readonly threads: readonly { m: number; id: number; procid: number }[]
  readonly types: readonly { address: number; size: number; name: string }[]
  readonly samples: readonly { object: number; bucket: number }[]
  readonly heapAlloc: number
  readonly heapObjects: number
}

/** Memory with the places of its pointers. */
export interface DumpSegment {
  readonly address: number
  readonly bytes: Buffer
  /** Offsets of the words that the collector takes for pointers, ascending. */
  readonly pointers: readonly number[]
}

/** A slot: address is the start of the slot, a malloc header included. */
export type DumpObject = DumpSegment

export interface DumpGoroutine {
  readonly g: number
  readonly goid: number
  readonly status: number
  readonly isSystem: boolean
  readonly waitReason: string
  readonly m: number
  readonly frames: readonly DumpFrame[]
  readonly defers: readonly { address: number; fn: number }[]
  readonly panics: readonly { address: number; value: number }[]
}

/** address is the frame's lowest: its sp. */
export interface DumpFrame extends DumpSegment {
  readonly depth: number
  readonly entry: number
  readonly pc: number
  /** Where the frame would go on: pc, or 0 for a frame that only a panic could enter again. */
  readonly continuePc: number
  readonly function: string
}

/** _Grunnable. runtime/runtime2.go */
const RUNNABLE = 1

/**
 * True of goroutines that may have moved on between the dump and the crash: the scavenger, which a timer wakes; and under
 * an emulator, which is so slow that the main goroutine has to make way, those that only wait for a processor.
 * runtime/mgcscavenge.go, bgscavenge
 */
export const movesOn = ({ arch }: HeapDump, { status, frames }: DumpGoroutine) =>
  (arch !== HOST && status === RUNNABLE) || frames.some((frame) => frame.function === 'runtime.bgscavenge')

export interface DumpFinalizer {
  readonly object: number
  readonly closure: number
  readonly code: number
}

const HEADER = 'go1.7 heap dump\n'
const TAG = {
  eof: 0,
  object: 1,
  otherRoot: 2,
  type: 3,
  goroutine: 4,
  frame: 5,
  params: 6,
  finalizer: 7,
  itab: 8,
  thread: 9,
  memstats: 10,
  queuedFinalizer: 11,
  data: 12,
  bss: 13,
  defer: 14,
  panic: 15,
  profile: 16,
  sample: 17,
} as const

export function readHeapDump(path: string): HeapDump {
  const input = new DumpInput(readFileSync(path))
  const slots: DumpObject[] = []
  const finalizers: DumpFinalizer[] = []
  const queuedFinalizers: DumpFinalizer[] = []
  const otherRoots: { description: string; target: number }[] = []
  const threads: { m: number; id: number; procid: number }[] = []
  const types: { address: number; size: number; name: string }[] = []
  const samples: { object: number; bucket: number }[] = []
  const goroutines: (DumpGoroutine & { frames: DumpFrame[] })[] = []
  const defers = new Map<number, { address: number; fn: number }[]>()
  const panics = new Map<number, { address: number; value: number }[]>()
  let data: DumpSegment | undefined
  let bss: DumpSegment | undefined
  let params: { arch: string; goVersion: string } | undefined
  let memstats: number[] = []

  for (let tag = input.number(); tag !== TAG.eof; tag = input.number()) {
    switch (tag) {
      case TAG.object:
        slots.push(input.segment())
        break
      case TAG.otherRoot:
        otherRoots.push({ description: input.text(), target: input.number() })
        break
      case TAG.type: {
        types.push({ address: input.number(), size: input.number(), name: input.text() })
        input.number()
        break
      }
      case TAG.goroutine: {
        const goroutine = readGoroutine(input)
        defers.set(goroutine.g, goroutine.defers)
        panics.set(goroutine.g, goroutine.panics)
        goroutines.push(goroutine)
        break
      }
      case TAG.frame:
        goroutines.at(-1)?.frames.push(readFrame(input))
        break
      case TAG.params: {
        input.numbers(4)
        const arch = input.text()
        params = { arch, goVersion: input.text() }
        input.number()
        break
      }
      case TAG.finalizer:
      case TAG.queuedFinalizer: {
        const [object, closure, code] = input.numbers(5)
        const list = tag === TAG.finalizer ? finalizers : queuedFinalizers
        list.push({ object, closure, code })
        break
      }
      case TAG.itab:
        input.numbers(2)
        break
      case TAG.thread: {
        const [m, id, procid] = input.numbers(3)
        threads.push({ m, id, procid })
        break
      }
      case TAG.memstats:
        memstats = input.numbers(24 + 256 + 1)
        break
      case TAG.data:
        data = input.segment()
        break
      case TAG.bss:
        bss = input.segment()
        break
      case TAG.defer: {
        const [address, g, , , fn] = input.numbers(7)
        defers.get(g)?.push({ address, fn })
        break
      }
      case TAG.panic: {
        const [address, g, , value] = input.numbers(6)
        panics.get(g)?.push({ address, value })
        break
      }
      case TAG.profile: {
        const [, , frames] = input.numbers(3)
        for (let i = 0; i < frames; i++) {
          input.text()
          input.text()
          input.number()
        }
        input.numbers(2)
        break
      }
      case TAG.sample: {
        const [object, bucket] = input.numbers(2)
        samples.push({ object, bucket })
        break
      }
      default:
        throw new Error(`heap dump: tag ${tag} at ${input.position}`)
    }
  }
  if (!data || !bss || !params) throw new Error('heap dump: no data, bss or params')
  slots.sort((a, b) => a.address - b.address)
  return {
    ...params,
    ...withoutBogus(slots, params.goVersion),
    data,
    bss,
    goroutines,
    finalizers,
    queuedFinalizers,
    otherRoots,
    threads,
    types,
    samples,
    // Alloc TotalAlloc Sys Lookups Mallocs Frees HeapAlloc HeapSys HeapIdle HeapInuse HeapReleased HeapObjects
    heapAlloc: memstats[6],
    heapObjects: memstats[11],
  }
}

function readGoroutine(input: DumpInput) {
  const [g, , goid, , status, isSystem] = input.numbers(8)
  const waitReason = input.text()
  const [, m] = input.numbers(4)
  const frames: DumpFrame[] = []
  const defers: { address: number; fn: number }[] = []
  const panics: { address: number; value: number }[] = []
  return { g, goid, status, isSystem: isSystem === 1, waitReason, m, frames, defers, panics }
}

function readFrame(input: DumpInput): DumpFrame {
  const [address, depth] = input.numbers(3)
  const bytes = input.bytes()
  const [entry, pc, continuePc] = input.numbers(3)
  const name = input.text()
  return { address, depth, bytes, entry, pc, continuePc, function: name, pointers: input.pointers() }
}

const PAGE_BYTES = 8192

/**
 * Since Go 1.22 dumpobjs counts a span's slots as pages * 8192 / elemsize, while the runtime keeps metadata at the end
 * of spans with slots of at most 512 bytes (all of one page): the heap bits of spans with pointers, and since Go 1.26
 * the inline mark bits of all of 16 bytes and more. What the dump has there are not objects. The number of slots
 * of a page follows from mspan.initHeapBits and mspan.init; HeapObjects and HeapAlloc of the dump's own
 * MemStats prove that the rule takes out neither too much nor too little.
 */
function withoutBogus(slots: readonly DumpObject[], goVersion: string) {
  const minor = Number(/^go1\.(\d+)/.exec(goVersion)?.[1])
  const objects: DumpObject[] = []
  const bogus: DumpObject[] = []
  for (let first = 0; first < slots.length; ) {
    const size = slots[first].bytes.length
    const page = Math.floor(slots[first].address / PAGE_BYTES)
    let last = first + 1
    while (last < slots.length && Math.floor(slots[last].address / PAGE_BYTES) === page) last++
    const inPage = slots.slice(first, last)
    first = last
    const limit = size <= 512 && minor >= 22 ? slotsOfPage(inPage, size, minor) : Number.POSITIVE_INFINITY
    for (const slot of inPage) (indexInPage(slot, size) < limit ? objects : bogus).push(slot)
  }
  return { objects, bogus }
}

const indexInPage = (slot: DumpObject, size: number) => Math.floor((slot.address % PAGE_BYTES) / size)

function slotsOfPage(inPage: readonly DumpObject[], size: number, minor: number): number {
  const marks = minor >= 26 && size >= 16 ? 128 : 0
  const withBits = Math.floor((PAGE_BYTES - PAGE_BYTES / 64 - marks) / size)
  // An object in a span with pointers has at least one: a page whose proper slots have none is without pointers.
  const hasPointers = inPage.some((slot) => indexInPage(slot, size) < withBits && slot.pointers.length > 0)
  return hasPointers ? withBits : Math.floor((PAGE_BYTES - marks) / size)
}

class DumpInput {
  readonly #file: Buffer
  position = HEADER.length
  constructor(file: Buffer) {
    if (file.toString('latin1', 0, HEADER.length) !== HEADER) throw new Error('not a heap dump')
    this.#file = file
  }
  number(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#file[this.position++]
      if (byte === undefined) throw new Error('heap dump ends early')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }
  numbers(count: number): number[] {
    return Array.from({ length: count }, () => this.number())
  }
  bytes(): Buffer {
    const length = this.number()
    this.position += length
    if (this.position > this.#file.length) throw new Error('heap dump ends early')
    return this.#file.subarray(this.position - length, this.position)
  }
  text(): string {
    return this.bytes().toString('utf8')
  }
  /** Kind and offset pairs, ended by kind 0. WriteHeapDump writes kind 1, pointer, only. */
  pointers(): number[] {
    const offsets: number[] = []
    for (let kind = this.number(); kind !== 0; kind = this.number()) {
      if (kind !== 1) throw new Error(`heap dump: field kind ${kind}`)
      offsets.push(this.number())
    }
    return offsets
  }
  segment(): DumpSegment {
    return { address: this.number(), bytes: this.bytes(), pointers: this.pointers() }
  }
}
