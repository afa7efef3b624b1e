import type { Progress } from '../progress.ts'

/** Iterations of a hot loop between two reports, minus one: a mask, so that the test costs next to nothing. */
export const REPORT_MASK = 0xfffff

/** The passes over all nodes that the analysis makes, in order: the unit of its progress is a node in a pass. */
const PASSES = ['reach', 'depth-first', 'semidominators', 'immediate dominators', 'retained'] as const
export type Pass = (typeof PASSES)[number]

/** Reports how far the analysis is, and throws once the user has cancelled. */
export class Steps {
  readonly #progress: Progress | undefined
  readonly #nodes: number
  constructor(nodes: number, progress: Progress | undefined) {
    this.#nodes = nodes
    this.#progress = progress
  }
  /** `done` nodes of the pass are behind us. */
  report(pass: Pass, done: number): void {
    const total = PASSES.length * this.#nodes
    this.#progress?.update('analyse', PASSES.indexOf(pass) * this.#nodes + done, total)
  }
  /** All passes are done. */
  finish(): void {
    const total = PASSES.length * this.#nodes
    this.#progress?.update('analyse', total, total)
  }
}
