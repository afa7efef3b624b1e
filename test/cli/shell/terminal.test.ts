import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeSyntheticHeap } from '../../../bench/synthetic-heap.ts'
import { writeDatabase } from '../../../src/schema/write.ts'
import { because } from '../../oracle/toolchain.ts'
import { makeFolder, smallHeap } from '../../schema/small-heap.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const DRIVER = fileURLToPath(new URL('drive-terminal.py', import.meta.url))
const missing = process.platform === 'win32' || spawnSync('python3', ['--version']).error !== undefined
const why = because(missing ? 'NOT RUN: python3 with pseudo-terminals is not installed' : undefined)

const CTRL_C = '\x03'
const CTRL_D = '\x04'
const UP = '\x1b[A'

async function makeDatabase(heap = smallHeap()): Promise<string> {
  const path = join(makeFolder(), 'heap.db')
  await writeDatabase(heap, path)
  return path
}

/** Runs the shell on a terminal: each step waits for a text and then types. Settings are in `folder`. */
function drive(path: string, folder: string, steps: [waitFor: string, keys: string][]) {
  const run = spawnSync('python3', [DRIVER, JSON.stringify(steps), process.execPath, MAIN, 'query', path], {
    encoding: 'utf8',
    env: { ...process.env, TERM: 'xterm', XDG_CONFIG_HOME: folder },
  })
  expect(run.stderr).toBe('')
  const { shown, ...rest }: { shown: string; code: number; missing: string | null } = JSON.parse(run.stdout)
  return { ...rest, lines: shown.split('\r\n') }
}

test.skipIf(missing)(`statements go on over lines, and Ctrl-D leaves${why}`, async () => {
  const path = await makeDatabase()
  const { lines, ...rest } = drive(path, makeFolder(), [
    ['heap.db> ', 'SELECT id,\r'],
    ['   ...> ', " ';' || label(id) AS name\r"],
    ['   ...> ', 'FROM objects -- all; of them\r'],
    ['   ...> ', 'ORDER BY id LIMIT 1; SELECT bytes(2048) AS size;\r'],
    ['1 row', ''],
    ['1 row', ''],
    ['heap.db> ', '.mode csv\r'],
    ['heap.db> ', 'object-size id=1\r'],
    ['heap.db> ', 'SELECT nope;\r'],
    ['heap.db> ', '.nope\r'],
    ['heap.db> ', CTRL_D],
  ])
  expect(rest).toEqual({ code: 0, missing: null })
  expect(lines).toContain(' 1  ;example.com/app.Table')
  expect(lines).toContain('2.0 KiB')
  expect(lines.find((line) => line.startsWith('1,824633720832,example.com/app.Table,96'))).toBeDefined()
  expect(lines).toContain('error: no such column: nope (there is note)')
  expect(lines).toContain('error: there is no .nope (.help shows what there is)')
})

test.skipIf(missing)(`Tab completes, and Ctrl-C takes back what was typed${why}`, async () => {
  const { code, missing: lost } = drive(await makeDatabase(), makeFolder(), [
    ['heap.db> ', 'SELECT * FROM objects_n'],
    ['objects_n', '\t'],
    ['amed', ` WHERE type = 'example.com/app.T`],
    ['app.T', '\t'],
    ['able', CTRL_C],
    ['^C', 'SELECT 6 * 7 AS answer;\r'],
    ['42', '.quit\r'],
  ])
  expect([code, lost]).toEqual([0, null])
})

test.skipIf(missing)(`Ctrl-C stops a running query, and the next one runs${why}`, async () => {
  const path = await makeDatabase(makeSyntheticHeap(20_000))
  const { code, missing: lost } = drive(path, makeFolder(), [
    ['heap.db> ', 'SELECT COUNT(*) FROM objects a, objects b, objects c;\r'],
    ['objects c;', ''],
    ['\r\n', CTRL_C],
    ['interrupted', 'SELECT COUNT(*) AS n FROM objects;\r'],
    ['20000', ''],
    ['heap.db> ', CTRL_C],
    ['.quit or Ctrl-D', CTRL_D],
  ])
  expect([code, lost]).toEqual([0, null])
})

test.skipIf(missing)(`statements of an earlier shell come back, as one line each${why}`, async () => {
  const path = await makeDatabase()
  const folder = makeFolder()
  const first = drive(path, folder, [
    ['heap.db> ', 'SELECT 1 + 1\r'],
    ['...> ', 'AS two;\r'],
    ['1 row', ''],
    ['heap.db> ', '.quit\r'],
  ])
  expect([first.code, first.missing]).toEqual([0, null])
  expect(readFileSync(join(folder, 'goheap/history'), 'utf8')).toBe('.quit\nSELECT 1 + 1 AS two;\n')
  const second = drive(path, folder, [
    ['heap.db> ', UP + UP],
    ['SELECT 1 + 1 AS two;', '\r'],
    ['1 row', CTRL_D],
  ])
  expect([second.code, second.missing]).toEqual([0, null])
})
