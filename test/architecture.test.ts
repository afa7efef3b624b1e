import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SOURCE = fileURLToPath(new URL('../src/', import.meta.url))

/** Every room with the rooms it may import from, besides itself. A file that lies in no folder is a room. */
const MAY_IMPORT: Record<string, string[]> = {
  'errors.ts': [],
  'version.ts': [],
  'node-version.ts': [],
  'require-node.ts': ['errors.ts', 'node-version.ts'],
  'progress.ts': ['errors.ts'],
  'settings-folder.ts': [],
  base: ['errors.ts'],
  model: ['base', 'errors.ts', 'progress.ts'],
}
const foundation = ['base', 'model', 'errors.ts', 'progress.ts', 'version.ts']
const extract = ['extract/file', 'extract/dwarf', 'extract/go', 'extract/heap', 'extract/workers', 'extract']
extract.forEach((room, place) => {
  MAY_IMPORT[room] = [...foundation, ...extract.slice(0, place)]
})
MAY_IMPORT.graph = foundation
MAY_IMPORT['analyse.ts'] = [...foundation, 'graph']
MAY_IMPORT.schema = [...foundation, ...extract, 'graph', 'analyse.ts']
MAY_IMPORT.export = [...MAY_IMPORT.schema, 'schema']
MAY_IMPORT.verify = [...MAY_IMPORT.schema, 'schema']
MAY_IMPORT.answers = [...MAY_IMPORT.schema, 'schema']
MAY_IMPORT['index.ts'] = [...MAY_IMPORT.export, 'export', 'verify', 'answers', 'require-node.ts']
MAY_IMPORT['web/app'] = []
MAY_IMPORT['web/server'] = [...MAY_IMPORT['index.ts'], 'index.ts', 'settings-folder.ts']
MAY_IMPORT.cli = [...MAY_IMPORT['web/server'], 'web/server', 'node-version.ts']

/** extract.ts and metadata.ts are the room `extract`, extract/go/facts.ts is in `extract/go`. */
function roomOf(file: string): string {
  const parts = file.split('/')
  return ['extract', 'web'].includes(parts[0]) && parts.length > 2 ? `${parts[0]}/${parts[1]}` : parts[0]
}

interface Import {
  from: string
  to: string
}

function readImports(): Import[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.tsx?$/.test(file),
  )
  return files.flatMap((from) => {
    const text = readFileSync(join(SOURCE, from), 'utf8')
    return [...text.matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g)].map((match) => ({
      from,
      to: join(dirname(from), match[1]),
    }))
  })
}

test('rooms import only from the rooms below them', () => {
  const imports = readImports()
  expect(imports.length).toBeGreaterThan(100)
  for (const room of ['web/app', 'web/server', 'cli', 'graph'])
    expect(imports.some(({ from }) => roomOf(from) === room)).toBe(true)
  const wrong = imports
    .filter(({ from, to }) => roomOf(from) !== roomOf(to))
    .filter(({ from, to }) => !MAY_IMPORT[roomOf(from)]?.includes(roomOf(to)))
    .map(({ from, to }) => `${from} imports ${to}`)
  expect(wrong).toEqual([])
})

test('no room imports itself through another one', () => {
  for (const [room, below] of Object.entries(MAY_IMPORT)) {
    for (const other of below) expect(MAY_IMPORT[other] ?? []).not.toContain(room)
  }
})

test('the heap is read and analysed by rooms that do not know each other', () => {
  for (const { from, to } of readImports()) {
    const pair = [roomOf(from).split('/')[0], roomOf(to).split('/')[0]].sort()
    expect([from, to, pair]).not.toEqual([from, to, ['extract', 'graph']])
  }
})

test('only the database rooms know SQLite', () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const users = files.filter((file) =>
    /'(better-sqlite3|kysely)'/.test(readFileSync(join(SOURCE, file), 'utf8')),
  )
  expect(users.filter((file) => roomOf(file) !== 'schema')).toEqual([])
})
