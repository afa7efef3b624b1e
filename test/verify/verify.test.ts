import { copyFileSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { openCore } from '../../src/extract/file/core.ts'
import { Problems } from '../../src/model/problem.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { readCoreHeap } from '../../src/verify/core-heap.ts'
import { checkCounters } from '../../src/verify/counter-checks.ts'
import { type Check, verify } from '../../src/verify/verify.ts'
import { runCli } from '../cli/run-cli.ts'
import { extractRun } from '../oracle/extracted.ts'
import {
  because,
  buildProgram,
  type CrashedRun,
  chooseVersions,
  crashProgram,
  missingGo,
  unpackProgram,
} from '../oracle/toolchain.ts'
import { makeFolder } from '../schema/small-heap.ts'

async function indexRun(run: CrashedRun, path: string): Promise<void> {
  const { heap, core } = await extractRun(run, 1)
  await writeDatabase(analyse(heap), path)
  core.close()
}

const verdicts = (checks: Iterable<Check>, verdict: Check['verdict']) =>
  [...checks].filter((check) => check.verdict === verdict).map(({ name }) => name)

describe.each(chooseVersions('1.21.13', '1.24.13', '1.27.4'))('Go %s', (version) => {
  const reason = missingGo(version)
  it.skipIf(reason)(
    `a program with objects of every shape passes every check${because(reason)}`,
    async () => {
      const run = crashProgram(buildProgram('truth', version), 'truth', 'crash')
      const path = join(makeFolder(), 'heap.db')
      await indexRun(run, path)
      const checks = [...verify(path, { source: run, samples: 200 })]
      expect(checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
      expect(checks.length).toBeGreaterThan(22)
    },
  )
})

/** SQL that gives the first part of an array other bytes. */
const setPart = (array: string, bytes: string) =>
  `UPDATE graph_arrays SET data = CAST(${bytes} AS BLOB) WHERE name = '${array}' AND part = 0`

describe('a database that was tampered with', () => {
  const run = unpackProgram('leaky')
  const good = join(run.folder, `verify-${process.pid}.db`)
  beforeAll(() => indexRun(run, good))
  afterAll(() => rmSync(good))

  /** Names of the checks that fail after `sql`. */
  const failuresAfter = (sql: string) => {
    const path = join(makeFolder(), 'heap.db')
    copyFileSync(good, path)
    const database = new Database(path)
    database.pragma('foreign_keys = OFF')
    database.exec(sql)
    database.close()
    return verdicts(verify(path, { source: run, samples: 100, seed: 7 }), 'fail')
  }

  it('passes every check before', () => {
    const checks = [...verify(good, { source: run, samples: 100, seed: 7 })]
    expect(checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
  })

  const anObject =
    '(SELECT id FROM objects WHERE reachable AND idom_id IS NOT NULL ORDER BY id LIMIT 1 OFFSET 999)'
  const anEdge = `SELECT e.source_id, e.offset FROM edges e JOIN objects o ON o.id = e.source_id
                  WHERE o.reachable AND e.is_bridge ORDER BY e.source_id DESC LIMIT 1 OFFSET 99`

  it.each([
    ['foreign keys', 'UPDATE objects SET type_id = 999999999 WHERE id = 5', []],
    ['one id space', 'DELETE FROM objects WHERE id = 77', ['foreign keys']],
    [
      'objects fill slots',
      'UPDATE objects SET address = address + 8 WHERE id = 1000',
      ['spans and objects of the core'],
    ],
    ['objects fill slots', 'UPDATE objects SET size = size + 16 WHERE id = 1000', []],
    ['allocated counts of spans', 'UPDATE spans SET allocated = allocated + 1 WHERE first_object_id = 1', []],
    ['allocated counts of spans', 'UPDATE spans SET first_object_id = 2 WHERE first_object_id = 1', []],
    ['objects in metadata', `UPDATE metadata SET value = value + 1 WHERE key = 'heap_objects'`, []],
    ['bytes in metadata', `UPDATE metadata SET value = value + 1 WHERE key = 'heap_bytes'`, []],
    ['reachable objects in metadata', `UPDATE metadata SET value = 1 WHERE key = 'reachable_objects'`, []],
    ['reachable bytes in metadata', `UPDATE metadata SET value = 1 WHERE key = 'reachable_bytes'`, []],
    ['typed bytes in metadata', `UPDATE metadata SET value = 1 WHERE key = 'typed_reachable_bytes'`, []],
    ['totals by type', 'UPDATE type_totals SET reachable_bytes = reachable_bytes + 8', []],
    ['unused bytes fit', 'UPDATE objects SET unused_bytes = size + 1 WHERE unused_bytes = 0', []],
    ['unused bytes fit', 'UPDATE objects SET unused_bytes = -1 WHERE unused_bytes = 0', []],
    ['unused bytes by type', 'UPDATE type_totals SET unused_bytes = unused_bytes + 8', []],
    [
      'unused bytes in the account',
      `UPDATE memory_account SET bytes = bytes + 8 WHERE key LIKE '%.reachable.values.unused'`,
      ['memory account'],
    ],
    ['reachable set', `UPDATE objects SET reachable = 0 WHERE id = ${anObject}`, []],
    ['reachable set', `DELETE FROM edges WHERE (source_id, offset) = (${anEdge})`, ['edges of the core']],
    ['distances', `UPDATE objects SET distance = distance + 1 WHERE id = ${anObject}`, []],
    ['distances', `UPDATE objects SET parent_id = id WHERE id = ${anObject}`, []],
    [
      'retained sizes add up',
      `UPDATE objects SET retained_size = retained_size + 8 WHERE id = ${anObject}`,
      [],
    ],
    [
      'retained sizes add up',
      `UPDATE objects SET retained_count = retained_count + 1 WHERE id = ${anObject}`,
      [],
    ],
    ['depths', `UPDATE objects SET depth = depth + 1 WHERE id = ${anObject}`, []],
    ['top of the dominator tree', 'UPDATE roots SET retained_size = retained_size + 8', []],
    // A dominator that is on every path to the object, but not the nearest one or not the only one.
    ['dominators by removal', 'UPDATE objects SET idom_id = parent_id WHERE parent_id <> idom_id', []],
    ['dominators by removal', 'UPDATE objects SET idom_id = NULL', []],
    ['bridges by removal', 'UPDATE edges SET is_bridge = 1 - is_bridge', []],
    ['graph arrays', setPart('rank', 'SUBSTR(data, 5, 4) || SUBSTR(data, 1, 4) || SUBSTR(data, 9)'), []],
    ['graph arrays', setPart('shape', 'SUBSTR(data, 3) || SUBSTR(data, 1, 2)'), []],
    ['graph arrays', `UPDATE object_shapes SET is_several = 1 - is_several WHERE id = 1`, []],
    ['graph arrays', `UPDATE object_shapes SET objects = objects + 1 WHERE id = 1`, []],
    ['graph arrays', setPart('shape_runs', "x'01' || SUBSTR(data, 2)"), []],
    ['graph arrays', setPart('counts', 'SUBSTR(data, 2) || SUBSTR(data, 1, 1)'), []],
    ['graph arrays', setPart('pointers', "SUBSTR(data, 1, LENGTH(data) - 1) || x'3f'"), []],
    ['graph arrays', setPart('targets', 'SUBSTR(data, 5) || SUBSTR(data, 1, 4)'), []],
    ['graph arrays', setPart('slots', "x'00' || SUBSTR(data, 2)"), []],
    [
      'spans and objects of the core',
      'UPDATE spans SET pages = pages + 1 WHERE id = (SELECT MAX(id) FROM spans)',
      [],
    ],
    [
      'edges of the core',
      `UPDATE edges SET target_offset = target_offset + 1 WHERE (source_id, offset) = (${anEdge})`,
      [],
    ],
    [
      'types fit the heap bits',
      `UPDATE objects SET type_id = (SELECT id FROM types WHERE name = 'uint64')
       WHERE id = (SELECT MIN(o.id) FROM objects o JOIN edges e ON e.source_id = o.id WHERE o.type_id IS NOT NULL)`,
      [],
    ],
    [
      'fields fit the descriptors',
      `DELETE FROM fields WHERE type_id = (SELECT id FROM types WHERE name = 'net/http.Request')
       AND name = 'Header'`,
      [],
    ],
  ])('fails "%s" after %s', (check, sql, others) => {
    expect(failuresAfter(sql)).toEqual(expect.arrayContaining([check, ...others]))
  })

  it('fails when a page of the file is damaged', () => {
    const path = join(makeFolder(), 'heap.db')
    copyFileSync(good, path)
    const at = readFileSync(path).lastIndexOf('runtime.goexit')
    expect(at).toBeGreaterThan(0)
    const page = at - (at % 16384)
    // The number of cells on a page of text.
    writeSync(openSync(path, 'r+'), Buffer.of(0xff, 0xff), 0, 2, page + 3)
    expect(statSync(path).size).toBe(statSync(good).size)
    expect(verdicts(verify(path), 'fail')).toEqual(['file is intact'])
  })

  it('fails against the core of another run', () => {
    const other = unpackProgram('dumpself-1.21')
    expect(verdicts(verify(good, { source: other }), 'fail')).toEqual(['spans and objects of the core'])
  })

  it('without a core says what was not checked', () => {
    const checks = [...verify(good)]
    expect(verdicts(checks, 'skip')).toEqual(['the core'])
    expect(verdicts(checks, 'fail')).toEqual([])
  })

  it('the runtime’s own books show a slot too many', () => {
    const problems = new Problems()
    const core = readCoreHeap(openCore(run.core, run.binary, problems), problems)
    expect(verdicts(checkCounters(core), 'pass')).toHaveLength(2)
    const { allocated, pages } = core.spans.table
    const small = core.spans.sizeClass.findIndex((sizeClass) => sizeClass > 3)
    const sweepgen = core.spans.sweepgen.slice()
    allocated[small]++
    // Not cached: what is booked is all there is.
    core.spans.sweepgen[small] = core.spans.heapSweepgen
    expect(verdicts(checkCounters(core), 'fail')).toEqual(['slots that the runtime counts'])
    allocated[small]--
    core.spans.sweepgen.set(sweepgen)
    pages[small]++
    expect(verdicts(checkCounters(core), 'fail')).toEqual(['spans that the runtime counts'])
  })

  it('the command prints a line a check, and its exit code tells', async () => {
    const source = ['--core', run.core, '--binary', run.binary]
    const passed = await runCli('verify', good, ...source)
    expect(passed).toEqual({ code: 0, stdout: expect.stringMatching(/^PASS {2}file is intact/), stderr: '' })
    expect(
      passed.stdout
        .trim()
        .split('\n')
        .every((line) => line.startsWith('PASS  ')),
    ).toBe(true)
    const json = await runCli('verify', good, ...source, '--json')
    expect(JSON.parse(json.stdout)).toHaveLength(passed.stdout.trim().split('\n').length)

    const path = join(makeFolder(), 'heap.db')
    copyFileSync(good, path)
    new Database(path).exec(`UPDATE metadata SET value = 1 WHERE key = 'heap_bytes'`).close()
    const failed = await runCli('verify', path)
    expect(failed.code).toBe(14)
    expect(failed.stdout).toMatch(/^FAIL {2}bytes in metadata/m)
    expect(failed.stderr).toMatch(/^goheap: 1 of \d+ checks failed; /)

    // The other file is the one that was indexed.
    for (const one of [source.slice(0, 2), source.slice(2)]) {
      const { code, stdout } = await runCli('verify', good, ...one)
      expect([code, stdout]).toEqual([0, passed.stdout])
    }
    new Database(path).exec(`DELETE FROM metadata WHERE key = 'binary_file'`).close()
    const unknown = await runCli('verify', path, '--core', run.core)
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('give --core and --binary')])
  })
})
