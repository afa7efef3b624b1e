import { NONE, type RootIndex } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import type { Pclntab } from '../go/pclntab.ts'
import type { GoProcess } from '../go/process.ts'
import type { Goroutine } from './goroutine-reader.ts'
import type { RootBuilder } from './root-builder.ts'
import type { StackMemory } from './stack-memory.ts'

/** Deeper than a stack can hold calls; ends a chain that runs in circles. */
const MAX_DEFERS = 50_000_000

/** runtime._defer, as far as the collector reads it from a goroutine. */
export interface DeferRecord {
  address: number
  /** The func value; 0 for none. */
  fn: number
  /** The next record. */
  link: number
  /** The record is a heap object. */
  isHeap: boolean
}

/** The deferred calls of a goroutine, the last first. */
export function readDefers(process: GoProcess, goroutine: Goroutine): DeferRecord[] {
  if (goroutine.defers === 0) return []
  const { memory, layouts, problems } = process
  const layout = layouts.struct('runtime._defer')
  const at = { fn: layout.offset('fn'), link: layout.offset('link'), heap: layout.offset('heap') }
  const records: DeferRecord[] = []
  const seen = new Set<number>()
  let address = goroutine.defers
  while (address !== 0 && !seen.has(address) && seen.size < MAX_DEFERS) {
    seen.add(address)
    const record = address
    const read = readable(() => ({
      address: record,
      fn: memory.readWord(record + at.fn),
      link: memory.readWord(record + at.link),
      isHeap: memory.readU8(record + at.heap) !== 0,
    }))
    if (read === undefined) {
      problems.add(
        'roots',
        'defers-unreadable',
        'warning',
        'a goroutine’s list of deferred calls breaks off',
        {
          address,
        },
      )
      break
    }
    records.push(read)
    address = read.link
  }
  return records
}

/** Pointers that the records hold into the stack itself. runtime/mgcmark.go, scanstack. */
export function deferSeeds(stack: StackMemory, records: readonly DeferRecord[]): number[] {
  return records.flatMap(({ fn, link }) => [fn, link].filter((pointer) => stack.contains(pointer)))
}

/** One root a deferred call: its record when that is a heap object, else the func value that it holds. */
export function addDeferRoots(
  process: GoProcess,
  pclntab: Pclntab,
  roots: RootBuilder,
  goroutine: RootIndex,
  stack: { defers: readonly DeferRecord[]; contains(address: number): boolean },
): void {
  const layout = process.layouts.struct('runtime._defer')
  for (const { address, fn, isHeap } of stack.defers) {
    const holdsHeap = fn !== 0 && !stack.contains(fn)
    if (!isHeap && !holdsHeap) continue
    const code = fn === 0 ? undefined : readable(() => process.memory.readWord(fn))
    const name = code === undefined ? undefined : pclntab.functionAt(code)?.name
    const root = roots.add({
      kind: 'defer',
      parent: goroutine,
      name: name === undefined ? 'defer' : `defer ${name}`,
      type: NONE,
      address,
      size: layout.size,
    })
    if (isHeap) roots.point(root, 0, address)
    else roots.point(root, layout.offset('fn'), fn)
  }
}
