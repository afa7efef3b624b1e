import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Aspect } from '../../../answers/diff/aspects.ts'
import { GoheapError } from '../../../errors.ts'
import type { Answer } from '../answer.ts'
import { type ComparedAnswer, readAspect } from '../answers/compare.ts'

export interface Compared {
  aspect: Aspect
  answer: ComparedAnswer
}

// The child has the suffix of this file: .ts in the source tree, .js once built.
const CHILD = fileURLToPath(new URL(`./child${import.meta.url.slice(-3)}`, import.meta.url))

/**
 * What differs between two databases. Neither changes, so each aspect is found once, beginning when the viewer starts: who opens
 * the comparison does not wait, nor does any other view.
 */
export class Comparison {
  readonly #child: ChildProcess
  readonly #answers = new Map<Aspect, ComparedAnswer>()
  readonly #waiting = new Set<() => void>()
  #isOver = false

  constructor(old: string, now: string) {
    this.#child = fork(CHILD, [old, now], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child.on('message', ({ aspect, answer }: Compared) => {
      this.#answers.set(aspect, answer)
      this.#wake()
    })
    this.#child.on('error', () => this.#finish())
    // Once all that it sent has been received, also when it was killed.
    this.#child.on('disconnect', () => this.#finish())
  }

  /** `by` an aspect. */
  readonly answer: Answer = async (_db, params) => {
    const aspect = readAspect(params.get('by') ?? 'type')
    for (;;) {
      const answer = this.#answers.get(aspect)
      if (answer !== undefined) return answer
      if (this.#isOver)
        throw new GoheapError('query', 'the heaps could not be compared: goheap diff says why')
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }

  #finish(): void {
    this.#isOver = true
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
