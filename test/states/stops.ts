import type { GoVersion } from '../oracle/toolchain.ts'

/** A place in the runtime at which a debugger stops fixtures/programs/states. */
export interface StopState {
  name: string
  /** For the page: what the runtime is doing there. */
  what: string
  /** Mode of the program. */
  mode: 'churn' | 'maps' | 'stacks' | 'signals'
  /** Functions, in versions from `since` to `until` (minor numbers). */
  at: readonly { function: string; since?: number; until?: number }[]
  /** The stop is passed over fewer times than this, by chance. */
  mostSkips: number
  /** And the thread then goes on for fewer instructions than this. */
  mostSteps: number
}

const everywhere = (...names: string[]) => names.map((name) => ({ function: name }))

export const STOPS: readonly StopState[] = [
  {
    name: 'mark',
    what: 'the mark phase, workers marking',
    mode: 'churn',
    at: everywhere('runtime.gcDrain'),
    mostSkips: 40,
    mostSteps: 3000,
  },
  {
    name: 'mark assist',
    what: 'a goroutine that allocates has to mark',
    mode: 'churn',
    at: everywhere('runtime.gcAssistAlloc1'),
    mostSkips: 40,
    mostSteps: 3000,
  },
  {
    name: 'stack scan',
    what: 'the collector scans a stack',
    mode: 'churn',
    at: everywhere('runtime.scanstack'),
    mostSkips: 60,
    mostSteps: 2000,
  },
  {
    name: 'books',
    what: 'a span or slots were taken and are about to be booked in the heap statistics',
    mode: 'churn',
    at: everywhere('runtime.(*consistentHeapStats).acquire'),
    mostSkips: 150,
    mostSteps: 100,
  },
  {
    name: 'write barrier',
    what: 'a full buffer of the write barrier is flushed',
    mode: 'churn',
    at: everywhere('runtime.wbBufFlush1'),
    mostSkips: 60,
    mostSteps: 500,
  },
  {
    name: 'mark termination',
    what: 'the world stopped, marking about to end',
    mode: 'churn',
    at: everywhere('runtime.gcMarkTermination'),
    mostSkips: 6,
    mostSteps: 500,
  },
  {
    name: 'sweep start',
    what: 'marking over, no span swept yet',
    mode: 'churn',
    at: everywhere('runtime.gcSweep'),
    mostSkips: 6,
    mostSteps: 300,
  },
  {
    name: 'sweep',
    what: 'a span in the midst of being swept',
    mode: 'churn',
    at: everywhere('runtime.(*sweepLocked).sweep'),
    mostSkips: 400,
    mostSteps: 3000,
  },
  {
    name: 'malloc',
    what: 'a slot taken, its header and pointer bits perhaps not yet written',
    mode: 'churn',
    at: [
      { function: 'runtime.mallocgc', until: 26 },
      { function: 'runtime.mallocgcSmallScanNoHeaderSC3', since: 27 },
      { function: 'runtime.mallocgcTinySC2', since: 27 },
      { function: 'runtime.mallocgcSmallScanHeader', since: 27 },
      { function: 'runtime.mallocgcSmallNoscan', since: 27 },
    ],
    mostSkips: 2000,
    mostSteps: 400,
  },
  {
    name: 'large malloc',
    what: 'an object with a span of its own is made',
    mode: 'churn',
    at: everywhere('runtime.(*mcache).allocLarge'),
    mostSkips: 300,
    mostSteps: 4000,
  },
  {
    name: 'refill',
    what: 'a P gets another span to allocate from',
    mode: 'churn',
    at: everywhere('runtime.(*mcache).refill'),
    mostSkips: 500,
    mostSteps: 3000,
  },
  {
    name: 'span allocation',
    what: 'pages become a span',
    mode: 'churn',
    at: everywhere('runtime.(*mheap).allocSpan'),
    mostSkips: 500,
    mostSteps: 1500,
  },
  {
    name: 'map growth',
    what: 'a map moves its entries to a larger table',
    mode: 'maps',
    at: [
      { function: 'runtime.evacuate', until: 23 },
      { function: 'runtime.evacuate_faststr', until: 23 },
      { function: 'runtime.evacuate_fast64', until: 23 },
      { function: 'internal/runtime/maps.(*table).grow', since: 24 },
      { function: 'internal/runtime/maps.(*table).split', since: 24 },
    ],
    mostSkips: 30,
    mostSteps: 6000,
  },
  {
    name: 'stack copy',
    what: 'a stack is copied to a larger one',
    mode: 'stacks',
    at: everywhere('runtime.copystack'),
    mostSkips: 200,
    mostSteps: 6000,
  },
  {
    name: 'stack shrink',
    what: 'the collector halves a stack',
    mode: 'stacks',
    at: everywhere('runtime.shrinkstack'),
    mostSkips: 60,
    mostSteps: 4000,
  },
  {
    name: 'profiler signal',
    what: 'a signal handler takes a stack for the profiler',
    mode: 'signals',
    at: everywhere('runtime.sigprof'),
    mostSkips: 60,
    mostSteps: 3000,
  },
  {
    name: 'preemption signal',
    what: 'a signal handler makes a goroutine call asyncPreempt',
    mode: 'signals',
    at: everywhere('runtime.doSigPreempt'),
    mostSkips: 30,
    mostSteps: 400,
  },
  {
    name: 'preemption',
    what: 'a goroutine preempted at any instruction',
    mode: 'signals',
    at: everywhere('runtime.asyncPreempt2'),
    mostSkips: 30,
    mostSteps: 500,
  },
]

export function placesOf({ at }: StopState, version: GoVersion): string[] {
  const minor = Number(version.split('.')[1])
  return at
    .filter(({ since = 0, until = 99 }) => minor >= since && minor <= until)
    .map((place) => place.function)
}
