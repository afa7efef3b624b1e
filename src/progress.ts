import { GoheapError } from './errors.ts'

/** The stages of an index run, in order; the names are what a user sees. */
export const STAGES = [
  'open',
  'facts',
  'types',
  'spans',
  'objects',
  'edges',
  'roots',
  'typing',
  'strings',
  'capacity',
  'arrays',
  'analyse',
  'write',
  'indexes',
] as const
export type Stage = (typeof STAGES)[number]

/** Receives progress; `done` and `total` share a unit of the stage's own choosing (`total` 0: not known). */
export interface ProgressSink {
  update(stage: Stage, done: number, total: number): void
}

/** Passed to every long stage: reports how far it is, and throws once the user has cancelled. */
export class Progress {
  readonly #sink: ProgressSink | undefined
  readonly #signal: AbortSignal | undefined
  constructor(sink?: ProgressSink, signal?: AbortSignal) {
    this.#sink = sink
    this.#signal = signal
  }
  update(stage: Stage, done: number, total: number): void {
    this.checkCancelled()
    this.#sink?.update(stage, done, total)
  }
  checkCancelled(): void {
    if (this.#signal?.aborted) throw new GoheapError('cancelled', 'cancelled')
  }
  get signal(): AbortSignal | undefined {
    return this.#signal
  }
}
