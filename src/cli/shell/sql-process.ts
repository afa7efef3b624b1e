import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { identify } from '../../base/file-identity.ts'
import type { ResultFormat } from '../render/result.ts'
import type { QueryRequest } from './run-request.ts'

export interface SqlJob {
  request: QueryRequest
  format: ResultFormat
}

export type SqlOutcome =
  | { kind: 'done'; rows: number; seconds: number }
  | { kind: 'failed'; message: string }
  | { kind: 'interrupted' }

// The sources run as .ts, the published package as .js.
const CHILD = fileURLToPath(new URL(`./sql-child${import.meta.url.slice(-3)}`, import.meta.url))

/** A process that runs queries and writes their results to our stdout: SQLite at work is stopped by killing it. */
export class SqlProcess {
  readonly #path: string
  readonly #identity: string | undefined
  #child: ChildProcess | undefined
  #isInterrupted = false

  constructor(path: string) {
    this.#path = path
    this.#identity = identify(path)
    this.#start()
  }

  /** One at a time. */
  run(job: SqlJob): Promise<SqlOutcome> {
    if (this.#child === undefined && identify(this.#path) !== this.#identity) {
      const message = `${this.#path} is not the file any more that was opened: leave, and start again`
      return Promise.resolve({ kind: 'failed', message })
    }
    const child = this.#child ?? this.#start()
    this.#isInterrupted = false
    return new Promise((resolve) => {
      const finish = (outcome: SqlOutcome) => {
        child.off('message', finish).off('error', onError).off('exit', onExit)
        resolve(outcome)
      }
      const fail = (message: string) =>
        finish(this.#isInterrupted ? { kind: 'interrupted' } : { kind: 'failed', message })
      const onError = (error: Error) => fail(error.message)
      const onExit = (code: number | null, signal: string | null) =>
        fail(`the process of the query ended: ${signal ?? `code ${code}`}`)
      child.on('message', finish).on('error', onError).on('exit', onExit)
      child.send(job)
    })
  }

  /** Stops the query at work. */
  interrupt(): void {
    this.#isInterrupted = true
    this.#child?.kill('SIGKILL')
  }

  close(): void {
    this.#child?.kill('SIGKILL')
  }

  #start(): ChildProcess {
    const child = fork(CHILD, [this.#path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    // Also between two queries; the next one starts another.
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
    })
    this.#child = child
    return child
  }
}
