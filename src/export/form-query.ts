import type { ParamType, QueryFile, QueryParam } from '../schema/query-file.ts'

/**
 * The SQL of a query for clients that bind every parameter as text, and as '' when nothing was entered: each parameter
 * takes the type and the default of the query's header. What has to be given and is not is NULL, and gives no rows.
 */
export function writeFormQuery(query: QueryFile): string {
  const typed = new Map(query.params.map((param) => [param.name, typeParam(param)]))
  // Literals, quoted names and comments are passed over. Some clients put a query into parentheses: no ; at its end.
  return query.sql
    .replace(/;\s*$/, '')
    .replace(
      /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|:(\w+)/g,
      (text, name: string | undefined) => (name === undefined ? text : (typed.get(name) ?? text)),
    )
}

function typeParam(param: QueryParam): string {
  const { name, type, default: value } = param
  const given = `NULLIF(:${name}, '')`
  if (type === 'text') {
    const chosen = param.choices === undefined ? given : checkChoice(name, param.choices)
    if (value === '') return `:${name}`
    return value === undefined || value === null ? chosen : `COALESCE(${chosen}, ${quote(String(value))})`
  }
  const number = readNumber(name, type)
  const parsed = type === 'address' ? parseHex(name, number) : number
  return value === undefined || value === null ? parsed : `COALESCE(${parsed}, ${value})`
}

function checkChoice(name: string, choices: readonly string[]): string {
  const listed = choices.map(quote).join(', ')
  const wrong = complain(name, `one of ${choices.join(', ')}`)
  return `CASE WHEN :${name} NOT IN ('', ${listed}) THEN ${wrong} ELSE NULLIF(:${name}, '') END`
}

/** A cast takes whatever a text begins with, and 0 for what is no number. */
function readNumber(name: string, type: Exclude<ParamType, 'text'>): string {
  const other = type === 'real' ? '[^-+.0-9e]' : '[^-0-9]'
  const cast = `CAST(NULLIF(:${name}, '') AS ${type === 'real' ? 'REAL' : 'INTEGER'})`
  return `CASE WHEN :${name} GLOB '*${other}*' THEN ${complain(name, type)} ELSE ${cast} END`
}

/** No SQL of SQLite raises an error with a text of one's own; that of a bad JSON path has the path in it. */
function complain(name: string, what: string): string {
  return `json_extract('{}', ${quote(`${name} is ${what}, and not `)} || :${name})`
}

/** SQLite casts no text with 0x to a number. */
function parseHex(name: string, decimal: string): string {
  return `CASE WHEN :${name} LIKE '0x_%' AND LOWER(SUBSTR(:${name}, 3)) NOT GLOB '*[^0-9a-f]*' THEN (
    WITH RECURSIVE digits (place, number) AS (
      SELECT 3, 0
      UNION ALL
      SELECT place + 1, number * 16 + INSTR('0123456789abcdef', LOWER(SUBSTR(:${name}, place, 1))) - 1
      FROM digits WHERE place <= LENGTH(:${name})
    )
    SELECT number FROM digits ORDER BY place DESC LIMIT 1
  ) ELSE ${decimal} END`
}

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`
