import { expect, test } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../src/base/numbers.ts'
import { renderProgress } from '../../src/cli/render/progress-bar.ts'
import { renderTable, type TableColumn } from '../../src/cli/render/table.ts'
import { cutMiddle } from '../../src/cli/render/text.ts'

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [1023.9 * 1024, '1023.9 KiB'],
  [2 ** 40 * 1.25, '1.3 TiB'],
  [2 ** 53, '8.0 PiB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test('counts have separators, beyond 2^53 too', () => {
  expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  expect(formatCount(9007199254740993n)).toBe('9,007,199,254,740,993')
})

test('a share never reads as all or nothing when it is neither', () => {
  expect([0, 0.01, 0.1, 50, 99.94, 99.99, 100].map(formatPercent)).toEqual([
    '0.0 %',
    '<0.1 %',
    '0.1 %',
    '50.0 %',
    '>99.9 %',
    '>99.9 %',
    '100.0 %',
  ])
})

test('durations round into the next unit, not to 60 of the last', () => {
  expect([0.04, 59.94, 59.96, 3599.6, 3661].map(formatDuration)).toEqual([
    '0.0 s',
    '59.9 s',
    '1 min 00 s',
    '1 h 00 min',
    '1 h 01 min',
  ])
})

const COLUMNS: TableColumn[] = [
  { title: 'name', align: 'left' },
  { title: 'count', align: 'right' },
  { title: 'path', align: 'left' },
]

test('a table lines up numbers on the right and leaves no blanks at line ends', () => {
  expect(
    renderTable(COLUMNS, [
      ['a', '1', 'x'],
      ['bcd', '12345678', ''],
    ]),
  ).toBe(['name     count  path', 'a            1  x', 'bcd   12345678', ''].join('\n'))
})

test('on a terminal long names lose their paths, then their middle; numbers lose nothing', () => {
  const long = 'map<*example.com/one/two/three.Something>'
  const row = [long, '123456789', long]
  const lineOf = (width: number) => renderTable(COLUMNS, [row], width).split('\n')[1]
  expect(lineOf(95)).toBe(row.join('  '))
  expect(lineOf(70)).toBe('map<*…/three.Something>  123456789  map<*…/three.Something>')
  expect(lineOf(50)).toMatch(/^map<\*…\/th\w*…\w+thing> {2}123456789 {2}map<\*…\/th\w*…\w+thing>$/)
  expect(lineOf(50).length).toBe(50)
})

test('where the numbers alone are too wide, names stay long enough to tell them apart', () => {
  const names = ['example.com/a/server.closedClient', 'example.com/a/server.client']
  const text = renderTable(
    COLUMNS,
    names.map((name) => [name, '9'.repeat(40), '']),
    50,
  )
  expect(text).toContain('…/server.closedClient  9')
})

test('a terminal too narrow for the numbers does not stop the table', () => {
  expect(renderTable(COLUMNS, [['a', '1', 'b']], 5)).toContain('a')
})

test('a text is cut to exactly the width, by whole characters', () => {
  expect(cutMiddle('abcdef', 6)).toBe('abcdef')
  expect(cutMiddle('abcdef', 5)).toBe('ab…ef')
  expect(cutMiddle('äöü€😀x', 4)).toBe('äö…x')
  expect(cutMiddle('abcdef', 1)).toBe('…')
})

test('progress shows the stage, how far it is, and the time', () => {
  expect(renderProgress('edges', 1, 4, 3.14)).toBe('[ 6/14] edges    [######------------------]  25%  3.1 s')
  expect(renderProgress('open', 0, 0, 0)).toBe('[ 1/14] open     [------------------------]       0.0 s')
})
