import { GoheapError } from '../errors.ts'
import type { Cell, HeapDb } from '../schema/heap-db.ts'

/** One budget of a file: what a query may give. */
export interface Budget {
  name: string
  sql: string
  /** Bounds of the one number that the query gives; undefined: no bound. Without any, the query may give no rows. */
  max: number | undefined
  min: number | undefined
  /** What it is when the query gives no row; undefined: not known, as a name may be misspelt. */
  empty: number | undefined
  /** Of the number and its bounds: bytes when a bound is said in them. */
  unit: Unit
}

export type Unit = 'bytes' | 'count'

export interface BudgetResult {
  budget: string
  verdict: 'ok' | 'over' | 'under' | 'unknown'
  /** The number; how many rows where none are allowed; null: not known. */
  value: number | null
  unit: Unit | 'rows'
  /** What is allowed; null: no such bound. */
  max: number | null
  min: number | null
  /** First rows where none are allowed, as text. */
  rows: string[]
  /** Why the number is not known; null: it is. */
  reason: string | null
}

const UNITS: Record<string, number> = {
  ...{ '': 1, B: 1, K: 1e3, KB: 1e3, KiB: 2 ** 10, M: 1e6, MB: 1e6, MiB: 2 ** 20 },
  ...{ G: 1e9, GB: 1e9, GiB: 2 ** 30 },
}

/**
 * A file of budgets: SQL statements, each after a header of comments:
 *
 *   -- budget: sessions
 *   -- max: 10 MiB
 *   SELECT reachable_bytes FROM histogram WHERE type = 'main.Session';
 *
 * `-- empty: 0` says what no row means.
 *
 * @throws GoheapError 'usage' for a file that cannot be read so
 */
export function parseBudgets(text: string): Budget[] {
  const budgets: Budget[] = []
  for (const line of text.split('\n')) {
    const [, key, value] = line.match(/^--\s*(budget|max|min|empty):\s*(.*?)\s*$/) ?? []
    const budget = budgets.at(-1)
    if (key === 'budget')
      budgets.push({ name: value, sql: '', max: undefined, min: undefined, empty: undefined, unit: 'count' })
    else if (budget === undefined) {
      if (line.trim() !== '' && !line.startsWith('--'))
        throw wrong('it does not begin with "-- budget: NAME"')
    } else if (key !== undefined) {
      budget[key as Bound] = parseLimit(budget.name, value)
      if (/B$/.test(value)) budget.unit = 'bytes'
    } else budget.sql += `${line}\n`
  }
  if (budgets.length === 0) throw wrong('it has no "-- budget: NAME"')
  for (const budget of budgets) {
    budget.sql = budget.sql.trim().replace(/;$/, '')
    if (budget.sql.replace(/--.*/g, '').trim() === '') throw wrong(`budget ${budget.name} has no SQL`)
    if (budget.empty !== undefined && budget.max === undefined && budget.min === undefined)
      throw wrong(`budget ${budget.name} says what no row is, but neither max nor min`)
  }
  return budgets
}

type Bound = 'max' | 'min' | 'empty'

const wrong = (what: string) => new GoheapError('usage', `the budget file cannot be used: ${what}`)

function parseLimit(name: string, text: string): number {
  const [, digits, unit] = text.match(/^([\d_,]*\.?\d+)\s*([A-Za-z]*)$/) ?? []
  const factor = Object.hasOwn(UNITS, unit ?? '?') ? UNITS[unit] : undefined
  if (digits === undefined || factor === undefined)
    throw wrong(`budget ${name}: ${text} is no number of a known unit`)
  return Number(digits.replace(/[_,]/g, '')) * factor
}

/** @throws GoheapError 'query' for SQL that does not run, 'usage' for a budget that gives no single number */
export function checkBudgets(db: HeapDb, budgets: readonly Budget[]): BudgetResult[] {
  return budgets.map((budget) => {
    try {
      const isOfRows = budget.max === undefined && budget.min === undefined
      return isOfRows ? checkRows(db, budget) : checkNumber(db, budget)
    } catch (error) {
      if (!(error instanceof GoheapError)) throw error
      throw new GoheapError(error.code, `budget ${budget.name}: ${error.message}`, { cause: error })
    }
  })
}

const ROWS_SHOWN = 5

function checkRows(db: HeapDb, { name, sql }: Budget): BudgetResult {
  const rows: string[] = []
  let value = 0
  for (const row of db.query(sql).rows) {
    if (value++ < ROWS_SHOWN) rows.push(row.map((cell) => String(cell ?? 'unknown')).join(', '))
  }
  const verdict = value === 0 ? 'ok' : 'over'
  return { budget: name, verdict, value, unit: 'rows', max: 0, min: null, rows, reason: null }
}

function checkNumber(db: HeapDb, { name, sql, max, min, empty, unit }: Budget): BudgetResult {
  const found = [...db.query(sql).rows]
  if (found.length > 1 || (found[0]?.length ?? 1) !== 1) {
    throw new GoheapError(
      'usage',
      `it gives ${found.length} rows of ${found[0].length} columns, not one number`,
    )
  }
  const value = found.length === 0 ? (empty ?? null) : readNumber(found[0][0])
  const verdict =
    value === null
      ? 'unknown'
      : max !== undefined && value > max
        ? 'over'
        : min !== undefined && value < min
          ? 'under'
          : 'ok'
  const reason = value !== null ? null : found.length > 0 ? 'the heap does not tell' : NO_ROW
  return { budget: name, verdict, value, unit, max: max ?? null, min: min ?? null, rows: [], reason }
}

const NO_ROW = 'no row: is a name misspelt? "-- empty: 0" in its header says that none is nothing'

function readNumber(cell: Cell): number | null {
  if (cell === null) return null
  if (typeof cell === 'number' || typeof cell === 'bigint') return Number(cell)
  throw new GoheapError('usage', 'it gives a text, not a number')
}
