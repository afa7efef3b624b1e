import { listQueries } from '../../schema/query-file.ts'

/** What a line or statement asks for. `line`: where it begins, from 1. */
export type Request =
  | { kind: 'sql'; sql: string; line: number }
  | { kind: 'named'; name: string; args: Record<string, string>; line: number }
  | { kind: 'dot'; command: string; args: string[]; line: number }

/**
 * Takes lines, gives what they ask for: SQL up to each semicolon, over as many lines as it takes; a line `.command ...`; a
 * line `query-name parameter=value ...` with the name of a bundled query.
 */
export class StatementReader {
  readonly #queries = new Set(listQueries())
  #text = ''
  /** Of the last line taken. */
  #line = 0
  /** Where #text begins. */
  #start = 1

  /** What has been taken of a statement that goes on; '' between statements. */
  get pending(): string {
    return this.#text
  }

  /** Forgets what is pending. */
  reset(): void {
    this.#text = ''
  }

  push(line: string): Request[] {
    this.#line++
    if (isBlank(this.#text)) {
      this.#text = ''
      this.#start = this.#line
      const request = this.#readWhole(line)
      if (request !== undefined) return [request]
    }
    this.#text += this.#text === '' ? line : `\n${line}`
    const requests: Request[] = []
    for (let taken = takeStatement(this.#text); taken !== undefined; taken = takeStatement(this.#text)) {
      if (!isBlank(taken.sql)) requests.push({ kind: 'sql', sql: taken.sql, line: this.#start })
      this.#start = this.#line
      this.#text = taken.rest
    }
    if (isBlank(this.#text)) this.#text = ''
    return requests
  }

  /** The last statement needs no semicolon. */
  end(): Request[] {
    const sql = this.#text
    this.#text = ''
    return isBlank(sql) ? [] : [{ kind: 'sql', sql, line: this.#start }]
  }

  /** A line that is no SQL. */
  #readWhole(line: string): Request | undefined {
    const text = line.trim().replace(/\s*;$/, '')
    const [first, ...rest] = text.split(/\s+/)
    if (first.startsWith('.')) return { kind: 'dot', command: first.slice(1), args: rest, line: this.#line }
    if (!this.#queries.has(first)) return undefined
    const given = text.slice(first.length)
    if (given.replace(ARGUMENT, '').trim() !== '') return undefined
    const args = Array.from(given.matchAll(ARGUMENT), ([, name, value]) => [name, unquote(value)])
    return { kind: 'named', name: first, args: Object.fromEntries(args), line: this.#line }
  }
}

/** Strings, names in quotes and comments, in which a semicolon means nothing; one that is not closed goes on to the end. */
const OPAQUE =
  /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|;/g

/** The text up to the first semicolon and what follows it; undefined when there is none. */
function takeStatement(text: string): { sql: string; rest: string } | undefined {
  for (const { 0: token, index } of text.matchAll(OPAQUE)) {
    if (token === ';') return { sql: text.slice(0, index).trim(), rest: text.slice(index + 1).trimStart() }
  }
  return undefined
}

/** Nothing but space and comments. An open comment is something: it goes on. */
function isBlank(text: string): boolean {
  return /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/.test(text)
}

/** A parameter of a bundled query: quotes are around values with blanks, and doubled within. */
const ARGUMENT = /\s+(\w+)=('(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s'"]\S*|)(?=\s|$)/g

function unquote(text: string): string {
  const quote = text[0]
  return quote === "'" || quote === '"' ? text.slice(1, -1).replaceAll(quote + quote, quote) : text
}
