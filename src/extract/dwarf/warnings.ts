import { GoheapError } from '../../errors.ts'

/** Collects what had to be skipped: the first message of each kind is kept, later ones are counted. */
export class Warnings {
  readonly #messages = new Map<string, { message: string; count: number }>()

  add(kind: string, message: string): void {
    const known = this.#messages.get(kind)
    if (known) known.count++
    else this.#messages.set(kind, { message, count: 1 })
  }

  /** Runs `read`; damage that it meets becomes a warning and `fallback` the result. Defects go on up. */
  guard<T>(kind: string, read: () => T, fallback: T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof GoheapError)) throw error
      this.add(kind, `${kind}: ${error.message}`)
      return fallback
    }
  }

  get list(): readonly string[] {
    return [...this.#messages.values()].map(({ message, count }) =>
      count === 1 ? message : `${message} (and ${count - 1} more like it)`,
    )
  }
}
