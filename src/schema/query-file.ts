import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nearNames } from '../base/near-names.ts'
import { GoheapError } from '../errors.ts'

/** queries/ of the source tree and of the published package: both lie two folders above this file. */
const QUERIES_FOLDER = fileURLToPath(new URL('../../queries/', import.meta.url))

export type Argument = number | bigint | string | null
const TYPES = ['integer', 'real', 'text'] as const
export type SqlType = (typeof TYPES)[number]
/** An address is an integer that people write in hexadecimal. */
const PARAM_TYPES = [...TYPES, 'address'] as const
export type ParamType = (typeof PARAM_TYPES)[number]

/** `@param name type [= default] [{choice|choice|...}]  what it is` */
export interface QueryParam {
  name: string
  type: ParamType
  /** undefined: has to be given. */
  default: Argument | undefined
  /** All that a text can be; undefined: any. */
  choices: readonly string[] | undefined
  doc: string
}

/** `@column name type format[?]  what it is` */
export interface QueryColumn {
  name: string
  type: SqlType
  /** How to show it, or whose value it is: bytes, count, percent, duration (of ns), address, node, types.name, ...; `-` for nothing special. */
  format: string
  /** Written as `format?`: NULL is a value that is not known. Otherwise NULL is that there is none. */
  nullIsUnknown: boolean
  doc: string
}

/** `@scan table  how far, and why that is quick enough` */
export interface QueryScan {
  /** A table that grows with the heap, and that the query reads from an end on: itself, or an index of it. */
  table: string
  doc: string
}

/** A query of queries/. Its header is the one description that the CLI and all other readers show. */
export interface QueryFile {
  /** The file's name without .sql. */
  name: string
  title: string
  doc: string
  params: QueryParam[]
  columns: QueryColumn[]
  /** `@chart kind column ...`; undefined for none. */
  chart: { kind: string; columns: string[] } | undefined
  /** All other tables that grow with the heap are only searched by index. */
  scans: QueryScan[]
  sql: string
}

/** @throws GoheapError 'usage' when there is no such query */
export function readQuery(name: string, folder = QUERIES_FOLDER): QueryFile {
  const names = listQueries(folder)
  if (!names.includes(name)) {
    const near = nearNames(name, names)
    const hint = near.length > 0 ? `there is ${near.join(', ')}` : `there are: ${names.join(', ')}`
    throw new GoheapError('usage', `there is no query ${name} (${hint})`)
  }
  return parseQuery(name, readFileSync(`${folder}/${name}.sql`, 'utf8'))
}

/** Names of all queries, sorted. */
export function listQueries(folder = QUERIES_FOLDER): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return files.map((file) => file.slice(0, -'.sql'.length)).sort()
}

/** Parses the text of a query file. A header that cannot be read is a defect of that file: it throws a plain Error. */
export function parseQuery(name: string, text: string): QueryFile {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('--'))
  const header = lines.slice(0, end).map((line) => line.slice(2).trim())
  const title = header[0]?.match(/^([\w-]+): (.+)$/)
  if (title?.[1] !== name) throw new Error(`${name}.sql: the first line is not "-- ${name}: title"`)
  const query: QueryFile = {
    name,
    title: title[2],
    doc: header
      .slice(1)
      .filter((line) => !line.startsWith('@'))
      .join('\n')
      .trim(),
    params: [],
    columns: [],
    chart: undefined,
    scans: [],
    sql: lines.slice(end).join('\n').trim(),
  }
  for (const line of header.filter((line) => line.startsWith('@'))) readTag(query, line)
  return query
}

function readTag(query: QueryFile, line: string): void {
  const [tag, ...words] = line.split(/\s+/)
  const rest = line.slice(tag.length).trim()
  if (tag === '@param') query.params.push(readParam(query.name, rest))
  else if (tag === '@column') query.columns.push(readColumn(query.name, rest))
  else if (tag === '@chart' && words.length > 1) query.chart = { kind: words[0], columns: words.slice(1) }
  else if (tag === '@scan' && words.length > 1) query.scans.push(readScan(rest))
  else throw new Error(`${query.name}.sql: cannot read "${line}"`)
}

function readScan(text: string): QueryScan {
  const [table] = text.split(/\s/, 1)
  return { table, doc: text.slice(table.length).trim() }
}

function readParam(query: string, text: string): QueryParam {
  const match = text.match(/^(\w+)\s+(\w+)(?:\s*=\s*('[^']*'|\S+))?(?:\s+\{([^}]*)\})?\s+(.+)$/)
  if (!match) throw new Error(`${query}.sql: cannot read "@param ${text}"`)
  const [, name, typeName, given, listed, doc] = match
  const type = readType(query, typeName, PARAM_TYPES)
  const value = given === undefined ? undefined : readDefault(type, given)
  const choices = listed?.split('|').map((choice) => choice.trim())
  if (choices !== undefined && (type !== 'text' || (typeof value === 'string' && !choices.includes(value))))
    throw new Error(`${query}.sql: ${name} has choices, and is no text or has another default`)
  return { name, type, default: value, choices, doc }
}

function readDefault(type: ParamType, text: string): Argument {
  if (text === 'NULL') return null
  return type === 'text' ? text.replace(/^'(.*)'$/, '$1') : readNumber(type, text)
}

function readColumn(query: string, text: string): QueryColumn {
  const match = text.match(/^(\w+)\s+(\w+)\s+(\S+)\s+(.+)$/)
  if (!match) throw new Error(`${query}.sql: cannot read "@column ${text}"`)
  const [, name, type, shown, doc] = match
  const nullIsUnknown = shown.endsWith('?')
  const format = nullIsUnknown ? shown.slice(0, -1) || '-' : shown
  return { name, type: readType(query, type, TYPES), format, nullIsUnknown, doc }
}

function readType<Type extends string>(query: string, text: string, types: readonly Type[]): Type {
  const type = types.find((type) => type === text)
  if (type === undefined) throw new Error(`${query}.sql: ${text} is not one of ${types.join(', ')}`)
  return type
}

/** What a parameter is, with all that it can be. */
export function describeParam({ doc, choices }: QueryParam): string {
  return choices === undefined ? doc : `${doc}: ${choices.join(', ')}`
}

/** Values for every parameter of a query. An integer is bound as BigInt: a number would arrive as REAL. */
export function bindArguments(
  query: QueryFile,
  given: Readonly<Record<string, string | number>>,
): Record<string, Argument> {
  const unknown = Object.keys(given).find((name) => !query.params.some((param) => param.name === name))
  if (unknown !== undefined) {
    const names = query.params.map((param) => param.name).join(', ') || 'none'
    throw new GoheapError('usage', `${query.name} has no parameter ${unknown} (it has: ${names})`)
  }
  return Object.fromEntries(
    query.params.map((param) => [param.name, bindParam(query, param, given[param.name])]),
  )
}

function bindParam(query: QueryFile, param: QueryParam, value: string | number | undefined): Argument {
  if (value === undefined) {
    if (param.default === undefined) {
      throw new GoheapError('usage', `${query.name} needs the parameter ${param.name} (${param.doc})`)
    }
    return param.default
  }
  if (param.type === 'text') return readChoice(param, String(value))
  try {
    return readNumber(param.type, String(value))
  } catch (error) {
    throw new GoheapError('usage', `${param.name} is ${param.type}, and ${value} is not`, { cause: error })
  }
}

function readChoice({ name, choices }: QueryParam, value: string): string {
  if (choices === undefined || choices.includes(value)) return value
  throw new GoheapError(
    'usage',
    `${name} is one of ${choices.join(', ')}, and ${JSON.stringify(value)} is not`,
  )
}

/** Decimal or 0x... Throws for text that is no such number. */
function readNumber(type: Exclude<ParamType, 'text'>, text: string): bigint | number {
  if (text.trim() === '') throw new RangeError('empty')
  if (type !== 'real') return BigInt(text)
  const number = Number(text)
  if (!Number.isFinite(number)) throw new RangeError(text)
  return number
}
