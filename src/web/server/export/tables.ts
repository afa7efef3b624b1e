import { readObjectValues } from '../../../answers/inspect.ts'
import { GoheapError } from '../../../errors.ts'
import { type Cell, HeapDb, type QueryResult, readQuery } from '../../../index.ts'
import { readInteger, type Statement } from '../answer.ts'
import { listDeltas, readAspect } from '../answers/compare.ts'
import { listDominated, listGroups } from '../answers/dominated.ts'
import { GROUPS, MEMBERS } from '../answers/goroutines.ts'
import { INBOUND, INBOUND_ROOTS, listObjects, outboundOf, PARTS } from '../answers/node.ts'
import { HOLDERS } from '../answers/overview.ts'
import { readDuplicateStrings } from '../answers/strings.ts'

/** What a table is made from. */
export interface ExportSources {
  path: string
  compare?: string | undefined
  core?: string | undefined
  binary?: string | undefined
}

/** A table of the page, all rows of it. */
export interface ExportedTable {
  table: string
  params: Record<string, string>
}

const ALL = { most: -1 }
/** For `limit` of the bundled queries. */
const NO_LIMIT = 2 ** 53
/** Elements of one array or map. */
const MOST_ELEMENTS = 1_000_000

type Open = (db: HeapDb, params: URLSearchParams, sources: ExportSources) => QueryResult

/** By name; what their parameters mean is as in the answer that shows a part of the same rows. */
const TABLES: Record<string, Open> = {
  objects: (db, params) => run(db, listObjects(readInteger(params, 'type'))),
  dominated: (db, params) => run(db, listDominated(readInteger(params, 'id', 0))),
  'dominated-groups': (db, params) =>
    run(db, listGroups(readInteger(params, 'id', 0), params.get('by') ?? '')),
  holders: (db) => db.query(HOLDERS, ALL),
  outbound: (db, params) => db.query(outboundOf('pointers', 'source_id'), byId(params)),
  'root-outbound': (db, params) => db.query(outboundOf('root_pointers', 'root_id'), byId(params)),
  inbound: (db, params) =>
    db.query(`SELECT * FROM (${INBOUND_ROOTS}) UNION ALL SELECT * FROM (${INBOUND})`, byId(params)),
  parts: (db, params) => db.query(PARTS, byId(params)),
  'goroutine-stacks': (db) => db.query(GROUPS, ALL),
  'goroutine-group': (db, params) => db.query(MEMBERS, byId(params)),
  values: (db, params, files) => {
    const limits = { elements: MOST_ELEMENTS, depth: 3 }
    const { values, missing } = readObjectValues(db, readInteger(params, 'id'), { ...limits, ...files })
    if (values === null) throw new GoheapError('usage', `there are no values: ${missing}`)
    return fromObjects(['field', 'type', 'offset', 'value', 'target_id'], values)
  },
  'duplicate-strings': (db, _params, files) => {
    const { columns, rows } = readDuplicateStrings(db, NO_LIMIT, files)
    return { columns: columns.map(({ name }) => name), rows }
  },
  compare: (db, params, { compare }) => {
    if (compare === undefined) throw new GoheapError('usage', 'there is no heap to compare with')
    const aspect = readAspect(params.get('by') ?? 'type')
    const old = HeapDb.open(compare)
    const deltas = listDeltas(old, db, aspect)
    old.close()
    return fromObjects(deltas.length === 0 ? [] : Object.keys(deltas[0]), deltas)
  },
  query: (db, params) => {
    const { name = '', ...args } = Object.fromEntries(params)
    const query = readQuery(name)
    const isLimited = query.params.some((param) => param.name === 'limit')
    return db.runQuery(query, isLimited ? { limit: NO_LIMIT, ...args } : args)
  },
  sql: (db, params) => db.query(params.get('sql') ?? ''),
}

/** @throws GoheapError 'usage' or 'query', some of it only while rows are read */
export function openTable(db: HeapDb, { table, params }: ExportedTable, sources: ExportSources): QueryResult {
  if (!Object.hasOwn(TABLES, table)) throw new GoheapError('usage', `there is no table ${table}`)
  return TABLES[table](db, new URLSearchParams(params), sources)
}

const run = (db: HeapDb, { sql, args }: Statement) => db.query(sql, args)

const byId = (params: URLSearchParams) => ({ id: readInteger(params, 'id'), ...ALL })

function fromObjects<Row extends object>(columns: string[], rows: readonly Row[]): QueryResult {
  return { columns, rows: rows.map((row) => Object.values(pick(row, columns))) }
}

function pick(row: object, columns: readonly string[]): Record<string, Cell> {
  const cells = new Map<string, Cell>(Object.entries(row))
  return Object.fromEntries(columns.map((name) => [name, cells.get(name) ?? null]))
}
