import type Database from 'better-sqlite3'
import type { QueryFile } from '../../src/schema/query-file.ts'

interface Instruction {
  addr: number
  opcode: string
  p1: number
  p2: number
}

/**
 * Tables of which a query goes through the rows, or through those of an index, from one end on, sorted: from SQLite's
 * program for the statement, in which a scan is a cursor that is put at the first or last row and then moved on.
 * Making an index for the one statement is a scan too; MAX(id), which takes a row from an end, is none, and
 * neither is a look-up by index, however many rows it finds. https://www.sqlite.org/opcode.html
 */
export function readScans(database: Database.Database, { sql, params }: QueryFile): string[] {
  // No value of a parameter changes a plan as long as there is no sqlite_stat4.
  const args = Object.fromEntries(params.map(({ name }) => [name, 1]))
  const program = database.prepare<[typeof args], Instruction>(`EXPLAIN ${sql}`).all(args)
  const tables = readRootPages(database)
  const cursors = new Map(
    program
      .filter(({ opcode }) => opcode === 'OpenRead' || opcode === 'ReopenIdx')
      .map(({ p1, p2 }) => [p1, tables.get(p2)]),
  )
  const starts = new Set(
    program.filter(({ opcode }) => opcode === 'Rewind' || opcode === 'Last').map(({ p1 }) => p1),
  )
  const isScan = ({ opcode, p1, addr }: Instruction) =>
    opcode === 'Count' ||
    ((opcode === 'Next' || opcode === 'Prev') && starts.has(p1) && isReached(program, addr))
  const found = program.filter(isScan).map(({ p1 }) => cursors.get(p1))
  return [...new Set(found)].filter((table) => table !== undefined).sort()
}

/** MIN() and MAX() leave the loop after the first row: a Goto before its Next, to which nothing else leads. */
function isReached(program: Instruction[], addr: number): boolean {
  return (
    program[addr - 1].opcode !== 'Goto' || program.some(({ p2, opcode }) => p2 === addr && JUMPS.test(opcode))
  )
}

const JUMPS =
  /^(Goto|If.*|Not.*|Is.*|Eq|Ne|Lt|Le|Gt|Ge|Filter|Found|NoConflict|Once|Jump|Seek.*|Idx.*|Decr.*|Next|Prev)$/

/** First page of a b-tree -> the table that it is, or is an index of. */
function readRootPages(database: Database.Database): Map<number, string> {
  const rows = database
    .prepare<[], { rootpage: number; table: string }>(
      'SELECT rootpage, tbl_name AS "table" FROM sqlite_schema',
    )
    .all()
  return new Map(rows.map(({ rootpage, table }) => [rootpage, table]))
}
