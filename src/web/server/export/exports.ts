import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { PassThrough, pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { GoheapError } from '../../../errors.ts'
import type { ExportFormat } from './row-text.ts'
import type { ExportedTable, ExportSources } from './tables.ts'

export interface ExportRequest {
  sources: ExportSources
  exported: ExportedTable
  format: ExportFormat
}

/** Rows follow on standard output, or why there are none. */
export type ExportReply = 'ready' | { error: string }

// The child has the suffix of this file: .ts in the source tree, .js once built.
const CHILD = fileURLToPath(new URL(`./child${import.meta.url.slice(-3)}`, import.meta.url))
/** At a time: each is a process that reads the whole table. */
const MOST_AT_WORK = 4
/** From the ticket to the last row; a statement of the user may never end. */
const MOST_SECONDS = 600
/** In which a ticket has to be used. */
const TICKET_SECONDS = 60

interface Started {
  /** Ends when the table does; breaks when the process fails. */
  text: PassThrough
  format: ExportFormat
}

/**
 * Tables that are being saved. The browser saves by itself what it gets from an address, without the header that the API
 * asks for: so the page gets a ticket for one download.
 */
export class Exports {
  readonly #sources: ExportSources
  readonly #tickets = new Map<string, Started>()
  readonly #atWork = new Set<ChildProcess>()

  constructor(sources: ExportSources) {
    this.#sources = sources
  }

  /** Resolves to a ticket once there are rows. Throws 'usage', or 'query' with the words of what went wrong. */
  async start(exported: ExportedTable, format: string): Promise<string> {
    if (format !== 'csv' && format !== 'json') throw new GoheapError('usage', 'format has to be csv or json')
    if (this.#atWork.size >= MOST_AT_WORK) {
      throw new GoheapError('usage', `${MOST_AT_WORK} tables are being saved already: wait for one of them`)
    }
    const child = fork(CHILD, [], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    this.#atWork.add(child)
    const text = readOutput(child)
    const stop = () => child.kill('SIGKILL')
    const timer = setTimeout(stop, MOST_SECONDS * 1000)
    child.once('close', () => {
      this.#atWork.delete(child)
      clearTimeout(timer)
    })
    await untilReady(child, { sources: this.#sources, exported, format })
    const ticket = randomBytes(18).toString('base64url')
    this.#tickets.set(ticket, { text, format })
    text.once('close', stop)
    setTimeout(() => this.#tickets.delete(ticket) && text.destroy(), TICKET_SECONDS * 1000).unref()
    return ticket
  }

  /** Sends the table of a ticket, which is good for once; false when there is no such ticket. */
  send(ticket: string, response: ServerResponse): boolean {
    const started = this.#tickets.get(ticket)
    if (started === undefined) return false
    this.#tickets.delete(ticket)
    const { text, format } = started
    response.writeHead(200, {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json',
      'content-disposition': 'attachment',
      'cache-control': 'no-store',
    })
    // When either breaks, so does the other: a file that was cut off must not look whole.
    pipeline(text, response, () => {})
    return true
  }

  close(): void {
    for (const child of this.#atWork) child.kill('SIGKILL')
  }
}

function readOutput(child: ChildProcess): PassThrough {
  const text = new PassThrough()
  // Also before anybody reads it: Node throws away what nothing takes once the process has ended.
  child.stdout?.pipe(text, { end: false })
  child.once('close', (code) => (code === 0 ? text.end() : text.destroy()))
  return text
}

function untilReady(child: ChildProcess, request: ExportRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new GoheapError('query', reason))
    child.once('message', (reply: ExportReply) => (reply === 'ready' ? resolve() : fail(reply.error)))
    child.once('error', (error) => fail(error.message))
    child.once('exit', () => fail(`no row within ${MOST_SECONDS} s`))
    child.send(request)
  })
}
