import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { settingsFolder } from '../../settings-folder.ts'

const MOST_LINES = 1000

/** Statements that were typed before, the last one first, in the folder of the user's settings. */
export class History {
  /** readline's own list, which changes to it reach. */
  #lines: string[]
  readonly #path: string
  /** Why it cannot be kept; said once. */
  readonly #report: (reason: string) => void

  constructor(report: (reason: string) => void, path = join(settingsFolder(), 'history')) {
    this.#path = path
    this.#report = report
    this.#lines = this.#read()
  }

  get lines(): string[] {
    return this.#lines
  }

  static readonly size = MOST_LINES

  /** To be called with the list that readline has made. */
  adopt(lines: string[]): void {
    this.#lines = lines
  }

  /** Makes one entry of the lines of a statement, when they are the last that were typed. */
  join(lines: readonly string[]): void {
    // A line comment would swallow what follows it.
    if (lines.length < 2 || lines.some((line) => line.includes('--'))) return
    const typed = lines.filter((line) => line.trim() !== '').toReversed()
    for (const line of typed) {
      if (this.#lines[0] === line) this.#lines.shift()
    }
    this.#lines.unshift(
      typed
        .toReversed()
        .map((line) => line.trim())
        .join(' '),
    )
  }

  save(): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      writeFileSync(
        this.#path,
        this.#lines
          .slice(0, MOST_LINES)
          .map((line) => `${line}\n`)
          .join(''),
        { mode: 0o600 },
      )
    } catch (error) {
      this.#report(`the history is not kept: ${error instanceof Error ? error.message : error}`)
    }
  }

  #read(): string[] {
    try {
      return readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        this.#report(`no history: ${error instanceof Error ? error.message : error}`)
      }
      return []
    }
  }
}
