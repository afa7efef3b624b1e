import { describeTables } from '../../schema/descriptions.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { listQueries, type QueryParam, readQuery } from '../../schema/query-file.ts'
import { DOT_COMMANDS, MODES } from './dot-commands.ts'

/** Names that a line can be completed by. */
export interface Names {
  /** Tables and views with their columns. */
  readonly tables: ReadonlyMap<string, readonly string[]>
  /** Bundled queries with their parameters. */
  readonly queries: ReadonlyMap<string, readonly Pick<QueryParam, 'name' | 'choices'>[]>
  readonly functions: readonly string[]
  /** Names of types that begin with a text, sorted. */
  typesFrom(prefix: string): string[]
}

const KEYWORDS = [
  ...['SELECT', 'DISTINCT', 'FROM', 'WHERE', 'JOIN', 'LEFT JOIN', 'CROSS JOIN', 'ON', 'USING', 'GROUP BY'],
  ...[
    'HAVING',
    'ORDER BY',
    'DESC',
    'LIMIT',
    'OFFSET',
    'AND',
    'OR',
    'NOT',
    'IN',
    'IS',
    'NULL',
    'LIKE',
    'GLOB',
  ],
  ...[
    'BETWEEN',
    'EXISTS',
    'CASE',
    'WHEN',
    'THEN',
    'ELSE',
    'END',
    'AS',
    'WITH',
    'RECURSIVE',
    'UNION ALL',
    'EXPLAIN',
  ],
  ...['QUERY PLAN', 'OVER', 'PARTITION BY', 'CAST', 'VALUES'],
]
const BEGINNINGS = ['SELECT', 'WITH', 'EXPLAIN', 'VALUES']

/** More type names than these are cut at the next part of their package's path. */
const MOST_TYPES = 40

export function readNames(db: HeapDb): Names {
  const functions = db.query(
    `SELECT DISTINCT name FROM pragma_function_list WHERE name GLOB '[a-z]*' AND NOT name GLOB 'fts*' AND NOT name GLOB 'geopoly*' AND NOT name GLOB 'rtree*' ORDER BY name`,
  )
  return {
    tables: new Map(
      describeTables(db).map(({ name, columns }) => [name, columns.map((column) => column.name)]),
    ),
    queries: new Map(listQueries().map((name) => [name, readQuery(name).params])),
    functions: Array.from(functions.rows, ([name]) => String(name)),
    typesFrom: (prefix) => {
      const sql =
        'SELECT DISTINCT name FROM types WHERE substr(name, 1, length(:prefix)) = :prefix ORDER BY name'
      return Array.from(db.query(sql, { prefix }).rows, ([name]) => String(name))
    },
  }
}

/**
 * What the end of a statement can go on with, and the part of it that these replace, as readline wants it.
 * `text` is all of the statement up to the cursor.
 */
export function complete(text: string, names: Names): [string[], string] {
  const literal = openString(text)
  if (literal !== undefined) return [completeType(literal, names), literal]
  const line = text.trimStart()
  const word = text.match(/[\w.-]*$/)?.[0] ?? ''
  if (line.startsWith('.')) return completeDot(line, names)
  const [first, ...rest] = line.split(/\s+/)
  const params = names.queries.get(first)
  if (params !== undefined && rest.length > 0 && rest.slice(0, -1).every((each) => each.includes('='))) {
    return completeParam(params, rest.at(-1) ?? '')
  }
  if (rest.length === 0) return matching([...names.queries.keys(), ...BEGINNINGS], first)
  const [, qualifier, column] = word.match(/^(\w+)\.(\w*)$/) ?? []
  if (qualifier !== undefined) {
    const table = aliases(text).get(qualifier) ?? qualifier
    return matching(names.tables.get(table) ?? [], column)
  }
  const identifier = text.match(/\w*$/)?.[0] ?? ''
  const before = text.slice(0, text.length - identifier.length)
  if (/\b(from|join)\s+$/i.test(before)) return matching([...names.tables.keys()], identifier)
  const used = [...aliases(text).values()].filter((table) => names.tables.has(table))
  const tables = used.length > 0 ? used : [...names.tables.keys()]
  const columns = tables.flatMap((table) => names.tables.get(table) ?? [])
  const functions = names.functions.map((name) => `${name}(`)
  return matching([...columns, ...names.tables.keys(), ...functions, ...KEYWORDS], identifier)
}

/** Words of either case that begin with what is there, without repetitions. */
function matching(words: readonly string[], start: string): [string[], string] {
  const lower = start.toLowerCase()
  return [[...new Set(words)].filter((word) => word.toLowerCase().startsWith(lower)).sort(), start]
}

/** What stands in a string that is not closed yet; undefined outside of strings. */
function openString(text: string): string | undefined {
  const rest = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*\n/g, (token) => ' '.repeat(token.length))
  const quote = rest.indexOf("'")
  return quote < 0 ? undefined : text.slice(quote + 1)
}

function completeType(prefix: string, names: Names): string[] {
  const found = names.typesFrom(prefix)
  if (found.length <= MOST_TYPES) return found
  // go.etcd.io/etcd/ rather than hundreds of types in packages below it.
  return [
    ...new Set(
      found.map(
        (name) => name.slice(0, prefix.length) + name.slice(prefix.length).replace(/([/.]).+$/, '$1'),
      ),
    ),
  ]
}

/** `by=` goes on with what it can be; in quotes where that has blanks. */
function completeParam(params: readonly Pick<QueryParam, 'name' | 'choices'>[], word: string) {
  const { choices } = params.find(({ name }) => word.startsWith(`${name}=`)) ?? {}
  const quoted = (text: string) => (text.includes(' ') ? `'${text}'` : text)
  return matching(
    choices === undefined
      ? params.map(({ name }) => `${name}=`)
      : choices.map((choice) => `${word.slice(0, word.indexOf('='))}=${quoted(choice)}`),
    word,
  )
}

function completeDot(line: string, names: Names): [string[], string] {
  const [command, argument] = line.split(/\s+/)
  if (argument === undefined)
    return matching(
      Object.keys(DOT_COMMANDS).map((name) => `.${name}`),
      command,
    )
  if (command === '.mode') return matching(MODES, argument)
  if (command === '.schema') return matching([...names.tables.keys()], argument)
  return matching(command === '.queries' ? [...names.queries.keys()] : [], argument)
}

/** Names that a statement gives to its tables, and the tables themselves. */
function aliases(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, table, alias] of text.matchAll(
    /(?:\b(?:from|join)\s+|,\s*)(\w+)(?:\s+(?:as\s+)?(?!(?:on|where|join|left|inner|cross|natural|group|order|limit|using|union)\b)(\w+))?/gi,
  )) {
    found.set(alias ?? table, table)
  }
  return found
}
