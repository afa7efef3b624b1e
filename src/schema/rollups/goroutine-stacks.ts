import type { AnalysedHeap } from '../../model/heap-graph.ts'

/** A row of goroutine_stacks: goroutines that stand at the same place in the same way. */
export interface GoroutineStack {
  status: string
  waitReason: string | undefined
  createdBy: string | undefined
  /** Innermost function that is not the runtime's own; undefined when there is none. */
  function: string | undefined
  /** Calls, innermost first, one a line: function, file and line. */
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
  const stacks = new Map<string, GoroutineStack>()
  for (const goroutine of goroutines) {
    const calls = (callsOf.get(goroutine.root) ?? []).toSorted((a, b) => a.depth - b.depth)
    const text = calls.map((call) => `${call.function} ${call.file ?? '?'}:${call.line ?? '?'}`).join('\n')
    const { status, waitReason, createdBy } = goroutine
    const key = [status, waitReason, createdBy, text].join('\n\n')
    let stack = stacks.get(key)
    if (stack === undefined) {
      stack = {
        ...{ status, waitReason, createdBy, frames: text },
        function: calls.find((call) => !call.function.startsWith('runtime.'))?.function,
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
