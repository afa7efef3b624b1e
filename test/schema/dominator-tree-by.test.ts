import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { measure } from '../../src/answers/diff/aspects.ts'
import { answerMergedPaths } from '../../src/answers/merged-paths.ts'
import { isMapPart } from '../../src/model/map-parts.ts'
import { labelRoot } from '../../src/model/root-names.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { readQuery } from '../../src/schema/query-file.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { useLeaky } from '../answers/leaky.ts'
import { analyseSketch } from './build-heap.ts'
import { makeFolder, SMALL } from './small-heap.ts'

const leaky = useLeaky()

const ask = (name: string, args: Record<string, string | number>) => [
  ...leaky.db.runQuery(readQuery(name), args).rows,
]
const number = (sql: string) => Number([...leaky.db.query(sql).rows][0][0])

test('what a node directly dominates is grouped as objects tell, few children or many', () => {
  const idOf = (type: string) => number(`SELECT MIN(id) FROM objects_named WHERE type = '${type}'`)
  const shop = idOf('main.Shop')
  const isSummed = (id: number) => number(`SELECT COUNT(*) FROM dominated_types WHERE idom_id = ${id}`) > 0
  expect([0, shop, idOf('main.SessionStore')].map(isSummed)).toEqual([true, true, false])
  for (const id of [0, shop, idOf('main.SessionStore'), idOf('main.Session')]) {
    for (const [by, name] of [
      ['type', 't.name'],
      ['package', 't.owner'],
      ['module', 't.module'],
    ]) {
      const found = ask('directly-kept', { id, by, limit: 1000 })
      const expected = leaky.db.query(
        `SELECT IIF(t.id IS NULL, '(unknown)', COALESCE(${name}, '(none)')), COUNT(DISTINCT t.id),
           COUNT(*), SUM(o.size), SUM(o.retained_size), SUM(o.retained_count), MAX(o.retained_size)
         FROM objects o LEFT JOIN types t ON t.id = o.type_id
         WHERE o.reachable AND COALESCE(o.idom_id, 0) = ${id} GROUP BY 1`,
      )
      const byName = (rows: unknown[][]) => rows.sort((a, b) => String(a[0]).localeCompare(String(b[0])))
      const largest = (example: unknown) => number(`SELECT retained_size FROM objects WHERE id = ${example}`)
      const told = found.map((row) => [...row.slice(0, 5), row[6], largest(row[7])])
      expect(byName(told), by).toEqual(byName([...expected.rows]))
    }
  }
})

test('what a root directly keeps adds up to what it retains, also through the frames and variables of it', () => {
  const roots = [...leaky.db.query('SELECT id, kind, retained_size, retained_count FROM roots').rows]
  expect(new Set(roots.map(([, kind]) => kind))).toContain('local')
  for (const [id, kind, size, count] of roots) {
    for (const by of ['type', 'package', 'module']) {
      const rows = ask('directly-kept', { id: Number(id), by, limit: 1000 })
      const sum = (column: number) => rows.reduce((total, row) => total + Number(row[column]), 0)
      expect([sum(4), sum(6)], `${kind} ${id}`).toEqual([size, count])
    }
  }
})

test('of a goroutine with many variables the sums are at hand, whichever of them keep the objects', async () => {
  const [locals, each] = [3, 400]
  const path = join(makeFolder(), 'heap.db')
  const types = SMALL.types ?? []
  const names = ['example.com/app.Node', 'example.com/app.Table']
  const heap = analyseSketch({
    types,
    objects: Array.from({ length: locals * each }, (_, i) => ({
      ...{ address: 0xc000000000 + 128 * i, size: i % 2 === 0 ? 32 : 96, type: names[i % 2] },
    })),
    roots: [
      { kind: 'goroutine', name: 'goroutine 1' },
      { kind: 'frame', name: 'main.main', parent: 0 },
      { kind: 'frame', name: 'main.walk', parent: 0 },
      ...Array.from(
        { length: locals },
        (_, i) => ({ kind: 'local', name: `v${i}`, parent: 1 + (i % 2) }) as const,
      ),
    ],
    rootEdges: Array.from({ length: locals * each }, (_, i): [number, number, number] => [
      3 + (i % locals),
      8 * i,
      i,
    ]),
  })
  await writeDatabase(heap, path)
  const db = HeapDb.open(path)
  onTestFinished(() => db.close())
  const first = locals * each + 1
  const groups = (root: number) =>
    Array.from(db.runQuery(readQuery('directly-kept'), { id: first + root }).rows, (row) => row.slice(0, 5))
  const expected = (objects: number) => [
    ['example.com/app.Table', 1, objects / 2, (objects / 2) * 96, (objects / 2) * 96],
    ['example.com/app.Node', 1, objects / 2, (objects / 2) * 32, (objects / 2) * 32],
  ]
  expect([0, 1, 2, 3].map(groups)).toEqual([3 * each, 2 * each, each, each].map(expected))
  const summed = db.query('SELECT DISTINCT idom_id FROM dominated_types')
  expect([...summed.rows]).toEqual([[first]])
})

test('roots are called the same in views, places of the tree, paths and what is compared', () => {
  const roots = [
    ...leaky.db.query('SELECT n.id, r.kind, r.name, n.label FROM roots r JOIN nodes n ON n.id = r.id').rows,
  ]
  for (const [, kind, name, label] of roots) expect(labelRoot(String(kind), String(name))).toBe(label)
  const labels = new Map(roots.map(([id, , , label]) => [id, String(label)]))
  // An address for another, the number of a goroutine for none.
  const withoutNumbers = (label: string | undefined) =>
    label?.replace(/0x[0-9a-f]+/, '0x…').replace(/^goroutine [0-9]+/, 'goroutine')
  const places = [...leaky.db.query("SELECT label, node_id FROM dominator_paths WHERE kind <> 'object'").rows]
  const kinds = new Set(places.map(([label]) => String(label).split(' ')[0]))
  expect(
    ['global', 'data', 'goroutine', 'frame', 'local', 'finalizer'].filter((kind) => !kinds.has(kind)),
  ).toEqual([])
  for (const [label, node] of places) expect(label).toBe(withoutNumbers(labels.get(node)))
  const compared = measure(leaky.db, 'root').byKey
  expect([...compared.keys()].sort()).toEqual(
    [
      ...new Set(
        roots
          .filter(([, kind]) => kind === 'global' || kind === 'data')
          .map(([, , , label]) => withoutNumbers(String(label))),
      ),
    ].sort(),
  )
  expect(compared.get('data 0x…')?.count).toBe(
    roots.filter(([, , , label]) => /^data 0x/.test(String(label))).length,
  )
  const { steps } = answerMergedPaths(leaky.db, 'uint8', { minShare: 0, excluded: [] })
  const all = new Set([...labels.values()].map(withoutNumbers))
  const tops = steps.filter(({ level }) => level === 0).map(({ name }) => name)
  expect(tops.filter((name) => !all.has(name))).toEqual([])
  expect(tops.length).toBeGreaterThan(10)
})

test('what maps are made of is known by the names that it has in each release of Go', () => {
  const parts = [
    'map.group[string]int',
    '[…]map.group[[]int]*main.T',
    'map.bucket[int]string',
    '*map.bucket[int]string',
    'table<int,string>',
    '*table<int,string>',
    '[…]*table<string,*main.T>',
    'internal/runtime/maps.table',
    '[…]*internal/runtime/maps.table',
  ]
  const others = [
    'map[string]int',
    '*main.table',
    'main.table<int>',
    'map<int,string>',
    '[]map.group[int]int',
    '[…]main.T',
  ]
  expect(parts.filter((name) => !isMapPart(name))).toEqual([])
  expect(others.filter(isMapPart)).toEqual([])
  const told = leaky.db.query(
    `SELECT p.name FROM dominator_paths p LEFT JOIN types t ON t.id = p.type_id
     WHERE p.is_map_part <> COALESCE(t.kind = 'map group' OR t.name GLOB 'table<*' OR t.name GLOB '[*]table<*', 0)`,
  )
  expect([...told.rows]).toEqual([])
  expect(number('SELECT COUNT(*) FROM dominator_paths WHERE is_map_part')).toBeGreaterThan(20)
})

test('a type belongs to the package and the module that the sums put it down to', () => {
  const sums = (grouping: string, column: string) =>
    leaky.db.query(
      `SELECT ${column}, SUM(s.bytes) AS bytes FROM type_totals s JOIN types t ON t.id = s.type_id
       WHERE ${column} IS NOT NULL GROUP BY 1
       EXCEPT SELECT name, bytes FROM group_totals WHERE grouping = '${grouping}'`,
    )
  expect([...sums('package', 't.owner').rows]).toEqual([])
  expect([...sums('module', 't.module').rows]).toEqual([])
  expect(
    number("SELECT COUNT(*) FROM types WHERE name = 'map[string]*main.Session' AND owner = 'main'"),
  ).toBe(1)
})

test('places of packages add up to all reachable bytes, and each to what is in and below it', () => {
  const top = number('SELECT SUM(retained_size) FROM package_paths WHERE parent_id IS NULL')
  expect(top).toBe(number('SELECT SUM(size) FROM objects WHERE reachable'))
  const unequal = leaky.db.query(
    `SELECT p.id, p.retained_size, p.size + COALESCE(SUM(c.retained_size), 0) AS parts
     FROM package_paths p LEFT JOIN package_paths c ON c.parent_id = p.id
     GROUP BY p.id HAVING p.retained_size <> parts`,
  )
  expect([...unequal.rows]).toEqual([])
})

test('the tree by package says which package keeps the memory, the tree by type by which types', () => {
  const packages = ask('dominator-tree-by', { by: 'package', depth: 2, min_share: 20 })
  expect(packages.map(([level, name]) => [level, name])).toEqual([
    [1, 'net/http'],
    [2, 'main'],
    [1, '(none)'],
    [2, 'main'],
  ])
  const types = ask('dominator-tree-by', { by: 'type', min_share: 20 }).map(([level, name]) => [level, name])
  expect(types).toContainEqual([11, 'main.Session'])
  expect(() => ask('dominator-tree-by', { by: 'module' })).toThrow(/by is one of type, package,/)
})
