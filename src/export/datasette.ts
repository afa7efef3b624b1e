import { parse } from 'node:path'
import { describeTables, type TableDescription } from '../schema/descriptions.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import {
  describeParam,
  listQueries,
  type QueryFile,
  type QueryParam,
  readQuery,
} from '../schema/query-file.ts'
import { writeFormQuery } from './form-query.ts'
import { type Tree, writeYaml } from './yaml.ts'

/** Names of the files that writeDatasette describes, and what they hold. */
export interface DatasetteFiles {
  /** For datasette 0.65 all there is; 1.0 takes the descriptions from it. */
  'metadata.json': string
  /** For datasette 1.0: settings, how tables are shown, and the queries. */
  'datasette.yaml': string
}

/** How datasette is to show a table: its own keys, of which its documentation ("Metadata", "Configuration") tells. */
type TableView = {
  hidden?: true
  label_column?: string
  sort?: string
  sort_desc?: string
  facets?: string[]
}

/** Tables that are of use to goheap's own queries only. */
const INTERNAL = ['migrations', 'stacks', 'goroutine_stack_members', 'dominated_types', 'graph_arrays']

/**
 * How tables are shown. What is sorted by has an index where the table is large; facets only on small tables, as
 * datasette counts them anew for every page.
 */
const VIEWS: Record<string, TableView> = {
  types: { label_column: 'name', facets: ['kind'] },
  type_sources: { label_column: 'name' },
  modules: { label_column: 'path' },
  roots: { label_column: 'name', sort_desc: 'retained_size', facets: ['kind'] },
  objects: { sort_desc: 'retained_size' },
  goroutines: { label_column: 'goid', facets: ['status', 'wait_reason', 'created_by'] },
  frames: { label_column: 'function' },
  mappings: { facets: ['source', 'permissions'] },
  problems: { facets: ['stage', 'severity'] },
  histogram: { sort_desc: 'reachable_bytes', facets: ['kind'] },
  type_totals: { sort_desc: 'reachable_bytes' },
  type_padding: { sort_desc: 'saved_bytes' },
  group_totals: { sort_desc: 'reachable_bytes', facets: ['grouping'] },
  goroutine_stacks: { sort_desc: 'retained_size', facets: ['status', 'wait_reason'] },
  duplicate_strings: { sort_desc: 'wasted_bytes' },
  duplicate_arrays: { sort_desc: 'wasted_bytes' },
  pinned_arrays: { sort_desc: 'saved_size' },
  waste_kinds: { label_column: 'kind' },
  waste_totals: { sort_desc: 'bytes', facets: ['kind'] },
  memory_account: { label_column: 'name' },
  package_paths: { label_column: 'package', sort_desc: 'retained_size', facets: ['level'] },
  pinned_totals: { sort_desc: 'saved_size' },
  dominator_paths: { label_column: 'name', sort_desc: 'retained_size', facets: ['level', 'kind'] },
}

/** Milliseconds that datasette lets a query run; what comes with goheap keeps to it on millions of objects. */
const TIME_LIMIT = 1000

/** The configuration with which datasette, 0.65 or 1.0, serves a heap.db: descriptions, units, facets, queries. */
export function describeForDatasette(db: HeapDb): DatasetteFiles {
  const tables = describeTables(db)
  const names = new Set(tables.map(({ name }) => name))
  // A query and a table of one name would have one address.
  const nameQuery = (name: string) => (names.has(name) ? `${name}-query` : name)
  const queries = Object.fromEntries(
    listQueries().map((name) => [nameQuery(name), describeQuery(readQuery(name))]),
  )
  const views = Object.fromEntries(
    tables.flatMap((table) => {
      const view = viewOf(table)
      return Object.keys(view).length === 0 ? [] : [[table.name, view]]
    }),
  )
  // datasette calls a database after its file.
  const database = parse(db.path).name
  const metadata = {
    title: `Heap of ${db.metadata().get('main_path') ?? db.metadata().get('binary_file') ?? 'a Go program'}`,
    description: describeDump(db),
    databases: {
      [database]: {
        tables: Object.fromEntries(
          tables.map((table) => [table.name, { ...describeTable(table), ...viewOf(table) }]),
        ),
        queries,
      },
    },
  }
  const config: Tree = {
    settings: { sql_time_limit_ms: TIME_LIMIT, suggest_facets: false },
    databases: { [database]: { tables: views, queries } },
  }
  const about = `# How datasette 1.0 serves ${database}.db, with metadata.json beside this file; written by goheap datasette.\n`
  return {
    'metadata.json': `${JSON.stringify(metadata, undefined, 2)}\n`,
    'datasette.yaml': about + writeYaml(config),
  }
}

/** Arguments of `datasette` that serve the database with the files of a folder, by datasette's version. */
export function datasetteArguments(db: string, folder: string): { '0.65': string[]; '1.0': string[] } {
  const metadata = ['--immutable', db, '--metadata', `${folder}/metadata.json`]
  const settings = ['--setting', 'sql_time_limit_ms', `${TIME_LIMIT}`, '--setting', 'suggest_facets', 'off']
  return { '0.65': [...metadata, ...settings], '1.0': [...metadata, '--config', `${folder}/datasette.yaml`] }
}

function viewOf({ name }: TableDescription): TableView {
  return INTERNAL.includes(name) ? { hidden: true } : (VIEWS[name] ?? {})
}

function describeTable({ doc, columns }: TableDescription) {
  const inBytes = columns.filter(({ name }) => /(^|_)(size|bytes)$/.test(name))
  return {
    description: doc,
    columns: Object.fromEntries(columns.map((column) => [column.name, column.doc])),
    // Only 0.65 knows units.
    ...(inBytes.length > 0 ? { units: Object.fromEntries(inBytes.map(({ name }) => [name, 'byte'])) } : {}),
  }
}

function describeQuery(query: QueryFile) {
  const params = query.params.map(
    (param) => `<dt>${param.name}${describeDefault(param)}</dt><dd>${escapeHtml(describeParam(param))}</dd>`,
  )
  const columns = query.columns.map(({ name, doc }) => `<dt>${name}</dt><dd>${escapeHtml(doc)}</dd>`)
  const list = (title: string, items: string[]) =>
    items.length === 0 ? '' : `<details><summary>${title}</summary><dl>${items.join('')}</dl></details>`
  return {
    title: query.title,
    description_html: `<p>${escapeHtml(query.doc)}</p>${list('Parameters', params)}${list('Columns', columns)}`,
    hide_sql: true,
    ...(query.params.length > 0 ? { params: query.params.map(({ name }) => name) } : {}),
    sql: writeFormQuery(query),
  }
}

function describeDefault({ default: value }: QueryParam): string {
  if (value === undefined) return ' (to be given)'
  return value === null || value === '' ? '' : ` (${escapeHtml(String(value))} when left empty)`
}

function describeDump(db: HeapDb): string {
  const metadata = db.metadata()
  const facts = ['go_version', 'goos', 'goarch'].map((key) => metadata.get(key) ?? '?').join(' ')
  return `${facts}, core ${metadata.get('core_file') ?? '?'}, indexed by goheap ${metadata.get('goheap_version') ?? '?'}`
}

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
