import { expect, test } from 'vitest'
import { writeYaml } from '../../src/export/yaml.ts'

test('texts of several lines are blocks, unless a block would change them', () => {
  const text = writeYaml({
    settings: { limit: 1000, on: true, none: undefined },
    empty: {},
    list: ['a', 'b: c'],
    'a key': 'x # y',
    sql: 'SELECT 1\n\n  FROM t',
    indented: '  a\nb',
    ended: 'a\n',
    control: 'a\n\u0085b',
  })
  expect(text).toBe(`settings:
  limit: 1000
  on: true
empty: {}
list: ["a", "b: c"]
"a key": "x # y"
sql: |-
  SELECT 1

    FROM t
indented: "  a\\nb"
ended: "a\\n"
control: ${JSON.stringify('a\n\u0085b')}
`)
})
