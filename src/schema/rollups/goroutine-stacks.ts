import type { AnalysedHeap } from '../../model/heap-graph.ts'
import type { FrameRow } from '../../model/tables.ts'
import { ModuleFinder, packageOfSymbol } from './packages.ts'

/** A row of goroutine_stacks: goroutines that stand at the same place in the same way. */
export interface GoroutineStack {
  status: string
  waitReason: string | undefined
  createdBy: string | undefined
  /** Innermost function that is not the runtime's own; undefined when there is none. */
  function: string | undefined
  /** Innermost function outside of the standard library; undefined when `function` is that one, or there is none. */
  caller: string | undefined
  /** Calls, innermost first, one a line: function, file and line. Of a deep stack the middle is left out. */
  frames: string
  /** Their rows in RootTable. */
  roots: number[]
  /** Bytes of their stacks. */
  stackSize: number
  /** Sum of what each of them alone keeps alive. */
  retainedSize: number
  retainedCount: number
  /** The earliest, nanotime; undefined when not known of any. */
  waitingSinceNs: number | undefined
}

/** Goroutines by stack, status and origin; those that retain most first. */
export function groupGoroutines({ heap, analysis }: AnalysedHeap): GoroutineStack[] {
  const { goroutines, frames, graph } = heap
  const callsOf = Map.groupBy(frames, ({ goroutineRoot }) => goroutineRoot)
  const modules = new ModuleFinder(heap.modules)
  const stacks = new Map<string, GoroutineStack>()
  for (const goroutine of goroutines) {
    const calls = (callsOf.get(goroutine.root) ?? []).toSorted((a, b) => a.depth - b.depth)
    const text = describeCalls(calls)
    const { status, waitReason, createdBy } = goroutine
    const key = [status, waitReason, createdBy, text, hashMiddle(calls)].join('\n\n')
    let stack = stacks.get(key)
    if (stack === undefined) {
      stack = {
        ...{ status, waitReason, createdBy, frames: text },
        ...findPlace(calls, modules),
        ...{ roots: [], stackSize: 0, retainedSize: 0, retainedCount: 0, waitingSinceNs: undefined },
      }
      stacks.set(key, stack)
    }
    const node = graph.objectCount + goroutine.root
    stack.roots.push(goroutine.root)
    stack.stackSize += goroutine.stackSize
    stack.retainedSize += analysis.retainedSize[node]
    stack.retainedCount += analysis.retainedCount[node]
    const { waitingSinceNs } = goroutine
    if (waitingSinceNs !== undefined) {
      stack.waitingSinceNs = Math.min(waitingSinceNs, stack.waitingSinceNs ?? waitingSinceNs)
    }
  }
  return [...stacks.values()].sort(
    (a, b) => b.retainedSize - a.retainedSize || b.roots.length - a.roots.length || a.roots[0] - b.roots[0],
  )
}

function findPlace(
  calls: readonly FrameRow[],
  modules: ModuleFinder,
): Pick<GoroutineStack, 'function' | 'caller'> {
  const place = calls.find((call) => !call.function.startsWith('runtime.'))
  const caller = calls.find((call) => {
    const path = packageOfSymbol(call.function)
    return path !== undefined && !modules.isStandard(path)
  })
  return { function: place?.function, caller: caller === place ? undefined : caller?.function }
}

/** As many calls of either end as tracebacks print. runtime/traceback.go: tracebackInnerFrames, tracebackOuterFrames */
const SHOWN_CALLS = 50

/** Endless recursion leaves millions of calls: as in a traceback, the middle of a deep stack is counted only. */
function describeCalls(calls: readonly FrameRow[]): string {
  const describe = (call: FrameRow) => `${call.function} ${call.file ?? '?'}:${call.line ?? '?'}`
  const elided = (calls.at(-1)?.depth ?? 0) + 1 - 2 * SHOWN_CALLS
  if (elided <= 0) return calls.map(describe).join('\n')
  const inner = calls.slice(0, SHOWN_CALLS).map(describe)
  const outer = calls.slice(-SHOWN_CALLS).map(describe)
  return [...inner, `...${elided} frames elided...`, ...outer].join('\n')
}

/** FNV-1a of the places that describeCalls leaves out, in two halves: stacks that differ there are not the same. */
function hashMiddle(calls: readonly FrameRow[]): string {
  let [low, high] = [0x811c9dc5, 0xcbf29ce4]
  for (let depth = SHOWN_CALLS; depth < calls.length - SHOWN_CALLS; depth++) {
    const { pc } = calls[depth]
    low = Math.imul(low ^ (pc >>> 0), 0x01000193)
    high = Math.imul(high ^ (low >>> 7) ^ Math.floor(pc / 2 ** 32), 0x01000193)
  }
  return calls.length > 2 * SHOWN_CALLS ? `${low} ${high}` : ''
}
