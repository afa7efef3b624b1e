import type { HeapDb } from './heap-db.ts'

/** A table or view with what its CREATE statement says of it. The comments of migrations/ are the only source. */
export interface TableDescription {
  readonly name: string
  readonly kind: 'table' | 'view'
  /** What a row is, and what holds for all of them. */
  readonly doc: string
  readonly columns: readonly ColumnDescription[]
  readonly indexes: readonly IndexDescription[]
}

export interface ColumnDescription {
  readonly name: string
  /** INTEGER, TEXT, ANY; '' for a column of a view. */
  readonly type: string
  /** Whether NULL is allowed; of a view it is the comment that says so. */
  readonly isNullable: boolean
  /** Its place in the primary key, from 1; 0 when it is not part of it. */
  readonly keyPlace: number
  /** What it refers to. */
  readonly references: { readonly table: string; readonly column: string } | undefined
  readonly doc: string
}

export interface IndexDescription {
  readonly name: string
  readonly columns: readonly string[]
  readonly isUnique: boolean
}

/** All tables, then all views, each in the order in which they were made. */
export function describeTables(db: HeapDb): TableDescription[] {
  const tables = db.query(
    `SELECT type, name, sql FROM sqlite_schema
     WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
     ORDER BY type, rowid`,
  )
  return [...tables.rows].map(([kind, name, sql]) =>
    describeTable(db, String(kind), String(name), String(sql)),
  )
}

function describeTable(db: HeapDb, kind: string, name: string, sql: string): TableDescription {
  const comments = readComments(sql)
  const references = new Map(
    [...db.query(`SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)`, [name]).rows].map(
      ([from, table, column]) => [String(from), { table: String(table), column: String(column) }],
    ),
  )
  const columns = db.query(`SELECT name, type, "notnull", pk FROM pragma_table_info(?) ORDER BY cid`, [name])
  return {
    name,
    kind: kind === 'view' ? 'view' : 'table',
    doc: comments.table,
    columns: [...columns.rows].map(([column, type, isNotNull, keyPlace]) => ({
      name: String(column),
      type: String(type),
      // SQLite does not declare an INTEGER PRIMARY KEY as NOT NULL, and yet it never is.
      isNullable: kind !== 'view' && isNotNull === 0 && keyPlace === 0,
      keyPlace: Number(keyPlace),
      references: references.get(String(column)),
      doc: comments.columns.get(String(column)) ?? '',
    })),
    indexes: describeIndexes(db, name),
  }
}

/** Indexes made by CREATE INDEX; those of primary keys and UNIQUE columns are seen in the columns. */
function describeIndexes(db: HeapDb, table: string): IndexDescription[] {
  const indexes = db.query(
    `SELECT name, "unique", (SELECT group_concat(c.name, ',') FROM pragma_index_info(i.name) c)
     FROM pragma_index_list(?) i WHERE origin = 'c' ORDER BY name`,
    [table],
  )
  return [...indexes.rows].map(([name, isUnique, columns]) => ({
    name: String(name),
    columns: String(columns).split(','),
    isUnique: isUnique === 1,
  }))
}

/**
 * The comments inside a CREATE statement, which SQLite keeps: those before the first column are of the table, each other
 * one of the column that the line, or the nearest line before it, begins with.
 */
export function readComments(sql: string): { table: string; columns: Map<string, string> } {
  const table: string[] = []
  const columns = new Map<string, string>()
  let current: string | undefined
  for (const line of sql.split('\n').slice(1)) {
    // Of a view only the list of columns is commented: what follows is its SELECT.
    if (line.startsWith(')')) break
    const [, code, comment] = line.match(/^(.*?)(?:--\s*(.*))?$/) ?? []
    const name = code.match(/^\s*"?(\w+)"?[\s,]/)?.[1] ?? code.trim().match(/^\w+$/)?.[0]
    if (name !== undefined) current = name
    if (comment === undefined) continue
    if (current === undefined) table.push(comment)
    else columns.set(current, `${columns.get(current) ?? ''} ${comment}`.trim())
  }
  return { table: table.join(' '), columns }
}
