import { GoheapError } from '../../errors.ts'
import { describeTables } from '../../schema/descriptions.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { describeParam, listQueries, type QueryFile, readQuery } from '../../schema/query-file.ts'
import { FUNCTIONS } from '../../schema/sql-functions.ts'
import type { Output } from '../output.ts'
import type { ResultFormat } from '../render/result.ts'
import { renderTable } from '../render/table.ts'
import { showControls } from '../render/text.ts'

/** What the commands of the shell work on and may change. */
export interface ShellState {
  readonly db: HeapDb
  readonly output: Output
  mode: ResultFormat
  isQuit: boolean
}

interface DotCommand {
  /** What may follow the name. */
  usage: string
  doc: string
  run(state: ShellState, args: readonly string[]): Promise<void>
}

export const MODES: readonly ResultFormat[] = ['table', 'json', 'csv']

export const DOT_COMMANDS: Record<string, DotCommand> = {
  help: { usage: '', doc: 'this', run: writeHelp },
  tables: { usage: '', doc: 'tables and views, and what their rows are', run: writeTables },
  schema: { usage: '[TABLE]', doc: 'the SQL of a table or view, or of all, with comments', run: writeSchema },
  queries: { usage: '[NAME]', doc: 'bundled queries, or parameters and columns of one', run: writeQueries },
  mode: { usage: 'table|json|csv', doc: 'how results are written', run: changeMode },
  quit: { usage: '', doc: 'leave; Ctrl-D does as well', run: quit },
}

/** @throws GoheapError 'usage' */
export async function runDotCommand(
  state: ShellState,
  command: string,
  args: readonly string[],
): Promise<void> {
  const found = Object.hasOwn(DOT_COMMANDS, command) ? DOT_COMMANDS[command] : undefined
  if (found === undefined)
    throw new GoheapError('usage', `there is no .${command} (.help shows what there is)`)
  await found.run(state, args)
  await state.output.flush()
}

async function writeHelp({ output }: ShellState): Promise<void> {
  await output.write('SELECT ...;                   SQL, over as many lines as it takes, up to a semicolon\n')
  await output.write('QUERY [parameter=value ...]   a bundled query (.queries)\n')
  for (const [name, { usage, doc }] of Object.entries(DOT_COMMANDS)) {
    await output.write(`${`.${name} ${usage}`.padEnd(30)}${doc}\n`)
  }
  await output.write('Tab completes tables, columns, functions, queries and, in quotes, names of types.\n')
  await output.write('Ctrl-C stops a running query. Besides the functions of SQLite there are:\n')
  for (const { name, argument, doc } of FUNCTIONS) {
    await output.write(`${`  ${name}(${argument})`.padEnd(30)}${doc}\n`)
  }
}

async function writeTables({ db, output }: ShellState): Promise<void> {
  const rows = describeTables(db).map(({ name, kind, doc }) => [name, kind, firstSentence(doc)])
  await writeTexts(output, ['name', 'kind', 'rows'], rows)
}

async function writeSchema({ db, output }: ShellState, [name]: readonly string[]): Promise<void> {
  const { rows } = db.query(
    `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND (:name IS NULL OR name = :name OR tbl_name = :name)
     ORDER BY type DESC, rowid`,
    { name: name ?? null },
  )
  const texts = Array.from(rows, ([sql]) => String(sql))
  if (texts.length === 0) throw new GoheapError('usage', `there is no table ${name}`)
  for (const line of texts.join(';\n').split('\n')) await output.write(`${showControls(line)}\n`)
}

async function writeQueries({ output }: ShellState, [name]: readonly string[]): Promise<void> {
  if (name !== undefined) return writeQuery(output, readQuery(name))
  const rows = listQueries().map((each) => [each, readQuery(each).title])
  await writeTexts(output, ['query', 'what it answers'], rows)
}

async function writeQuery(output: Output, { name, title, doc, params, columns }: QueryFile): Promise<void> {
  await output.write(`${name}: ${title}\n${doc}\n\n`)
  for (const param of params) {
    const value = param.default === undefined ? '' : ` = ${param.default ?? 'NULL'}`
    await output.write(
      `${`parameter ${param.name} ${param.type}${value}`.padEnd(38)}${describeParam(param)}\n`,
    )
  }
  for (const column of columns) {
    await output.write(`${`column ${column.name} ${column.type}`.padEnd(38)}${column.doc}\n`)
  }
}

async function changeMode(state: ShellState, [mode]: readonly string[]): Promise<void> {
  const found = MODES.find((each) => each === mode)
  if (found === undefined) throw new GoheapError('usage', `.mode is one of ${MODES.join(', ')}`)
  state.mode = found
}

async function quit(state: ShellState): Promise<void> {
  state.isQuit = true
}

/** Never cut: the terminal breaks long lines. */
function writeTexts(output: Output, titles: readonly string[], rows: string[][]): Promise<void> {
  const columns = titles.map((title) => ({ title, align: 'left' }) as const)
  return output.write(
    renderTable(
      columns,
      rows.map((row) => row.map(showControls)),
    ),
  )
}

const firstSentence = (text: string) => text.match(/^[\s\S]*?\.(?=\s|$)/)?.[0].replace(/\s+/g, ' ') ?? text
