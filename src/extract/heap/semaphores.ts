import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'
import { sudogPointer } from './waits.ts'

/** More than wait in any program; ends lists that run in circles. */
const MAX_WAITERS = 2 ** 26

/**
 * Addresses of the semaphores that goroutines wait for, by address of the g: those of mutexes, wait groups and the runtime's
 * own. runtime/sema.go: semtable is an array of treaps of sudogs, one node an address, whose waiters hang on waitlink.
 */
export function readSemaphoreWaits(process: GoProcess): ReadonlyMap<number, number> {
  const { layouts, memory } = process
  const waits = new Map<number, number>()
  const table = layouts.variable('runtime.semtable')
  const roots = layouts.array('runtime.semTable')
  if (table === undefined || roots === undefined) return waits
  const sudog = layouts.struct('runtime.sudog')
  const treap = layouts.struct('runtime.semaRoot').offset('treap')
  const at = {
    g: sudog.offset('g'),
    element: sudogPointer(sudog, 'elem'),
    left: sudog.offset('prev'),
    right: sudog.offset('next'),
    waitLink: sudog.offset('waitlink'),
  }
  const seen = new Set<number>()
  const isNew = (node: number) => {
    if (node === 0 || seen.has(node) || seen.size >= MAX_WAITERS) return false
    seen.add(node)
    return true
  }
  for (let i = 0; i < roots.length; i++) {
    readable(() => {
      const nodes = [memory.readWord(table + i * roots.stride + treap)]
      for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
        if (!isNew(node)) continue
        const semaphore = memory.readWord(node + at.element)
        waits.set(memory.readWord(node + at.g), semaphore)
        nodes.push(memory.readWord(node + at.left), memory.readWord(node + at.right))
        let waiter = memory.readWord(node + at.waitLink)
        while (isNew(waiter)) {
          waits.set(memory.readWord(waiter + at.g), semaphore)
          waiter = memory.readWord(waiter + at.waitLink)
        }
      }
    })
  }
  return waits
}

/**
 * Gives the address of the sync.Cond's notifyList that a `waiting` list of no channel leads to: since Go 1.26. Before, only
 * the condition itself knows who waits. runtime/sema.go, notifyListWait.
 */
export function conditionReader(process: GoProcess): (waiting: number) => number | undefined {
  const { layouts, memory } = process
  const sudog = layouts.struct('runtime.sudog')
  const [element, channel] = [sudogPointer(sudog, 'elem'), sudogPointer(sudog, 'c')]
  return (waiting) =>
    readable(() => {
      if (waiting === 0 || memory.readWord(waiting + channel) !== 0) return undefined
      return memory.readWord(waiting + element) || undefined
    })
}
