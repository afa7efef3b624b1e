import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { writeDatabase } from '../../../src/schema/write.ts'
import { makeFolder, smallHeap } from '../../schema/small-heap.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

async function makeDatabase(): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(smallHeap(), path)
  return path
}

/** `goheap query PATH ...` with a text on standard input: exit code, stdout, stderr. */
function pipe(input: string, path: string, ...options: string[]) {
  const run = spawnSync(process.execPath, [MAIN, 'query', path, ...options], { encoding: 'utf8', input })
  return [run.status, run.stdout, run.stderr]
}

test('statements on standard input run in order; the last needs no semicolon', async () => {
  const path = await makeDatabase()
  const text = `-- two; three
    SELECT 1 AS a; SELECT ';' AS "b;" /* ; */;
    .mode json
    object-size id=1
    .mode csv
    SELECT path(1) AS path`
  const [code, out, err] = pipe(text, path, '--csv')
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    /^a\n1\nb;\n;\n\[\n\{"id": 1, .*"slot_size": 96, .*\}\n\]\npath\nglobal example.com\/app.table > example.com\/app.Table\n$/,
  )
})

test('values with blanks are in quotes', async () => {
  const path = await makeDatabase()
  const rows = (line: string) => {
    const [code, out, err] = pipe(line, path, '--json')
    expect([line, code, err]).toEqual([line, 0, ''])
    return out
  }
  const all = rows('histogram-by by=kind')
  expect(rows(`histogram-by  by='kind'  limit="50";`)).toBe(all)
  expect(rows(`histogram-by by='size class' limit=3`)).toContain('"name": "96"')
  expect(rows(`histogram filter='it''s'`)).toBe(rows(`histogram filter="it's"`))
  expect(rows('histogram filter=')).toBe(rows('histogram'))
  // What is no list of parameters is SQL.
  for (const line of [`histogram by='size class`, 'histogram limit=3x"'])
    expect(pipe(line, path)).toEqual([
      expect.toSatisfy((code) => [2, 13].includes(code)),
      '',
      expect.any(String),
    ])
})

test('a script ends at its first error, with the line that it is in', async () => {
  const path = await makeDatabase()
  expect(pipe('SELECT 1;\n\nSELECT\nnope;\nSELECT 2;', path, '--csv')).toEqual([
    ...[
      13,
      '1\n1\n',
      expect.stringMatching(/^goheap: line 3: no such column: nope \(there is note\); .*\n$/),
    ],
  ])
  expect(pipe('.mode loud', path)).toEqual([
    2,
    '',
    expect.stringMatching(/line 1: .mode is one of table, json, csv/),
  ])
  expect(pipe('path-to-root', path)).toEqual([2, '', expect.stringMatching(/needs the parameter id/)])
  expect(pipe('-- nothing\n', path)).toEqual([2, '', expect.stringMatching(/standard input has none/)])
  expect(pipe('.quit\nSELECT nope', path)).toEqual([0, '', ''])
})

test('the value of a parameter can have blanks in quotes, and has to be one of its choices', async () => {
  const path = await makeDatabase()
  for (const quote of ["'", '"'])
    expect(pipe(`waste-types limit=1 kind=${quote}spare elements${quote}`, path, '--csv')).toEqual([
      ...[0, expect.stringMatching(/^type,bytes,[\s\S]*\nexample.com\/app.Node,64,/), ''],
    ])
  expect(pipe('histogram-by by=foo', path)).toEqual([
    ...[
      2,
      '',
      expect.stringMatching(
        /^goheap: line 1: by is one of package, module, kind, size class, and "foo" is not; .*\n$/,
      ),
    ],
  ])
})

test('no statement changes the database', async () => {
  const path = await makeDatabase()
  for (const sql of ['DELETE FROM objects', 'PRAGMA user_version = 7', `ATTACH '/tmp/x.db' AS x`]) {
    expect(pipe(sql, path)).toEqual([13, '', expect.stringMatching(/rows can be run|read-?only/)])
  }
})

test('the shell tells its commands, tables, queries and their columns', async () => {
  const path = await makeDatabase()
  expect(pipe('.help', path)[1]).toMatch(
    /\.mode table\|json\|csv +how results are written\n[\s\S]* path\(id\) +a shortest path/,
  )
  expect(pipe('.tables', path)[1]).toMatch(/^name +kind +rows\n[\s\S]*\nobjects +table +Heap objects/m)
  expect(pipe('.schema nodes', path)[1]).toMatch(/^CREATE VIEW nodes \(\n {2}-- Objects and roots alike/)
  expect(pipe('.schema nope', path)).toEqual([2, '', expect.stringMatching(/there is no table nope/)])
  expect(pipe('.queries', path)[1]).toMatch(/^query +what it answers\n[\s\S]*\nhistogram +Objects by type\n/)
  expect(pipe('.queries refs-in', path)[1]).toMatch(
    /^refs-in: [\s\S]*parameter id integer +[\s\S]*column [\s\S]*/,
  )
})
