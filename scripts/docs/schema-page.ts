import {
  type ColumnDescription,
  describeTables,
  type TableDescription,
} from '../../src/schema/descriptions.ts'
import { SCHEMA_VERSION } from '../../src/schema/format.ts'
import type { HeapDb } from '../../src/schema/heap-db.ts'
import { codeSpan, markdownTable, pageHead } from './markdown.ts'

/** docs/schema.md: every table, view and column of a heap.db, as its own CREATE statements describe them. */
export function renderSchema(db: HeapDb): string {
  const tables = describeTables(db)
  return [
    pageHead('The database', 'migrations/*.sql'),
    `The tables and views of a heap.db of schema version ${SCHEMA_VERSION} (\`PRAGMA user_version\`). The same words are in the`,
    'database: `SELECT sql FROM sqlite_schema`.',
    '',
    'Sizes and offsets are bytes. Addresses are exact integers. Objects and roots share one id space: objects are 1..N in',
    'address order, roots follow from N + 1; a *node* is either.',
    '',
    ...tables.map(
      ({ name, kind, doc }) =>
        `- [${name}](#${name})${kind === 'view' ? ' (view)' : ''}: ${firstSentence(doc)}`,
    ),
    '',
    ...tables.map(renderTable),
  ].join('\n')
}

function renderTable(table: TableDescription): string {
  const rows = table.columns.map((column) => [codeSpan(column.name), describeType(column), column.doc])
  const indexes = table.indexes.map(
    ({ name, columns }) => `\`${name}\` (${columns.map(codeSpan).join(', ')})`,
  )
  return [
    `## ${table.name}`,
    '',
    table.kind === 'view' ? `*View.* ${table.doc}` : table.doc,
    '',
    markdownTable(['column', 'type', 'what it holds'], rows),
    '',
    ...(indexes.length > 0 ? [`Indexes: ${indexes.join(', ')}.`, ''] : []),
  ].join('\n')
}

function describeType({ type, keyPlace, references }: ColumnDescription): string {
  const parts = [type.toLowerCase()]
  if (keyPlace > 0) parts.push('key')
  if (references) parts.push(`→ [${references.table}](#${references.table})`)
  return parts.filter((part) => part !== '').join(' ')
}

const firstSentence = (text: string) => text.match(/^.*?[.:](?=\s|$)/)?.[0].replace(/[.:]$/, '') ?? text
