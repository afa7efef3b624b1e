import type Database from 'better-sqlite3'
import { formatBytes } from '../base/numbers.ts'

/** What SQL has besides SQLite's own functions. The same facts are in views, for other clients. */
export const FUNCTIONS: readonly { name: string; argument: string; doc: string; elsewhere: string }[] = [
  {
    name: 'hex',
    argument: 'address',
    doc: 'an integer as 0xc000123400; of texts and blobs the hexadecimal digits, as SQLite has it',
    elsewhere: `objects_named.hex_address, printf('0x%x', address)`,
  },
  { name: 'bytes', argument: 'n', doc: 'a number of bytes as 4.2 MiB', elsewhere: 'every column of bytes' },
  {
    name: 'label',
    argument: 'id',
    doc: 'type of an object; kind and name of a root',
    elsewhere: 'nodes.label',
  },
  {
    name: 'path',
    argument: 'id',
    doc: 'a shortest path from a root to a node, in words; NULL for garbage',
    elsewhere: 'shortest_paths.path',
  },
]

/** Registers FUNCTIONS. `lookups` is another connection to the same file. NULL gives NULL. */
export function defineFunctions(database: Database.Database, lookups: Database.Database): void {
  const define = (name: string, compute: (value: unknown) => string | null) =>
    database.function(name, { deterministic: true, safeIntegers: true }, compute)
  define('hex', formatHex)
  define('bytes', (value) =>
    typeof value === 'bigint' || typeof value === 'number' ? formatBytes(Number(value)) : null,
  )
  define('label', lookUp(lookups, 'SELECT label FROM nodes WHERE id = ?'))
  define('path', lookUp(lookups, 'SELECT path FROM shortest_paths WHERE id = ?'))
}

function formatHex(value: unknown): string | null {
  if (value === null) return null
  // Addresses above 2^63 are negative in SQLite.
  if (typeof value === 'bigint') return `0x${BigInt.asUintN(64, value).toString(16)}`
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value))
  return bytes.toString('hex').toUpperCase()
}

/** One text for an id; null when no node has it. */
function lookUp(lookups: Database.Database, sql: string): (id: unknown) => string | null {
  let statement: Database.Statement<[bigint], string | null> | undefined
  return (id) => {
    if (typeof id !== 'bigint') return null
    statement ??= lookups.prepare<[bigint], string | null>(sql).pluck()
    return statement.get(id) ?? null
  }
}
