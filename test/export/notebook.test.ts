import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { runCli } from '../cli/run-cli.ts'
import { installPython } from '../oracle/python.ts'
import { because, unpackProgram } from '../oracle/toolchain.ts'

const NOTEBOOK = fileURLToPath(new URL('../../docs/notebooks/heap.ipynb', import.meta.url))
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const jupyter = installPython('nbclient==0.11.0', 'ipykernel==7.4.0', 'pandas==3.1.1')
const duckdb = installPython('duckdb==1.5.5', 'duckdb-extension-sqlite-scanner==1.5.5')

const folder = mkdtempSync(join(tmpdir(), 'goheap-notebook-'))
const database = join(folder, 'heap.db')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  const { core, binary } = unpackProgram('leaky')
  expect(await runCli('index', core, binary, '-o', database, '--quiet')).toMatchObject({
    code: 0,
    stderr: '',
  })
})

const runPython = (python: string | undefined, ...args: string[]) =>
  spawnSync(python ?? '', args, {
    encoding: 'utf8',
    env: { ...process.env, GOHEAP_DB: database, IPYTHONDIR: folder, HOME: folder },
    maxBuffer: 1 << 26,
  })

test.skipIf(jupyter.missing)(
  `the notebook runs, and leads to the leak${because(jupyter.missing)}`,
  () => {
    const { status, stdout, stderr } = runPython(jupyter.python, script('run-notebook.py'), NOTEBOOK)
    expect(status, stderr.slice(-2000)).toBe(0)
    const [metadata, types, holders, chain, pointers, goroutines]: string[] = JSON.parse(stdout)
    const db = HeapDb.open(database)
    const [[type, bytes]] = [
      ...db.query('SELECT type, reachable_bytes FROM histogram ORDER BY reachable_bytes DESC LIMIT 1').rows,
    ]
    const [[id, size]] = [
      ...db.query(`SELECT id, retained_size FROM objects_named WHERE type = 'main.SessionStore'`).rows,
    ]
    db.close()
    expect(metadata).toContain('go1.26.8')
    expect(types).toContain(`<td>${type}</td>`)
    expect(types).toContain(`<td>${bytes}</td>`)
    expect(holders).toContain('retained_count')
    expect(chain).toMatch(new RegExp(`<td>${id}</td>\\s*<td>main.SessionStore</td>\\s*<td>${size}</td>`))
    expect(pointers).toContain('main.Session')
    expect(goroutines).toContain('main.(*AuditLog).write')
  },
  180_000,
)

test.skipIf(duckdb.missing)(
  `DuckDB reads the same rows${because(duckdb.missing)}`,
  ({ skip }) => {
    const { status, stdout, stderr } = runPython(duckdb.python, script('compare-duckdb.py'), database)
    if (status === 3) skip(`NOT RUN: DuckDB's SQLite extension cannot be had (${stderr.trim()})`)
    expect(status, stderr.slice(-2000)).toBe(0)
    const { tables, types, metadata } = JSON.parse(stdout)
    expect(types).toEqual(['BIGINT'])
    expect(metadata).toBe(true)
    const { metadata: mixed, ...others } = tables
    expect(mixed.error).toContain('Mismatch Type')
    expect(others.objects.rows).toBeGreaterThan(10_000)
    const unequal = Object.entries<{ equal?: boolean }>(others).filter(([, table]) => table.equal !== true)
    expect(unequal).toEqual([])
  },
  180_000,
)
