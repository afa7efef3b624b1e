import { useEffect, useState } from 'preact/hooks'

/** A value of the database. Integers beyond 2^53 come as text. */
export type Cell = number | string | null
export type Row = Record<string, Cell>

export interface Column {
  name: string
  format: string
  doc: string
}

/** Columns of a query with a header are shown as words; what the user calls his own stays as it is. */
export const titleOf = ({ name, doc }: Column): string => (doc === name ? name : name.replaceAll('_', ' '))

export interface Table {
  columns: Column[]
  rows: Cell[][]
}

/** A result's row by column name: order and number of columns are the query's. */
export const asRows = ({ columns, rows }: Table): Row[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])))

const token = new URLSearchParams(window.location.search).get('token') ?? ''

/** Answers are facts about a file that does not change: each is asked for once. */
const answers = new Map<string, Promise<unknown>>()

/** An answer of the server. Throws Error with the server's words. */
export function ask<T>(name: string, params: Record<string, string | number> = {}): Promise<T> {
  const query = new URLSearchParams(Object.entries(params).map(([key, value]) => [key, String(value)]))
  const path = `/api/${name}?${query}`
  let answer = answers.get(path)
  if (answer === undefined) {
    answer = send(path)
    answers.set(path, answer)
    if (answers.size > 200) answers.delete(answers.keys().next().value ?? '')
    answer.catch(() => answers.delete(path))
  }
  // The server's answers have the shapes that its own code gives them.
  return answer as Promise<T>
}

/** Runs SQL of the user. */
export function askSql(sql: string): Promise<{ columns: string[]; rows: Cell[][]; isPart: boolean }> {
  return send('/api/sql', { method: 'POST', body: sql }) as ReturnType<typeof askSql>
}

export interface SavedQuery {
  name: string
  sql: string
}

/** Queries of the user's own. They change, unlike other answers. */
export function askSaved(): Promise<SavedQuery[]> {
  return send('/api/saved') as Promise<SavedQuery[]>
}

/** Keeps a query under a name; `sql` null forgets it. */
export function saveQuery(name: string, sql: string | null): Promise<SavedQuery[]> {
  return send('/api/saved', { method: 'POST', body: JSON.stringify({ name, sql }) }) as Promise<SavedQuery[]>
}

/** Rows that the server has and the page may not: all of a table. */
export interface WholeTable {
  /** As in src/web/server/export/tables.ts. */
  table: string
  params?: Record<string, string | number>
  /** Of the console: the statement. */
  sql?: string
}

/** The address of a download of a table, good for one time; there once the server has found the first row. */
export async function askExport(
  { table, params = {}, sql = '' }: WholeTable,
  format: string,
): Promise<string> {
  const query = new URLSearchParams({ table, format })
  for (const [name, value] of Object.entries(params)) query.set(name, String(value))
  const { ticket } = (await send(`/api/export?${query}`, { method: 'POST', body: sql })) as { ticket: string }
  return `/export/${ticket}`
}

/** Whether there is a database already: goheap view opens the page before. */
export type Readiness =
  | { state: 'indexing'; stage: string; stages: string[]; done: number; total: number }
  | { state: 'failed'; reason: string }
  | { state: 'ready' }

export function askReadiness(): Promise<Readiness> {
  return send('/api/readiness') as Promise<Readiness>
}

async function send(path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(path, { ...init, headers: { 'x-goheap-token': token } }).catch(() => {
    throw new Error('goheap does not answer: it may have been stopped')
  })
  const body: unknown = await response.json()
  if (response.ok) return body
  throw new Error(typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : path)
}

export type Asked<T> =
  | { state: 'asking' }
  | { state: 'answered'; answer: T }
  | { state: 'failed'; reason: string }

/** The answer to a question, while it is asked and when it is there. */
export function useAnswer<T>(name: string, params: Record<string, string | number> = {}): Asked<T> {
  const key = JSON.stringify([name, params])
  const [asked, setAsked] = useState<{ key: string; asked: Asked<T> }>({ key, asked: { state: 'asking' } })
  useEffect(() => {
    let isWanted = true
    const settle = (asked: Asked<T>) => isWanted && setAsked({ key, asked })
    ask<T>(name, params).then(
      (answer) => settle({ state: 'answered', answer }),
      (error: unknown) =>
        settle({ state: 'failed', reason: error instanceof Error ? error.message : String(error) }),
    )
    return () => {
      isWanted = false
    }
  }, [key])
  return asked.key === key ? asked.asked : { state: 'asking' }
}
