import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { GoheapError } from '../../errors.ts'

export interface SqlRequest {
  sql: string
  /** Rows to give at most. */
  rows: number
}

/** JSON of { columns, rows, isPart }, or why there is none. */
export type SqlReply = { json: string } | { error: string }

// The child has the suffix of this file: .ts in the source tree, .js once built.
const CHILD = fileURLToPath(new URL(`./console-child${import.meta.url.slice(-3)}`, import.meta.url))

/** Runs SQL of the user on a database, one statement at a time, within a time limit. */
export class SqlConsole {
  readonly #path: string
  readonly #seconds: number
  #child: ChildProcess | undefined
  /** Settled once the child has the database open, or is gone. */
  #ready: Promise<void> = Promise.resolve()
  /** The statement at work; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string, seconds: number) {
    this.#path = path
    this.#seconds = seconds
  }

  /** JSON of { columns, rows, isPart }. Throws 'query' with SQLite's own words, or when the time is over. */
  run(request: SqlRequest): Promise<string> {
    const answer = this.#last.then(() => this.#ask(request))
    this.#last = answer.catch(() => {})
    return answer
  }

  /** Starts the process, so that the first statement does not wait for it. */
  start(): void {
    this.#running()
  }

  close(): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  #running(): ChildProcess {
    if (this.#child === undefined) {
      const child = fork(CHILD, [this.#path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      this.#ready = new Promise((resolve) => {
        child.once('message', () => resolve())
        child.once('error', () => resolve())
        child.once('exit', () => resolve())
      })
      this.#child = child
    }
    return this.#child
  }

  async #ask(request: SqlRequest): Promise<string> {
    const child = this.#running()
    // The time limit is for the statement alone.
    await this.#ready
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        child.removeAllListeners()
        settle()
      }
      const fail = (reason: string) => {
        this.close()
        finish(() => reject(new GoheapError('query', reason)))
      }
      const timer = setTimeout(
        () => fail(`stopped after ${this.#seconds} s; goheap query has no such limit`),
        this.#seconds * 1000,
      )
      child.on('message', (reply: SqlReply) =>
        finish(() => ('json' in reply ? resolve(reply.json) : reject(new GoheapError('query', reply.error)))),
      )
      child.on('error', (error) => fail(error.message))
      child.on('exit', () => fail('the SQL process ended'))
      if (child.exitCode === null && child.connected) child.send(request)
      else fail('the SQL process ended')
    })
  }
}
