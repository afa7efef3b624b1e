import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSyntheticHeap } from '../../bench/synthetic-heap.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { listQueries, type QueryFile, readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { runCli } from '../cli/run-cli.ts'
import { installPython } from '../oracle/python.ts'
import { because, unpackProgram } from '../oracle/toolchain.ts'
import { type DatasetteServer, startDatasette } from './datasette-server.ts'

/** Each test asks for dozens of pages. */
const VERSIONS = [
  { version: '0.65', environment: installPython('datasette==0.65.5') },
  { version: '1.0', environment: installPython('datasette==1.0a41') },
] as const

const folder = mkdtempSync(join(tmpdir(), 'goheap-datasette-'))
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  const { core, binary } = unpackProgram('leaky')
  const shop = join(folder, 'shop.db')
  expect(await runCli('index', core, binary, '-o', shop, '--quiet')).toMatchObject({ code: 0, stderr: '' })
  const million = join(folder, 'million.db')
  await writeDatabase(makeSyntheticHeap(1_000_000), million)
  for (const database of [shop, million]) {
    expect(await runCli('datasette', database, '--out', `${database}-datasette`)).toMatchObject({
      code: 0,
      stderr: '',
    })
  }
})

/** Arguments that a query cannot do without: the object that retains most, its address; a goroutine. */
function requiredArguments(query: QueryFile, db: HeapDb): Record<string, number> {
  const biggest = db.query('SELECT id, address FROM objects ORDER BY retained_size DESC, id LIMIT 1')
  const [[id, address]] = [...biggest.rows].map((row) => row.map(Number))
  const values: Record<string, number> = { id, address, goid: 1 }
  const required = query.params.filter((param) => param.default === undefined)
  return Object.fromEntries(required.map(({ name }) => [name, values[name]]))
}

/** What the query is called in datasette. */
function nameIn(database: string, query: QueryFile): string {
  const text = readFileSync(join(folder, `${database}.db-datasette`, 'metadata.json'), 'utf8')
  const queries: Record<string, { title: string }> = JSON.parse(text).databases[database].queries
  const found = Object.entries(queries).find(([, { title }]) => title === query.title)
  if (found === undefined) throw new Error(`${query.name} is missing`)
  return found[0]
}

/** Rows as JSON has them. */
function rowsOf(db: HeapDb, query: QueryFile, args: Record<string, number>): unknown[] {
  const { columns, rows } = db.runQuery(query, args)
  return [...rows].map((row) => Object.fromEntries(row.map((cell, place) => [columns[place], cell])))
}

describe.each(VERSIONS)('datasette $version', ({ version, environment }) => {
  const { python, missing } = environment
  let server: DatasetteServer
  let db: HeapDb

  const serve = (name: string) => {
    beforeAll(async () => {
      if (python === undefined) return
      const database = join(folder, `${name}.db`)
      server = await startDatasette(python, version, { database, folder: `${database}-datasette` })
      db = HeapDb.open(database)
    })
    afterAll(async () => {
      db?.close()
      await server?.stop()
    })
  }

  async function getJson(path: string) {
    const { status, text } = await server.get(path)
    expect(status, `${path}: ${text.slice(0, 300)}`).toBe(200)
    return JSON.parse(text)
  }

  async function expectAnswers(database: string, limit: number) {
    for (const query of listQueries().map((name) => readQuery(name))) {
      const hasLimit = query.params.some((param) => param.name === 'limit')
      const args = { ...requiredArguments(query, db), ...(hasLimit ? { limit } : {}) }
      const text = Object.entries(args).map(([name, value]) => `&${name}=${value}`)
      const path = `/${database}/${nameIn(database, query)}.json?_shape=array${text.join('')}`
      expect(await getJson(path), path).toEqual(rowsOf(db, query, args))
    }
  }

  describe.skipIf(missing)(`on the bundled core${because(missing)}`, () => {
    serve('shop')

    test('bundled queries answer as they do in goheap, with and without arguments', async () => {
      await expectAnswers('shop', 5)
      const path = '/shop/histogram-query.json?_shape=array'
      expect(await getJson(path)).toEqual(rowsOf(db, readQuery('histogram'), {}))
      const [{ id, hex }] = await getJson(
        `/shop.json?_shape=array&sql=SELECT+id,+hex_address+AS+hex+FROM+objects_named+WHERE+id=77`,
      )
      expect(await getJson(`/shop/object-at.json?_shape=array&address=${hex}`)).toMatchObject([{ id }])
    })

    test('every table, view and query has a page with its description', async () => {
      const { rows } = db.query(`SELECT name FROM sqlite_schema
        WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'`)
      const names = [...rows].map(([name]) => String(name))
      for (const name of names) {
        const { status, text } = await server.get(`/shop/${name}`)
        expect([name, status, text.includes('SQL Interrupted')]).toEqual([name, 200, false])
      }
      const objects = (await server.get('/shop/objects')).text
      expect(objects).toContain('Heap objects: one row per allocated slot in address order')
      expect(objects).toContain('slot bytes: shallow size, header and padding included')
      expect((await server.get('/shop/objects/1')).status).toBe(200)
      for (const query of listQueries().map((name) => readQuery(name))) {
        const { status, text } = await server.get(`/shop/${nameIn('shop', query)}`)
        expect([query.name, status]).toEqual([query.name, 200])
        expect(text).toContain(query.title)
        for (const { name } of query.params)
          expect(text).toMatch(new RegExp(`<(input|textarea)[^>]* name="${name}"`))
      }
      expect((await server.get('/')).text).toContain('Heap of example.com/fixtures/leaky')
    })

    test('tables begin with what holds most, references have names, and internal tables are hidden', async () => {
      const objects = await getJson('/shop/objects.json?_labels=on&_shape=array')
      const [[id, type]] = [
        ...db.query(`SELECT o.id, t.name FROM objects o JOIN types t ON t.id = type_id
          ORDER BY retained_size DESC LIMIT 1`).rows,
      ]
      expect(objects[0]).toMatchObject({ id, type_id: { label: type } })
      const roots = await getJson('/shop/roots.json?_extra=facet_results')
      const facets = roots.facet_results.results ?? roots.facet_results
      const kinds = [...db.query('SELECT kind, count(*) FROM roots GROUP BY kind').rows]
      expect(
        facets.kind.results
          .map((result: { value: string; count: number }) => [result.value, result.count])
          .sort(),
      ).toEqual(kinds.sort())
      const tables: { name: string; hidden: boolean }[] = (await getJson('/shop.json?_extra=tables')).tables
      const hidden = tables
        .filter((table) => table.hidden && !table.name.startsWith('sqlite_'))
        .map(({ name }) => name)
      expect(hidden.sort()).toEqual([
        ...['dominated_types', 'goroutine_stack_members', 'graph_arrays', 'migrations', 'stacks'],
      ])
    })
  })

  describe.skipIf(missing)(`on a million objects${because(missing)}`, () => {
    serve('million')

    test('bundled queries answer within the second that datasette gives them', async () => {
      await expectAnswers('million', 50)
    })

    test('pages of tables and objects open', async () => {
      for (const path of [
        'objects',
        'objects/500000',
        'edges',
        'nodes',
        'types',
        'histogram',
        'pointers?_size=10',
      ]) {
        const { status, text } = await server.get(`/million/${path}`)
        expect([path, status, text.includes('SQL Interrupted')]).toEqual([path, 200, false])
      }
    })

    test('a query that takes longer is ended by datasette', async () => {
      const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n'
      const { status, text } = await server.get(`/million.json?sql=${encodeURIComponent(sql)}`)
      expect([status, /interrupted|time limit/i.test(text)]).toEqual([400, true])
    })
  })
})
