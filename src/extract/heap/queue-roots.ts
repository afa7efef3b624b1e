import { NONE } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import type { RootBuilder } from './root-builder.ts'

/** More than any real chain of blocks; ends one that runs in circles. */
const MAX_BLOCKS = 1_000_000

/** Finalizers and cleanups that are ready to run, off the heap. runtime/mgcmark.go, fixedRootFinalizers, fixedRootCleanups. */
export function readQueueRoots(process: GoProcess, roots: RootBuilder): void {
  readFinalizerQueue(process, roots)
  readCleanupQueue(process, roots)
}

function readFinalizerQueue(process: GoProcess, roots: RootBuilder): void {
  const { layouts, memory } = process
  const block = ['runtime.finBlock', 'runtime.finblock'].find((name) => layouts.hasStruct(name))
  const head = layouts.variable('runtime.allfin')
  if (block === undefined || head === undefined) {
    noteMissing(process, 'finalizer queue (runtime.allfin)')
    return
  }
  const layout = layouts.struct(block)
  const finalizer = layouts.struct('runtime.finalizer')
  const capacity = Math.floor((layout.size - layout.offset('fin')) / finalizer.size)
  const pointers = ['fn', 'arg', 'fint', 'ot'].map((field) => finalizer.offset(field))
  walkBlocks(process, head, layout.offset('alllink'), (address) => {
    const count = Math.min(memory.readU32(address + layout.offset('cnt')), capacity)
    for (let i = 0; i < count; i++) {
      const at = address + layout.offset('fin') + i * finalizer.size
      addQueued(process, roots, 'finalizer queue', at, finalizer.size, pointers)
    }
  })
}

function readCleanupQueue(process: GoProcess, roots: RootBuilder): void {
  const { layouts, memory } = process
  // Go 1.24 ran cleanups from the finalizer queue.
  if (!layouts.hasStruct('runtime.cleanupQueue')) return
  const queue = layouts.variable('runtime.gcCleanups')
  if (queue === undefined) {
    noteMissing(process, 'cleanup queue (runtime.gcCleanups)')
    return
  }
  const layout = layouts.struct('runtime.cleanupBlock')
  const cleanups = layout.field('cleanups')
  const isBareFunction = /\]\*runtime\.funcval$/.test(cleanups.type)
  const size = isBareFunction ? 8 : layouts.struct('runtime.cleanupFn').size
  const pointers = Array.from({ length: size / 8 }, (_, i) => i * 8)
  const head = queue + layouts.struct('runtime.cleanupQueue').offset('all')
  walkBlocks(process, head, layout.offset('alllink'), (address) => {
    const count = Math.min(memory.readU32(address + layout.offset('n')), Math.floor(cleanups.size / size))
    for (let i = 0; i < count; i++) {
      addQueued(process, roots, 'cleanup queue', address + cleanups.offset + i * size, size, pointers)
    }
  })
}

function walkBlocks(
  process: GoProcess,
  head: number,
  linkOffset: number,
  visit: (address: number) => void,
): void {
  const seen = new Set<number>()
  const note = (address: number) =>
    process.problems.add('roots', 'queue-unreadable', 'error', 'a finalizer or cleanup queue breaks off', {
      address,
    })
  const first = readable(() => process.memory.readWord(head))
  if (first === undefined) note(head)
  for (let address = first ?? 0; address !== 0 && !seen.has(address) && seen.size < MAX_BLOCKS; ) {
    seen.add(address)
    const at = address
    const next = readable(() => {
      visit(at)
      return process.memory.readWord(at + linkOffset)
    })
    if (next === undefined) {
      note(at)
      return
    }
    address = next
  }
}

function addQueued(
  process: GoProcess,
  roots: RootBuilder,
  kind: 'finalizer queue' | 'cleanup queue',
  address: number,
  size: number,
  pointers: readonly number[],
): void {
  const name = `${kind} entry 0x${address.toString(16)}`
  const root = roots.add({ kind, parent: NONE, name, type: NONE, address, size })
  for (const offset of pointers) roots.point(root, offset, process.memory.readWord(address + offset))
}

function noteMissing(process: GoProcess, what: string): void {
  process.problems.add('roots', 'queue-not-found', 'warning', `the ${what} was not found in the binary`)
}
