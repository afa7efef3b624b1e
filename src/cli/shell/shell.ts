import { basename } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { GoheapError } from '../../errors.ts'
import { HeapDb } from '../../schema/heap-db.ts'
import { VERSION } from '../../version.ts'
import { Output } from '../output.ts'
import type { ResultFormat } from '../render/result.ts'
import { showControls } from '../render/text.ts'
import { Interrupted, onSignals } from '../supervise-index.ts'
import { complete, readNames } from './completion.ts'
import { runDotCommand, type ShellState } from './dot-commands.ts'
import { History } from './history.ts'
import { SqlProcess } from './sql-process.ts'
import { type Request, StatementReader } from './statements.ts'

/** Reads statements from the terminal and writes what they give, until .quit or Ctrl-D. */
export async function runShell(path: string, mode: ResultFormat): Promise<void> {
  const db = HeapDb.open(path)
  const shell = new Shell(db, mode)
  let exitCode: number | undefined
  const release = onSignals((code) => {
    exitCode = code
    shell.close()
  })
  try {
    await shell.run()
  } finally {
    release()
    db.close()
  }
  if (exitCode !== undefined) throw new Interrupted(exitCode)
}

class Shell {
  readonly #state: ShellState
  readonly #queries: SqlProcess
  readonly #reader = new StatementReader()
  readonly #terminal: Interface
  readonly #history = new History((reason) => void process.stderr.write(`${reason}\n`))
  readonly #prompt: string
  /** Lines typed or pasted while something runs. */
  readonly #lines: string[] = []
  #isRunning = false

  constructor(db: HeapDb, mode: ResultFormat) {
    this.#state = { db, output: new Output(), mode, isQuit: false }
    this.#queries = new SqlProcess(db.path)
    this.#prompt = `${showControls(basename(db.path))}> `
    const names = readNames(db)
    this.#terminal = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: this.#history.lines,
      historySize: History.size,
      completer: (line: string) => complete(joinLines(this.#reader.pending, line), names),
    })
  }

  /** Resolves when the user leaves. */
  async run(): Promise<void> {
    const left = new Promise<void>((resolve) => this.#terminal.once('close', resolve))
    this.#terminal
      .on('history', (lines: string[]) => this.#history.adopt(lines))
      .on('line', (line) => {
        this.#lines.push(line)
        void this.#runLines()
      })
      .on('SIGINT', () => this.#interrupt())
    const { output, db } = this.#state
    await output.write(`goheap ${VERSION}, ${showControls(db.path)}: .help for help, Ctrl-D to leave\n`)
    await output.flush()
    this.#showPrompt()
    await left
    this.#queries.close()
    this.#history.save()
    if (!this.#state.isQuit) process.stdout.write('\n')
  }

  close(): void {
    this.#terminal.close()
  }

  async #runLines(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
      const pending = this.#reader.pending
      const requests = this.#reader.push(line)
      if (requests.length > 0) this.#history.join(joinLines(pending, line).split('\n'))
      for (const request of requests) {
        await this.#runRequest(request)
        if (this.#state.isQuit) return this.close()
      }
    }
    this.#isRunning = false
    this.#showPrompt()
  }

  async #runRequest(request: Request): Promise<void> {
    const { mode } = this.#state
    if (request.kind === 'dot') {
      try {
        await runDotCommand(this.#state, request.command, request.args)
      } catch (error) {
        if (!(error instanceof GoheapError)) throw error
        this.#say(`error: ${error.message}`)
      }
      return
    }
    const outcome = await this.#queries.run({ request, format: mode })
    if (outcome.kind === 'interrupted') this.#say('interrupted')
    else if (outcome.kind === 'failed') this.#say(`error: ${outcome.message}`)
    else if (mode === 'table')
      this.#say(`${outcome.rows} row${outcome.rows === 1 ? '' : 's'} in ${outcome.seconds.toFixed(2)} s`)
  }

  /** Ctrl-C: stops the query at work and what was pasted behind it; otherwise takes back what has been typed. */
  #interrupt(): void {
    this.#lines.length = 0
    if (this.#isRunning) {
      this.#queries.interrupt()
      return
    }
    const isEmpty = this.#reader.pending === '' && this.#terminal.line === ''
    this.#reader.reset()
    // What was typed stays on the screen: from its end to the next line, and only there away with it.
    this.#terminal.write(null, { ctrl: true, name: 'e' })
    this.#say(isEmpty ? '^C (.quit or Ctrl-D to leave)' : '^C')
    this.#terminal.write(null, { ctrl: true, name: 'u' })
    this.#showPrompt()
  }

  #showPrompt(): void {
    const goesOn = this.#reader.pending !== ''
    this.#terminal.setPrompt(goesOn ? `${'...> '.padStart(this.#prompt.length)}` : this.#prompt)
    this.#terminal.prompt(true)
  }

  #say(text: string): void {
    process.stdout.write(`${showControls(text)}\n`)
  }
}

const joinLines = (pending: string, line: string) => (pending === '' ? line : `${pending}\n${line}`)
