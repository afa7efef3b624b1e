import { hashText } from '../../base/content-hash.ts'
import type { Core } from './core.ts'
import { type ElfSegment, PF_W, PT_LOAD } from './elf.ts'

const PAGE = 4096
/** 4 MiB: all variables of most programs. */
const MOST_PAGES = 1024

/**
 * Tells the cores of two moments of one process apart, as far as reading some milliseconds can: a hash of the registers of
 * all threads and of the program's variables, among which the runtime's own counters go on all the time. Of many variables
 * every so many pages are taken. Copying or compressing a core does not change it.
 */
export function fingerprintCore(core: Core): string {
  return hashText(listPieces(core))
}

function* listPieces({ threads, binary, bias, memory }: Core): Generator<Uint8Array> {
  for (const { id, registers } of threads) yield new Uint8Array(Float64Array.of(id, ...registers).buffer)
  const pages = binary.segments.filter(isVariables).flatMap((segment) => pagesOf(segment, bias))
  const step = Math.max(1, Math.ceil(pages.length / MOST_PAGES))
  const page = new Uint8Array(PAGE)
  for (let i = 0; i < pages.length; i += step) {
    // What the core does not hold counts as zeros here: nobody reads it, and it is the same for every copy.
    page.fill(0, memory.readInto(pages[i], page))
    yield page
  }
}

const isVariables = ({ type, flags }: ElfSegment) => type === PT_LOAD && (flags & PF_W) !== 0

function pagesOf({ virtualAddress, memorySize }: ElfSegment, bias: number): number[] {
  const first = Math.floor((virtualAddress + bias) / PAGE)
  const end = Math.ceil((virtualAddress + bias + memorySize) / PAGE)
  return Array.from({ length: end - first }, (_, i) => (first + i) * PAGE)
}
