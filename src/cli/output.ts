import { setImmediate as nextTurn } from 'node:timers/promises'
import { describeSystemError } from '../base/system-error.ts'
import { GoheapError } from '../errors.ts'

/** The reader of stdout went away, as `| head` does when it has enough. Not a failure. */
export class OutputClosed extends Error {}

const CHUNK_CHARACTERS = 1 << 16

/** stdout, in large pieces. Throws OutputClosed once nobody reads it any more. */
export class Output {
  readonly #stream: NodeJS.WriteStream
  #pending: string[] = []
  #length = 0
  #failure: Error | undefined

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure =
        error.code === 'EPIPE'
          ? new OutputClosed()
          : new GoheapError('file', `cannot write the output: ${describeSystemError(error)}`, {
              cause: error,
            })
    })
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  /** Columns of the terminal; undefined when stdout is none. */
  get width(): number | undefined {
    // A terminal that nobody has told its size has 0 columns.
    return (this.isTerminal && this.#stream.columns) || undefined
  }

  async write(text: string): Promise<void> {
    this.#pending.push(text)
    this.#length += text.length
    if (this.#length >= CHUNK_CHARACTERS) await this.flush()
  }

  /** To be called at the end. */
  async flush(): Promise<void> {
    const text = this.#pending.join('')
    this.#pending = []
    this.#length = 0
    if (text !== '') {
      await new Promise<void>((resolve) => this.#stream.write(text, () => resolve()))
      // The error event follows the callback.
      await nextTurn()
    }
    if (this.#failure) throw this.#failure
  }
}
