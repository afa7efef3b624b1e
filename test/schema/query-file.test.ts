import { expect, test } from 'vitest'
import { bindArguments, listQueries, parseQuery, readQuery } from '../../src/schema/query-file.ts'

const TEXT = `-- biggest: Biggest things
--
-- A row a thing,
-- biggest first.
-- @param  limit integer = 0x10     rows to return
-- @param  like  text = 'a b'       name pattern
-- @param  ratio real = 0.5         cut-off
-- @param  id    integer            which one
-- @param  kind  text = NULL        only this kind
-- @param  by    text = 'size class' {type|size class}  how to group them
-- @param  at    address = NULL     where
-- @column name text types.name     what it is called
-- @column size integer bytes?      how big it is
-- @chart  bar name size
-- @scan   things   all of them
SELECT 1 -- not part of the header
`

test('the header of a query is read into its parts', () => {
  expect(parseQuery('biggest', TEXT)).toEqual({
    name: 'biggest',
    title: 'Biggest things',
    doc: 'A row a thing,\nbiggest first.',
    params: [
      { name: 'limit', type: 'integer', default: 16n, doc: 'rows to return' },
      { name: 'like', type: 'text', default: 'a b', doc: 'name pattern' },
      { name: 'ratio', type: 'real', default: 0.5, doc: 'cut-off' },
      { name: 'id', type: 'integer', default: undefined, doc: 'which one' },
      { name: 'kind', type: 'text', default: null, doc: 'only this kind' },
      {
        ...{ name: 'by', type: 'text', default: 'size class', doc: 'how to group them' },
        choices: ['type', 'size class'],
      },
      { name: 'at', type: 'address', default: null, doc: 'where' },
    ],
    columns: [
      { name: 'name', type: 'text', format: 'types.name', nullIsUnknown: false, doc: 'what it is called' },
      { name: 'size', type: 'integer', format: 'bytes', nullIsUnknown: true, doc: 'how big it is' },
    ],
    chart: { kind: 'bar', columns: ['name', 'size'] },
    scans: [{ table: 'things', doc: 'all of them' }],
    sql: 'SELECT 1 -- not part of the header',
  })
})

test('arguments take the types of their parameters, and defaults fill the rest', () => {
  const query = parseQuery('biggest', TEXT)
  expect(bindArguments(query, { id: '0xff', like: 'x', at: '0xc000' })).toEqual({
    limit: 16n,
    like: 'x',
    ratio: 0.5,
    id: 255n,
    kind: null,
    by: 'size class',
    at: 0xc000n,
  })
})

test('an argument that is missing, unknown or of the wrong type is a usage error', () => {
  const query = parseQuery('biggest', TEXT)
  expect(() => bindArguments(query, {})).toThrow(/biggest needs the parameter id \(which one\)/)
  expect(() => bindArguments(query, { id: 1, size: 2 })).toThrow(/biggest has no parameter size/)
  for (const id of ['x', '', '1.5']) expect(() => bindArguments(query, { id })).toThrow(/id is integer/)
  expect(() => bindArguments(query, { id: 1, ratio: 'x' })).toThrow(/ratio is real/)
  expect(() => bindArguments(query, { id: 1, at: 'x' })).toThrow('at is address, and x is not')
})

test('a text that is none of its choices is a usage error that lists them', () => {
  const query = parseQuery('biggest', TEXT)
  for (const by of ['type', 'size class']) expect(bindArguments(query, { id: 1, by }).by).toBe(by)
  for (const by of ['Type', '', 'type|size class'])
    expect(() => bindArguments(query, { id: 1, by })).toThrow(
      `by is one of type, size class, and "${by}" is not`,
    )
})

test.each(listQueries())(
  '%s takes each of its choices, and its parameters say no choices otherwise',
  (name) => {
    const query = readQuery(name)
    const required = Object.fromEntries(
      query.params.filter((param) => param.default === undefined).map((param) => [param.name, 1]),
    )
    for (const { name, choices = [], doc } of query.params) {
      for (const choice of choices)
        expect(bindArguments(query, { ...required, [name]: choice })[name]).toBe(choice)
      if (choices.length > 0)
        expect(() => bindArguments(query, { ...required, [name]: 'foo' })).toThrow(/one of/)
      else expect(doc).not.toMatch(/\bor '|type or package/)
    }
  },
)

test.each([
  ['-- other: Title\nSELECT 1', /first line/],
  ['-- q: Title\n-- @param n number  doc\nSELECT 1', /number is not one of/],
  ['-- q: Title\n-- @column n integer\nSELECT 1', /cannot read "@column/],
  ['-- q: Title\n-- @scan objects\nSELECT 1', /cannot read "@scan objects"/],
  ['-- q: Title\n-- @param n integer = 1 {1|2}  doc\nSELECT 1', /n has choices/],
  ["-- q: Title\n-- @param n text = 'c' {a|b}  doc\nSELECT 1", /n has choices/],
  ['-- q: Title\n-- @colour red\nSELECT 1', /cannot read "@colour red"/],
])('a header that cannot be read is a defect: %j', (text, message) => {
  expect(() => parseQuery('q', text)).toThrow(message)
})
