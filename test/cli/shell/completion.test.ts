import { expect, test } from 'vitest'
import { complete, type Names } from '../../../src/cli/shell/completion.ts'

const TYPES = ['main.Session', 'main.Shop', 'string']
const param = (name: string, choices?: string[]) => ({ name, choices })
const NAMES: Names = {
  tables: new Map([
    ['objects', ['id', 'size', 'type_id']],
    ['types', ['id', 'name']],
    ['type_totals', ['type_id', 'objects']],
  ]),
  queries: new Map([
    ['histogram', [param('limit'), param('sort', ['bytes', 'objects'])]],
    ['path-to-root', [param('id')]],
    ['waste-types', [param('kind', ['map slots', 'rounding'])]],
  ]),
  functions: ['bytes', 'sum'],
  typesFrom: (prefix) => TYPES.filter((name) => name.startsWith(prefix)),
}
const after = (text: string) => complete(text, NAMES)

test('a statement begins with a keyword or the name of a bundled query', () => {
  expect(after('h')).toEqual([['histogram'], 'h'])
  expect(after('path-')).toEqual([['path-to-root'], 'path-'])
  expect(after('sel')).toEqual([['SELECT'], 'sel'])
  expect(after('')[0]).toContain('path-to-root')
})

test('a bundled query goes on with its parameters', () => {
  expect(after('histogram ')).toEqual([['limit=', 'sort='], ''])
  expect(after('histogram limit=3 s')).toEqual([['sort='], 's'])
  expect(after('histogram limit=')[0]).toEqual(['limit='])
})

test('a parameter with choices goes on with these', () => {
  expect(after('histogram sort=')).toEqual([['sort=bytes', 'sort=objects'], 'sort='])
  expect(after('histogram sort=ob')).toEqual([['sort=objects'], 'sort=ob'])
  expect(after('waste-types kind=')[0]).toEqual(["kind='map slots'", 'kind=rounding'])
})

test('tables come after FROM and JOIN, columns of the tables used anywhere else', () => {
  expect(after('SELECT * FROM t')).toEqual([['type_totals', 'types'], 't'])
  expect(after('SELECT *\nFROM objects o\nJOIN ')).toEqual([['objects', 'type_totals', 'types'], ''])
  expect(after('SELECT * FROM objects WHERE s')).toEqual([['SELECT', 'size', 'sum('], 's'])
  expect(after('SELECT * FROM objects WHERE n')[0]).not.toContain('name')
  expect(after('SELECT na')).toEqual([['name'], 'na'])
})

test('a qualified name is completed by the columns of its table, or of what is called so', () => {
  expect(after('SELECT * FROM objects o JOIN types AS t ON t.')).toEqual([['id', 'name'], ''])
  expect(after('SELECT * FROM objects o, types t WHERE o.si')).toEqual([['size'], 'si'])
  expect(after('SELECT types.n')).toEqual([['name'], 'n'])
})

test('a string is completed by names of types', () => {
  expect(after(`SELECT * FROM objects_named WHERE type = 'main.S`)).toEqual([
    ['main.Session', 'main.Shop'],
    'main.S',
  ])
  expect(after(`SELECT 'it''s', 's`)).toEqual([['string'], 's'])
  expect(after(`SELECT 'closed' AS na`)).toEqual([['name'], 'na'])
})

test('of too many types the next parts of their names are offered', () => {
  const many = Array.from(
    { length: 100 },
    (_, place) => `go.etcd.io/${place % 2 ? 'raft' : 'etcd'}/v${place}.T`,
  )
  const names = { ...NAMES, typesFrom: (prefix: string) => many.filter((name) => name.startsWith(prefix)) }
  expect(complete(`SELECT 'go.etcd.io/`, names)).toEqual([
    ['go.etcd.io/etcd/', 'go.etcd.io/raft/'],
    'go.etcd.io/',
  ])
})

test('commands of the shell and what follows them are completed', () => {
  expect(after('.q')).toEqual([['.queries', '.quit'], '.q'])
  expect(after('.mode ')).toEqual([['csv', 'json', 'table'], ''])
  expect(after('.schema ty')).toEqual([['type_totals', 'types'], 'ty'])
})
