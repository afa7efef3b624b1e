import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import { withBundledHeap } from '../../scripts/docs/bundled-heap.ts'
import { listQueries, parseQuery, readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { readScans } from './query-plan.ts'

/**
 * Tables whose rows are counted in types, packages, modules or mappings of a program, however large its heap is. All
 * others grow with the heap: a query that reads one of them from an end has to say so.
 */
const OF_THE_PROGRAM = new Set([
  ...['metadata', 'modules', 'types', 'fields', 'type_sources', 'mappings', 'problems', 'memory_account'],
  ...['type_totals', 'type_padding', 'field_orders', 'garbage_totals', 'group_totals', 'package_owners'],
])

const folder = mkdtempSync(join(tmpdir(), 'goheap-plans-'))
/** The database of the bundled core. */
const written = join(folder, 'written.db')
const analyzed = join(folder, 'analyzed.db')
const unknown = join(folder, 'unknown.db')
const synthetic = join(folder, 'synthetic.db')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  await withBundledHeap((heap) => {
    for (const path of [written, analyzed, unknown]) copyFileSync(heap.db.path, path)
  })
  change(analyzed, 'ANALYZE')
  change(unknown, 'DROP TABLE sqlite_stat1')
  await writeDatabase(makeSyntheticHeap(20_000), synthetic)
})

function change(path: string, sql: string): void {
  const database = new Database(path)
  database.exec(sql)
  database.close()
}

function use<T>(path: string, ask: (database: Database.Database) => T): T {
  const database = new Database(path, { readonly: true })
  try {
    return ask(database)
  } finally {
    database.close()
  }
}

const declared = (name: string) =>
  readQuery(name)
    .scans.map(({ table }) => table)
    .sort()

function scansOf(name: string, path: string): string[] {
  const scans = use(path, (database) => readScans(database, readQuery(name)))
  return scans.filter((table) => !OF_THE_PROGRAM.has(table))
}

describe('tables that grow with the heap are read from an end only by queries whose header says so', () => {
  test.each(listQueries())('%s', (name) => {
    expect(scansOf(name, written)).toEqual(declared(name))
  })
})

// What SQLite knows of the data changes its plans.
test.each([
  ['of a heap of another shape', synthetic],
  ['after ANALYZE', analyzed],
  ['without statistics', unknown],
])('and no others are %s', (_, path) => {
  const undeclared = listQueries().map((name) => ({
    name,
    tables: scansOf(name, path).filter((table) => !declared(name).includes(table)),
  }))
  expect(undeclared.filter(({ tables }) => tables.length > 0)).toEqual([])
})

test.each([
  ['SELECT SUM(size) FROM objects', ['objects']],
  ['SELECT SUM(o.size) FROM objects o JOIN types t ON t.id = o.type_id', ['objects']],
  ['SELECT COUNT(*) FROM nodes', ['objects', 'roots']],
  ['SELECT id FROM objects ORDER BY retained_size DESC LIMIT 5', ['objects']],
  ['SELECT a.pc FROM frames a CROSS JOIN frames b ON b.pc = a.pc', ['frames']],
  ['SELECT MAX(id), (SELECT MIN(retained_size) FROM objects) FROM objects', []],
  ['SELECT size FROM objects WHERE id = 5', []],
  ['SELECT COUNT(*) FROM edges WHERE target_id = 5', []],
])('scans are found in plans: %s', (sql, scans) => {
  const query = parseQuery('any', `-- any: Any\n${sql}`)
  expect(use(written, (database) => readScans(database, query))).toEqual(scans)
})
