import { expect, test } from 'vitest'
import { answerMergedPaths, type MergedStep } from '../../src/answers/merged-paths.ts'
import type { HeapDb } from '../../src/schema/heap-db.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()
const all = { minShare: 0, excluded: [] }

/** A place as the answer has it, found by following the rows of the database. */
class Place {
  readonly children = new Map<string, Place>()
  readonly fields = new Set<string | null>()
  objects = 0
  bytes = 0
  readonly above: Place | undefined
  readonly name: string
  readonly isRoot: boolean
  constructor(above: Place | undefined, name: string, isRoot: boolean) {
    this.above = above
    this.name = name
    this.isRoot = isRoot
  }

  below(name: string, isRoot: boolean): Place {
    let place: Place | undefined = this
    for (let steps = 0; place !== undefined && steps < 8; steps++, place = place.above)
      if (place.name === name) return place
    const found = this.children.get(name) ?? new Place(this, name, isRoot)
    this.children.set(name, found)
    return found
  }
}

interface Node {
  parent: number | null
  label: string
  isRoot: boolean
  size: number
}

function readNodes(db: HeapDb): Map<number, Node> {
  const rows = db.query(
    `SELECT o.id, o.parent_id, CASE WHEN o.length > 1 THEN '[…]' ELSE '' END || COALESCE(t.name, '(unknown)'), 0, o.size
     FROM objects o LEFT JOIN types t ON t.id = o.type_id WHERE o.reachable
     UNION ALL SELECT id, parent_id, CASE WHEN name LIKE kind || ' %' THEN name ELSE kind || ' ' || name END, 1, 0 FROM roots`,
  ).rows
  return new Map(
    Array.from(rows, ([id, parent, label, isRoot, size]) => {
      const text =
        isRoot === 1
          ? String(label)
              .replace(/^goroutine \d+ /, 'goroutine ')
              .replace(/\b0x[0-9a-f]+\b/g, '0x…')
          : String(label)
      return [
        Number(id),
        {
          parent: parent === null ? null : Number(parent),
          label: text,
          isRoot: isRoot === 1,
          size: Number(size),
        },
      ]
    }),
  )
}

/** Name of the first pointer of a node to an object. */
function fieldOf(db: HeapDb, source: number, target: number): string | null {
  const sql = `SELECT "offset", path, EXISTS (SELECT 1 FROM map_keys k WHERE k.object_id = source_id AND k."offset" = p."offset")
      FROM pointers p WHERE source_id = :source AND target_id = :target
    UNION ALL SELECT "offset", path, 0 FROM root_pointers WHERE root_id = :source AND target_id = :target ORDER BY 1`
  for (const [, path, isKey] of db.query(sql, { source, target }).rows) {
    if (isKey === 1) return '(key)'
    return path === null ? null : String(path).replace(/\[\d+\]/g, '[…]')
  }
  throw new Error(`${source} does not point at ${target}`)
}

function mergeByRows(db: HeapDb, nodes: ReadonlyMap<number, Node>, type: string): Place {
  const top = new Place(undefined, '', false)
  const places = new Map<number, Place>()
  const placeOf = (id: number): Place => {
    const known = places.get(id)
    if (known !== undefined) return known
    const node = nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    const above = node.parent === null ? top : placeOf(node.parent)
    const place = above.below(node.label, node.isRoot)
    places.set(id, place)
    if (!node.isRoot && node.parent !== null && place.above === above)
      place.fields.add(fieldOf(db, node.parent, id))
    return place
  }
  const ids = db.query(
    'SELECT o.id FROM objects o JOIN types t ON t.id = o.type_id WHERE t.name = ? AND o.reachable ORDER BY o.distance',
    [type],
  ).rows
  for (const [id] of [...ids]) {
    const size = nodes.get(Number(id))?.size ?? 0
    for (let place: Place | undefined = placeOf(Number(id)); place !== undefined; place = place.above) {
      place.objects++
      place.bytes += size
    }
  }
  return top
}

/** Rows of a tree, as texts that do not depend on the order of equal children. */
function listPlaces(place: Place, above = ''): string[] {
  const children = [...place.children.values()].filter(({ objects }) => objects > 0)
  return children.flatMap((child) => {
    const way = `${above} > ${child.name}`
    const field = child.isRoot ? '' : child.fields.size === 1 ? [...child.fields][0] : '…'
    // Names of keys stand for fields of groups.
    const shown = child.fields.has('(key)') ? '(key)' : field
    return [`${way} ${shown} ${child.objects} ${child.bytes}`, ...listPlaces(child, way)]
  })
}

function listSteps(steps: readonly MergedStep[], expected: ReadonlySet<string>): string[] {
  const way: string[] = []
  return steps.map(({ level, name, field, objects, bytes }) => {
    way.length = level
    way.push(name)
    const path = way.map((part) => ` > ${part}`).join('')
    const row = (shown: string | null) => `${path} ${shown} ${objects} ${bytes}`
    return expected.has(row('(key)')) && field?.includes('slots') ? row('(key)') : row(field)
  })
}

test('merged paths, and the fields along them, are those of the rows, for many types', () => {
  const nodes = readNodes(leaky.db)
  const types = leaky.db.query(
    `SELECT t.name FROM type_totals s JOIN types t ON t.id = s.type_id
     WHERE s.reachable_objects BETWEEN 1 AND 3000 ORDER BY s.reachable_bytes DESC LIMIT 60`,
  ).rows
  const fields = new Set<string | null>()
  for (const [name] of [...types]) {
    const expected = listPlaces(mergeByRows(leaky.db, nodes, String(name)))
    const { steps, lost } = answerMergedPaths(leaky.db, String(name), all)
    expect(listSteps(steps, new Set(expected)).sort()).toEqual(expected.sort())
    for (const { field } of steps) fields.add(field)
    expect(lost).toBe(
      Number(
        [
          ...leaky.db.query(
            'SELECT COUNT(*) FROM objects o JOIN types t ON t.id = o.type_id WHERE t.name = ? AND NOT o.reachable',
            [String(name)],
          ).rows,
        ][0][0],
      ),
    )
  }
  expect(fields.size).toBeGreaterThan(50)
})

test('examples are objects of the type', () => {
  const { steps } = answerMergedPaths(leaky.db, 'main.Session', all)
  for (const { example_id } of steps) {
    const [[type]] = [...leaky.db.query('SELECT type FROM objects_named WHERE id = ?', [example_id]).rows]
    expect(type).toBe('main.Session')
  }
  expect(steps.find(({ name }) => name.startsWith('map<'))).toMatchObject({ field: '.byToken' })
})

test('a type can be named without paths, where that is clear', () => {
  const rows = (name: string) => answerMergedPaths(leaky.db, name, { minShare: 1, excluded: [] })
  expect(rows('http.Server')).toEqual(rows('net/http.Server'))
  expect(rows('…/http.Server')).toEqual(rows('net/http.Server'))
  expect(() => rows('atomic.Bool')).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringContaining('2 types are called atomic.Bool: '),
    }),
  )
  expect(() => rows('http.Servr')).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining('net/http.Server') }),
  )
})
