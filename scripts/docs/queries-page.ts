import type { HeapDb } from '../../src/schema/heap-db.ts'
import {
  type Argument,
  describeParam,
  listQueries,
  type QueryColumn,
  type QueryFile,
  readQuery,
} from '../../src/schema/query-file.ts'
import type { BundledHeap } from './bundled-heap.ts'
import { codeBlock, codeSpan, markdownTable, pageHead } from './markdown.ts'

/** Lines of an example's output, the titles included. */
const EXAMPLE_LINES = 11

/** What an example gives for a parameter that has no default: a SELECT for a value that shows something. */
const EXAMPLE_VALUES: Record<string, string> = {
  id: `SELECT id FROM objects_named WHERE type = 'main.SessionStore'`,
  goid: `SELECT goid FROM goroutines WHERE created_by LIKE 'main.(*Shop).checkout%' ORDER BY goid LIMIT 1`,
  address: `SELECT hex_address FROM objects_named WHERE type = 'main.SessionStore'`,
}

/** docs/queries.md: the bundled queries, from their headers, each with what it says of the bundled core. */
export function renderQueries(heap: BundledHeap): string {
  const queries = listQueries().map((name) => readQuery(name))
  return [
    pageHead('The queries', 'the headers of queries/*.sql'),
    'Questions that come with goheap. Each runs by its name, `goheap query heap.db NAME -p PARAMETER=VALUE`, in any other',
    'SQL client as it is in `queries/`, and as a canned query in datasette (`goheap datasette`). The examples are of the',
    'bundled core (`npm run demo`).',
    '',
    'Tables that grow with the heap are searched by index. What a query goes through row by row, it says below its columns;',
    'a test holds that against the plans that SQLite makes.',
    '',
    ...queries.map(({ name, title }) => `- [${name}](#${name}): ${title}`),
    '',
    ...queries.map((query) => renderQuery(query, heap)),
  ].join('\n')
}

/** Values for the parameters that a query cannot do without. */
export function findExampleArguments(query: QueryFile, db: HeapDb): Record<string, string> {
  const required = query.params.filter((param) => param.default === undefined)
  return Object.fromEntries(required.map(({ name }) => [name, findExample(query, name, db)]))
}

function findExample(query: QueryFile, param: string, db: HeapDb): string {
  const select = EXAMPLE_VALUES[param]
  if (select === undefined) {
    throw new Error(
      `queries/${query.name}.sql: say in scripts/docs/queries-page.ts, EXAMPLE_VALUES, what to give for ${param}`,
    )
  }
  for (const [value] of db.query(select).rows) return String(value)
  throw new Error(`${select}: no row in the bundled heap`)
}

function renderQuery(query: QueryFile, heap: BundledHeap): string {
  const params = query.params.map((param) => [
    codeSpan(param.name),
    param.type,
    describeDefault(param.default),
    describeParam(param),
  ])
  const columns = query.columns.map((column) => [codeSpan(column.name), describeType(column), column.doc])
  const args = Object.entries(findExampleArguments(query, heap.db)).map(
    ([name, value]) => `-p ${name}=${value}`,
  )
  const command = `goheap query heap.db ${[query.name, ...args].join(' ')}`
  return [
    `## ${query.name}`,
    '',
    `**${query.title}.**`,
    '',
    query.doc,
    '',
    ...(params.length > 0 ? [markdownTable(['parameter', 'type', 'default', 'what it is'], params), ''] : []),
    markdownTable(['column', 'type', 'what it holds'], columns),
    '',
    ...query.scans.flatMap(({ table, doc }) => [`Goes through ${codeSpan(table)}: ${doc}.`, '']),
    codeBlock('console', `$ ${command}\n${cutLines(heap.run(command))}`),
    '',
  ].join('\n')
}

/** With its unit: a format with a dot in it says whose value it is, which the table of the schema tells. */
function describeType({ type, format }: QueryColumn): string {
  return format === '-' || format === '' || format.includes('.') ? type : `${type}, ${format}`
}

function describeDefault(value: Argument | undefined): string {
  if (value === undefined) return 'to be given'
  if (value === null) return 'NULL'
  return codeSpan(typeof value === 'string' ? `'${value}'` : `${value}`)
}

function cutLines(output: string): string {
  const lines = output.trimEnd().split('\n')
  return lines.length > EXAMPLE_LINES
    ? `${lines.slice(0, EXAMPLE_LINES - 1).join('\n')}\n...`
    : lines.join('\n')
}
