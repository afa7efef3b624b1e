import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, test, vi } from 'vitest'
import { serve } from '../../src/web/server/serve.ts'
import { useLeaky } from '../answers/leaky.ts'
import { Asker, useViewer } from './started.ts'

vi.setConfig({ testTimeout: 30_000 })

const leaky = useLeaky()
const savedQueries = join(dirname(leaky.path), 'settings', 'queries.json')
const viewer = useViewer(leaky.path, { compare: leaky.path, sqlSeconds: 2, savedQueries })

const rows = (sql: string) => [...leaky.db.query(sql).rows]
const figure = (sql: string) => Number(rows(sql)[0][0])

/** The database with changes, at a path of its own. */
function alteredCopy(sql: string): string {
  const path = join(mkdtempSync(join(dirname(leaky.path), 'altered-')), 'heap.db')
  copyFileSync(leaky.path, path)
  const db = new Database(path)
  db.exec(sql)
  db.close()
  return path
}

/** What a server of that database alone answers. */
async function askOnce(question: string, path: string, files?: { core: string; binary: string }) {
  const { url, close } = await serve(path, files)
  try {
    return await new Asker(url).ask(question)
  } finally {
    await close()
  }
}

describe('answers', () => {
  it('the first page has the figures of the database', async () => {
    const { metadata, suspects, crowd, holders, memory } = await viewer.asker.ask('overview')
    expect(metadata.reachable_bytes).toBe(figure('SELECT SUM(reachable_bytes) FROM type_totals'))
    expect(holders.map((row: { id: number }) => row.id)).toEqual(
      rows(
        'SELECT id FROM dominator_paths WHERE parent_id IS NULL ORDER BY retained_size DESC, id LIMIT 12',
      ).flat(),
    )
    expect(suspects.rows.length).toBe(3)
    // Stacks of its 131 goroutines at one place are 3 % of the memory.
    expect(crowd).toBe(null)
    expect(memory.length).toBe(figure('SELECT COUNT(*) FROM memory_account'))
  })

  it('the first page tells of goroutines at one place whose stacks take much', async () => {
    const path = alteredCopy(
      'UPDATE goroutine_stacks SET stack_size = 20 * stack_size WHERE goroutines = 131',
    )
    const { crowd } = await askOnce('overview', path)
    expect(crowd).toMatchObject({ goroutines: 131, wait_reason: 'chan send', caller: null })
  })

  it.each(['type', 'package', 'kind', 'size'])('the histogram by %s has every object once', async (by) => {
    const { rows } = await viewer.asker.ask(`histogram?by=${by}`)
    const sum = (name: string) => rows.reduce((total: number, row: never) => total + Number(row[name]), 0)
    expect(sum('objects')).toBe(figure('SELECT COUNT(*) FROM objects'))
    expect(sum('bytes')).toBe(figure('SELECT SUM(size) FROM objects'))
    expect(sum('reachable_bytes')).toBe(figure('SELECT SUM(size) FROM objects WHERE reachable'))
    // Compared with itself.
    expect(sum('delta_bytes')).toBe(0)
    expect(rows.every((row: { delta_objects: number }) => row.delta_objects === 0)).toBe(true)
  })

  it('the top of the dominator tree keeps every reachable byte, however it is grouped', async () => {
    const total = figure('SELECT SUM(size) FROM objects WHERE reachable')
    for (const by of ['type', 'package', 'goroutine']) {
      const { rows, isPart } = await viewer.asker.ask(`dominated?id=0&by=${by}`)
      expect(isPart).toBe(false)
      const sum = rows.reduce((bytes: number, row: { retained_size: number }) => bytes + row.retained_size, 0)
      expect([by, sum]).toEqual([by, total])
    }
  })

  it('nodes of a group are all of it, the biggest first', async () => {
    const { rows: groups } = await viewer.asker.ask('dominated?id=0&by=goroutine')
    const [{ kind, label, count, retained_size }] = groups.filter(
      (row: { kind: string }) => row.kind === 'goroutine',
    )
    const query = new URLSearchParams({ id: '0', by: 'goroutine', kind, label, limit: '500' })
    const { rows: members } = await viewer.asker.ask(`dominated?${query}`)
    const sizes = members.map((row: { retained_size: number }) => row.retained_size)
    expect(sizes.length).toBe(count)
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    expect(sizes.reduce((sum: number, size: number) => sum + size, 0)).toBe(retained_size)
    expect(members.every((row: { label: string }) => row.label.includes('main.(*AuditLog).write'))).toBe(true)
  })

  it('paths from roots to objects of a type end in all of them', async () => {
    interface Place {
      kind: string
      label: string
      value: number
      size: number
      nodes: number
      children: Place[]
    }
    const [[type, objects, bytes]] = rows(
      `SELECT type_id, reachable_objects, reachable_bytes FROM histogram WHERE type = 'main.Session'`,
    )
    const { top, looked } = await viewer.asker.ask(`root-paths?type=${type}`)
    expect([looked, top.nodes, top.value]).toEqual([objects, objects, bytes])
    // The path that SQL finds for one of them, name by name; all are held in the same way.
    const [[id]] = rows(`SELECT MIN(id) FROM objects WHERE type_id = ${type} AND reachable`)
    const [[words]] = rows(`SELECT path FROM shortest_paths WHERE id = ${id}`)
    const labels: string[] = []
    for (let place: Place | undefined = top.children[0]; place !== undefined; place = place.children[0]) {
      labels.push(place.label)
      expect(place.value).toBe(place.size + place.children.reduce((sum, child) => sum + child.value, 0))
    }
    expect(labels.length).toBe(String(words).split(' > ').length)
    expect(labels.at(-1)).toBe('main.Session')
  })

  it('paths from roots to objects of a package end in all of them, whatever their types', async () => {
    const ofPackage = `FROM group_totals WHERE grouping = 'package'`
    const [[objects, bytes]] = rows(
      `SELECT reachable_objects, reachable_bytes ${ofPackage} AND name = 'time'`,
    )
    expect(
      figure(`SELECT COUNT(*) FROM histogram h JOIN types t ON t.id = h.type_id WHERE t.owner = 'time'`),
    ).toBeGreaterThan(1)
    const { top, looked, reachable, name } = await viewer.asker.ask('root-paths?package=time')
    expect([name, looked, reachable, top.nodes, top.value]).toEqual([
      'time',
      objects,
      objects,
      objects,
      bytes,
    ])
    // Of more objects than are looked at, those that retain most.
    const large = await viewer.asker.ask('root-paths?package=main')
    const [[most, all]] = rows(`
      SELECT SUM(size), (SELECT reachable_objects ${ofPackage} AND name = 'main') FROM (
        SELECT o.size FROM objects o JOIN types t ON t.id = o.type_id WHERE t.owner = 'main' AND reachable
        ORDER BY o.retained_size DESC LIMIT 2000)`)
    expect([large.looked, large.reachable]).toEqual([2000, all])
    expect(Number(all)).toBeGreaterThan(2000)
    expect(large.top.value).toBe(most)
  })

  it('duplicate strings have the same texts from the core as from the database', async () => {
    const path = alteredCopy('UPDATE strings SET value = NULL')
    const wanted = await viewer.asker.ask('duplicate-strings')
    expect([wanted.missing, wanted.rows[0][0]]).toEqual([null, '/product'])
    expect((await askOnce('duplicate-strings', path)).rows).toEqual(wanted.rows)
    const files = { core: leaky.core, binary: process.execPath }
    const { rows: bare, missing } = await askOnce('duplicate-strings', path, files)
    expect(missing).toMatch(/./)
    expect(bare.every(([text]: unknown[]) => text === null)).toBe(true)
  })

  it('pages of the dominator tree are its children, each once, the biggest first', async () => {
    const [[id]] = rows(
      'SELECT idom_id FROM objects WHERE idom_id IS NOT NULL GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1',
    )
    const found: number[] = []
    for (;;) {
      const { rows } = await viewer.asker.ask(`dominated?id=${id}&limit=50&offset=${found.length}`)
      found.push(...rows.slice(0, 50).map((row: { id: number }) => row.id))
      if (rows.length <= 50) break
    }
    const wanted = rows(`SELECT id FROM objects WHERE idom_id = ${id} ORDER BY retained_size DESC, id DESC`)
    expect(found.length).toBeGreaterThan(100)
    expect(found).toEqual(wanted.map(([each]) => each))
  })

  it('no slice of a picture is bigger than the one around it, and all of them are nodes', async () => {
    interface Slice {
      id: number
      node?: number
      value: number
      children: Slice[]
    }
    for (const kind of ['slices', 'merged']) {
      const { top } = await viewer.asker.ask(kind)
      expect(top.value).toBe(figure('SELECT SUM(size) FROM objects WHERE reachable'))
      let count = 0
      const check = ({ children, value }: Slice) => {
        expect(children.reduce((sum, child) => sum + child.value, 0)).toBeLessThanOrEqual(value)
        for (const child of children) {
          count++
          const [[size]] =
            kind === 'slices'
              ? rows(`SELECT retained_size FROM nodes WHERE id = ${child.id}`)
              : rows(`SELECT retained_size FROM dominator_paths WHERE id = ${child.id}`)
          expect(child.value).toBe(Number(size))
          check(child)
        }
      }
      check(top)
      expect(count).toBeGreaterThan(20)
    }
  })

  it('an object has its pointers, its path to a root and its values', async () => {
    const [[id]] = rows(`SELECT id FROM objects_named WHERE type = 'main.Session' AND reachable LIMIT 1`)
    const answer = await viewer.asker.ask(`node?id=${id}`)
    expect(answer.outboundCount).toBe(figure(`SELECT COUNT(*) FROM edges WHERE source_id = ${id}`))
    expect(answer.inbound.length).toBe(answer.inboundCount)
    expect(answer.path.rows.length).toBeGreaterThan(2)
    const { values, missing } = await viewer.asker.ask(`values?id=${id}`)
    expect(missing).toBeNull()
    expect(values.map(({ field }: { field: string }) => field)).toEqual(
      expect.arrayContaining(['.User', '.Token', '.Created']),
    )
  })

  it('goroutines of all groups are all goroutines', async () => {
    const { groups, totals } = await viewer.asker.ask('goroutines')
    expect(totals.goroutines).toBe(figure('SELECT COUNT(*) FROM goroutines'))
    let named = 0
    for (const { id, goroutines } of groups) {
      const members = (await viewer.asker.ask(`goroutine-group?id=${id}`)).goroutines
      expect(members.length).toBe(Math.min(200, goroutines))
      named += goroutines
    }
    expect(named).toBe(totals.goroutines)
  })

  it('a heap beside itself differs in nothing', async () => {
    for (const by of ['type', 'package', 'module', 'root', 'path', 'goroutine']) {
      expect([by, (await viewer.asker.ask(`compare?by=${by}`)).rows]).toEqual([by, []])
    }
  })

  it('finds addresses, nodes, types and variables', async () => {
    const [[id, address]] = rows('SELECT id, address FROM objects WHERE size > 64 LIMIT 1')
    const inside = `0x${(Number(address) + 9).toString(16)}`
    expect((await viewer.asker.ask(`search?q=${inside}`)).nodes).toMatchObject([{ id }])
    expect((await viewer.asker.ask(`search?q=${id}`)).nodes).toMatchObject([{ id }])
    expect((await viewer.asker.ask('search?q=main.session')).types).not.toEqual([])
    const goroutines = (await viewer.asker.ask('search?q=goroutine+1+')).nodes
    expect(goroutines[0]?.label).toMatch(/^goroutine \d+ \[/)
    expect(await viewer.asker.ask('search?q=%25_%5C')).toEqual({ nodes: [], types: [] })
  })

  it('says what is wrong with a question', async () => {
    for (const [path, reason] of [
      ['node?id=x', '400 id has to be a whole number'],
      ['node?id=999999999', '400 there is no node 999999999'],
      ['slices?id=999999999', '400 there is no node'],
      ['histogram?by=colour', '400 by has to be one of'],
      ['dominated?by=constructor', '400 by has to be one of'],
      ['query?name=..%2fpackage', '400 '],
      ['root-paths?type=999999999', '400 there are no objects of a type'],
      ['root-paths?package=none', '400 there are no objects of a package none'],
      ['none', '404 '],
    ]) {
      await expect(viewer.asker.ask(path), path).rejects.toThrow(reason)
    }
  })
})

describe('SQL', () => {
  const run = (body: string) => viewer.asker.ask('sql', { method: 'POST', body })

  it('runs what the user asks', async () => {
    expect(await run('SELECT COUNT(*) AS n FROM objects')).toEqual({
      columns: ['n'],
      rows: [[figure('SELECT COUNT(*) FROM objects')]],
      isPart: false,
    })
    expect((await run("SELECT 9007199254740993 AS big, x'00ff' AS bytes")).rows).toEqual([
      ['9007199254740993', '0x00ff'],
    ])
  })

  it('gives no more rows than a page can take', async () => {
    const { rows, isPart } = await run(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i FROM n',
    )
    expect([rows.length, isPart]).toEqual([10_000, true])
  })

  it('changes nothing', async () => {
    const before = readFileSync(leaky.path)
    for (const statement of [
      'DELETE FROM objects',
      "ATTACH DATABASE '/tmp/other.db' AS other",
      'CREATE TABLE t (a)',
      'PRAGMA query_only = 0',
      'DROP TABLE objects; SELECT 1',
    ]) {
      await run(statement).catch(() => {})
    }
    await expect(run('DELETE FROM objects')).rejects.toThrow(/400 /)
    expect(readFileSync(leaky.path).equals(before)).toBe(true)
  })

  it('is stopped when it takes too long, and goes on with the next statement', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT SUM(i) FROM n'
    await expect(run(endless)).rejects.toThrow('stopped after 2 s')
    expect((await run('SELECT 1 AS one')).rows).toEqual([[1]])
  })
})

test('queries of the user are kept, changed and forgotten', async () => {
  const save = (query: unknown) => viewer.asker.ask('saved', { method: 'POST', body: JSON.stringify(query) })
  expect(await viewer.asker.ask('saved')).toEqual([])
  await save({ name: 'b', sql: 'SELECT 2' })
  await save({ name: 'a', sql: 'SELECT 0' })
  await save({ name: 'a', sql: 'SELECT 1' })
  const both = [
    { name: 'a', sql: 'SELECT 1' },
    { name: 'b', sql: 'SELECT 2' },
  ]
  expect(await viewer.asker.ask('saved')).toEqual(both)
  expect(JSON.parse(readFileSync(savedQueries, 'utf8'))).toEqual(both)
  expect(await save({ name: 'a', sql: null })).toEqual([both[1]])
  for (const wrong of [{}, { name: '', sql: '' }, { name: 'c', sql: 1 }, []]) {
    await expect(save(wrong)).rejects.toThrow(/400 /)
  }
})

test('what cannot be served is refused', async () => {
  await expect(serve('none.db')).rejects.toThrow(/none\.db/)
  await expect(serve(leaky.path, { compare: 'none.db' })).rejects.toThrow(/none\.db/)
  await expect(serve(leaky.path, { port: Number(viewer.asker.url.port) })).rejects.toThrow('cannot listen')
})
