import type { EdgeTable, ObjectTable } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import type { FieldLayout } from '../go/layouts.ts'
import type { GoProcess } from '../go/process.ts'
import type { RootBuilder } from './root-builder.ts'
import type { SpanRecords } from './spans.ts'
import { type Special, specialReader } from './specials.ts'

/**
 * Roots that hang on objects: finalizers, cleanups, weak handles. runtime/mgcmark.go, markrootSpans.
 *
 * A finalizer keeps alive its function and everything its object points at, but not the object itself: so that is
 * what the root's edges are. The object is unreachable when nothing else points at it, and waits to be finalized.
 */
export function readSpecialRoots(
  process: GoProcess,
  spans: SpanRecords,
  objects: ObjectTable,
  edges: EdgeTable,
  roots: RootBuilder,
): void {
  const specialsOf = specialReader(process)
  const read = new Map<string, ReadSpecial>([
    ['Finalizer', finalizerReader(process, objects, edges, roots)],
    ['Cleanup', cleanupReader(process, roots)],
    ['WeakHandle', weakHandleReader(process, roots)],
  ])
  const { table } = spans
  for (let s = 0; s < table.count; s++) {
    if (spans.specials[s] === 0) continue
    for (const special of specialsOf(spans, s)) {
      const object = objects.slotObject[table.firstSlot[s] + special.slot]
      const address = table.address[s] + special.offset
      const isRead = readable(() => {
        read.get(special.kind)?.(special, address, object)
        return true
      })
      if (isRead === undefined) {
        const message = 'a finalizer, cleanup or weak handle is not in the core'
        process.problems.add('roots', 'special-unreadable', 'error', message, { address: special.address })
      }
    }
  }
}

type ReadSpecial = (special: Special, address: number, object: number) => void

const hex = (address: number) => `0x${address.toString(16)}`

function finalizerReader(
  process: GoProcess,
  objects: ObjectTable,
  edges: EdgeTable,
  roots: RootBuilder,
): ReadSpecial {
  const fn = process.layouts.struct('runtime.specialfinalizer').offset('fn')
  return (special, address, object) => {
    const name = `finalizer of ${hex(address)}`
    const root = roots.add({ kind: 'finalizer', parent: NONE, name, type: NONE, address: 0, size: 0 })
    // Offsets count from the object, as its own edges do; the function's comes first, at a place of its own.
    roots.point(root, -8, process.memory.readWord(special.address + fn))
    if (object === NONE) return
    for (let e = edges.first[object]; e < edges.first[object + 1]; e++) {
      roots.point(root, edges.offset[e], objects.address[edges.target[e]] + edges.targetOffset[e])
    }
  }
}

function cleanupReader(process: GoProcess, roots: RootBuilder): ReadSpecial {
  const { layouts, memory } = process
  if (!layouts.hasStruct('runtime.specialCleanup')) return () => {}
  const layout = layouts.struct('runtime.specialCleanup')
  // One *funcval up to Go 1.25, then cleanupFn{call, fn, arg}.
  const field: FieldLayout = layout.has('cleanup') ? layout.field('cleanup') : layout.field('fn')
  return (special, address) => {
    const root = roots.add({
      kind: 'cleanup',
      parent: NONE,
      name: `cleanup of ${hex(address)}`,
      type: NONE,
      address: special.address + field.offset,
      size: field.size,
    })
    for (let at = 0; at < field.size; at += 8) {
      roots.point(root, at, memory.readWord(special.address + field.offset + at))
    }
  }
}

function weakHandleReader(process: GoProcess, roots: RootBuilder): ReadSpecial {
  const { layouts, memory } = process
  if (!layouts.hasStruct('runtime.specialWeakHandle')) return () => {}
  const handle = layouts.struct('runtime.specialWeakHandle').offset('handle')
  return (special, address) => {
    const root = roots.add({
      kind: 'weak handle',
      parent: NONE,
      name: `weak handle of ${hex(address)}`,
      type: NONE,
      address: special.address + handle,
      size: 8,
    })
    // The handle is a root; the address it holds is not a pointer to the collector.
    roots.point(root, 0, memory.readWord(special.address + handle))
  }
}
