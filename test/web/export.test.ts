import { copyFileSync, renameSync } from 'node:fs'
import { get } from 'node:http'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { HeapDb, readQuery } from '../../src/index.ts'
import { toCsv } from '../../src/web/app/format.ts'
import { serve } from '../../src/web/server/serve.ts'
import { useLeaky } from '../answers/leaky.ts'
import { useOlder } from './older.ts'
import { Asker, useViewer } from './started.ts'

vi.setConfig({ testTimeout: 60_000 })

const leaky = useLeaky()
const older = useOlder()
const viewer = useViewer(leaky.path, { compare: older.path })

const rows = (sql: string) => [...leaky.db.query(sql).rows]

/** Asks for a ticket. */
async function start(query: string, sql = ''): Promise<string> {
  return (await viewer.asker.ask(`export?${query}`, { method: 'POST', body: sql })).ticket
}

/** The whole file. Asked for as a browser does it: without the header that the API wants. */
async function save(query: string, sql = ''): Promise<string> {
  const reply = await viewer.asker.send(`/export/${await start(query, sql)}`)
  expect(reply).toMatchObject({ status: 200, headers: { 'content-disposition': 'attachment' } })
  return reply.text
}

describe('a table is saved whole', () => {
  const OF_TYPE = 'SELECT type_id FROM histogram WHERE type_id IS NOT NULL ORDER BY objects DESC LIMIT 1'
  const POPULAR = 'SELECT target_id FROM edges GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1'
  const WIDE =
    'SELECT idom_id FROM objects WHERE idom_id IS NOT NULL GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1'

  it.each([
    [
      'the objects of a type',
      () => `table=objects&type=${rows(OF_TYPE)[0][0]}`,
      'id',
      `SELECT id FROM objects WHERE type_id = (${OF_TYPE}) ORDER BY retained_size DESC, id DESC`,
    ],
    [
      'a level of the dominator tree',
      () => `table=dominated&id=${rows(WIDE)[0][0]}`,
      'id',
      `SELECT id FROM objects WHERE idom_id = (${WIDE}) ORDER BY retained_size DESC, id DESC`,
    ],
    [
      'the top of the dominator tree',
      () => 'table=dominated&id=0',
      'retained_size',
      `SELECT retained_size FROM objects WHERE idom_id IS NULL AND retained_size IS NOT NULL
       UNION ALL SELECT retained_size FROM roots WHERE parent_id IS NULL ORDER BY 1 DESC`,
    ],
    [
      'who points at an object',
      () => `table=inbound&id=${rows(POPULAR)[0][0]}`,
      'id',
      `SELECT root_id AS id FROM root_edges WHERE target_id = (${POPULAR})
       UNION ALL SELECT source_id FROM edges WHERE target_id = (${POPULAR})`,
    ],
    [
      'what an object points at',
      () => `table=outbound&id=${rows(WIDE)[0][0]}`,
      'target_id',
      `SELECT target_id FROM edges WHERE source_id = (${WIDE}) ORDER BY "offset"`,
    ],
    [
      'the rows of a bundled query, past its usual limit',
      () => 'table=query&name=histogram',
      'bytes',
      readQuery('histogram')
        .sql.replaceAll(':limit', '-1')
        .replaceAll(':sort', `'reachable_bytes'`)
        .replaceAll(':filter', `''`),
    ],
    [
      'the groups of goroutines',
      () => 'table=goroutine-stacks',
      'retained_size',
      'SELECT retained_size FROM goroutine_stacks ORDER BY id',
    ],
    [
      'the goroutines of a group',
      () => 'table=goroutine-group&id=1',
      'retained_size',
      `SELECT r.retained_size FROM goroutine_stack_members m JOIN roots r ON r.id = m.goroutine_id
       WHERE m.stack_id = 1 ORDER BY 1 DESC`,
    ],
  ])('%s: as many rows as SQL finds, with the same values', async (_name, query, column, sql) => {
    const { columns, rows: found } = leaky.db.query(sql)
    const place = Math.max(0, columns.indexOf(column))
    const wanted = Array.from(found, (row) => row[place])
    expect(wanted.length).toBeGreaterThan(1)
    const saved: Record<string, unknown>[] = JSON.parse(await save(`${query()}&format=json`))
    const values = saved.map((row) => row[column])
    if (/ORDER BY/.test(sql.split('UNION ALL').at(-1) ?? '')) expect(values).toEqual(wanted)
    else expect(values.sort()).toEqual(wanted.sort())
    // The same in the other form.
    const csv = await save(`${query()}&format=csv`)
    expect(csv).toBe(
      toCsv(
        Object.keys(saved[0]),
        saved.map((row) => Object.values(row)),
      ),
    )
  })

  it('what differs from another heap, however much', async () => {
    const { rows: shown, left } = await viewer.asker.ask('compare?by=path')
    const saved = JSON.parse(await save('table=compare&by=path&format=json'))
    expect(saved.length).toBe(shown.length + left)
    expect(saved[0]).toEqual(shown[0])
  })

  it('the result of a statement, beyond the rows that the page takes', async () => {
    const sql =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i, -i AS less FROM n'
    const lines = (await save('table=sql&format=csv', sql)).trimEnd().split('\r\n')
    expect([lines.length, lines[0], lines[1], lines[50_000]]).toEqual([
      50_001,
      'i,less',
      '1,-1',
      '50000,-50000',
    ])
  })

  it('text of the heap is no formula for a spreadsheet, in both places where tables are written', async () => {
    const sql = `SELECT '=1+1' AS a, '@x' AS b, 'a"b,c' AS c, NULL AS d, 9007199254740993 AS e, '+2' AS f`
    const csv = await save('table=sql&format=csv', sql)
    expect(csv).toBe(`a,b,c,d,e,f\r\n'=1+1,'@x,"a""b,c",,9007199254740993,'+2\r\n`)
    expect(csv).toBe(
      toCsv(['a', 'b', 'c', 'd', 'e', 'f'], [['=1+1', '@x', 'a"b,c', null, 9007199254740993n, '+2']]),
    )
    expect(JSON.parse(await save('table=sql&format=json', 'SELECT 1 AS one WHERE 0'))).toEqual([])
  })
})

describe('who is given a table', () => {
  it('nobody without the token, and each ticket is good for once', async () => {
    const { asker } = viewer
    const unasked = await asker.send('/api/export?table=dominated&format=csv', { method: 'POST' })
    expect(unasked.status).toBe(401)
    const ticket = await start('table=goroutine-stacks&format=csv')
    expect((await asker.send(`/export/${ticket}`, { headers: { host: 'attacker.example' } })).status).toBe(
      403,
    )
    expect((await asker.send(`/export/${ticket}`)).status).toBe(200)
    expect((await asker.send(`/export/${ticket}`)).status).toBe(404)
    expect((await asker.send('/export/')).status).toBe(404)
  })

  it('what cannot be saved is told before anything is', async () => {
    await expect(start('table=sql&format=csv', 'SELECT 1 FROM nowhere')).rejects.toThrow(
      'no such table: nowhere',
    )
    await expect(start('table=sql&format=csv', 'DELETE FROM objects')).rejects.toThrow('400 ')
    await expect(start('table=constructor&format=csv')).rejects.toThrow('there is no table constructor')
    await expect(start('table=objects&format=csv&type=x')).rejects.toThrow('type has to be a whole number')
    await expect(start('table=objects&format=xls&type=1')).rejects.toThrow('format has to be csv or json')
  })

  it('a file that was cut off does not look whole', async () => {
    const sql = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 90000)
      SELECT CASE WHEN i = 90000 THEN abs(-9223372036854775807 - 1) ELSE i END AS i FROM n`
    const ticket = await start('table=sql&format=csv', sql)
    await expect(read(`/export/${ticket}`)).rejects.toThrow('aborted')
  })

  it('a table that nobody reads any more is given up', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
    // There is room for four at a time.
    for (let i = 0; i < 4; i++) await read(`/export/${await start('table=sql&format=csv', endless)}`, 200_000)
    await vi.waitUntil(
      () =>
        start('table=goroutine-stacks&format=csv').then(
          () => true,
          () => false,
        ),
      30_000,
    )
  })
})

/** Reads a file, or its first bytes and then no more. */
function read(path: string, most = Number.POSITIVE_INFINITY): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = viewer.asker.url
    get({ hostname, port, path }, (response) => {
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes < most) return
        resolve(bytes)
        response.destroy()
      })
      response.on('end', () => resolve(bytes))
      response.on('error', reject)
    }).on('error', reject)
  })
}

it('a database that another one has replaced is not mixed with it', async () => {
  const path = join(dirname(leaky.path), 'served.db')
  copyFileSync(leaky.path, path)
  const served = await serve(path)
  onTestFinished(() => served.close())
  const asker = new Asker(served.url)
  const { metadata } = await asker.ask('overview')
  expect(metadata.main_path).toBe(HeapDb.open(path).metadata().get('main_path'))
  copyFileSync(older.path, `${path}.new`)
  renameSync(`${path}.new`, path)
  for (const [what, init] of [
    ['overview', {}],
    ['sql', { method: 'POST', body: 'SELECT 1' }],
    ['export?table=goroutine-stacks&format=csv', { method: 'POST' }],
  ] as const) {
    await expect(asker.ask(what, init)).rejects.toThrow(/409 .*is not the file any more/)
  }
})
