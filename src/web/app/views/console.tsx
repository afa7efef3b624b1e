import { useEffect, useRef, useState } from 'preact/hooks'
import { askSaved, askSql, type Cell, type Column, type SavedQuery, saveQuery, useAnswer } from '../ask.ts'
import { formatCount } from '../format.ts'
import { adjust, change, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import type { ChartSpec } from '../parts/chart.tsx'
import { Result } from '../parts/result.tsx'
import { SqlEditor } from '../parts/sql-editor.tsx'

interface Query {
  name: string
  title: string
  doc: string
  params: { name: string; default?: Cell; choices?: string[]; doc: string }[]
  columns: Column[]
  sql: string
  chart?: ChartSpec
}

interface Ran {
  /** The statement, which may have been edited since. */
  sql: string
  columns: string[]
  rows: Cell[][]
  isPart: boolean
}

const FIRST =
  'SELECT type, reachable_objects, reachable_bytes\nFROM histogram\nORDER BY reachable_bytes DESC\nLIMIT 20'

/** SQL on the database; what is typed is in the address. */
export function Console({ place }: { place: Place }) {
  const queries = useAnswer<Query[]>('queries')
  const schema = useAnswer<Record<string, string[]>>('schema')
  const bundled = queries.state === 'answered' ? queries.answer : []
  const chosen = bundled.find(({ name }) => name === place.params.query)
  const given = place.params.sql ?? (chosen && withDefaults(chosen))
  const sql = given ?? FIRST
  const [ran, setRan] = useState<Ran>()
  const [reason, setReason] = useState('')
  const [isRunning, setIsRunning] = useState(false)
  const run = (text: string) => {
    setIsRunning(true)
    setReason('')
    askSql(text)
      .then(
        (result) => setRan({ ...result, sql: text }),
        (error: Error) => setReason(error.message),
      )
      .finally(() => setIsRunning(false))
  }
  const typed = useRef(new Set<string>())
  const last = useRef('')
  // A shared link, a chosen query and a step back show their result; what is being typed waits for Run.
  useEffect(() => {
    const isTyped = typed.current.has(sql)
    if (sql === last.current) typed.current.clear()
    if (given !== undefined && !isTyped) run(sql)
  }, [sql])
  const type = (text: string) => {
    typed.current.add(text)
    last.current = text
    adjust({ sql: text })
  }
  return (
    <>
      <h1>SQL</h1>
      <div class="controls">
        <label>
          Start from{' '}
          <select
            value={place.params.query ?? ''}
            onChange={(event) => {
              const chosen = bundled.find(({ name }) => name === event.currentTarget.value)
              if (chosen !== undefined) change({ sql: withDefaults(chosen), query: chosen.name })
            }}
          >
            <option value="">a bundled query…</option>
            {bundled.map((query) => (
              <option key={query.name} value={query.name}>
                {query.name}: {query.title}
              </option>
            ))}
          </select>
        </label>
        {chosen && (
          <Choices
            key={chosen.name}
            query={chosen}
            choose={(values) => change({ sql: withDefaults(chosen, values), query: chosen.name })}
          />
        )}
        <Saved sql={sql} fail={setReason} />
      </div>
      <Await asked={schema}>
        {(tables) => (
          <SqlEditor text={sql} schema={tables} change={type} typed={typed.current} run={() => run(sql)} />
        )}
      </Await>
      <p>
        <button type="button" class="primary" onClick={() => run(sql)} disabled={isRunning}>
          {isRunning ? 'Running…' : 'Run'}
        </button>{' '}
        <span class="quiet">
          Ctrl-Enter. The database cannot be changed from here; a comment{' '}
          <code>-- @chart bar name bytes</code> draws two columns.
        </span>
      </p>
      {reason !== '' && (
        <p class="failure" role="alert">
          {reason}
        </p>
      )}
      {isRunning && (
        <p class="hidden waiting" role="status">
          Running…
        </p>
      )}
      {ran !== undefined && reason === '' && <Outcome ran={ran} query={chosen} />}
    </>
  )
}

/** Columns are shown as the header of the bundled query says, as long as they are still its columns. */
function Outcome({ ran, query }: { ran: Ran; query: Query | undefined }) {
  const isQuery = query?.columns.map(({ name }) => name).join() === ran.columns.join()
  const columns = isQuery
    ? query.columns
    : ran.columns.map((name) => ({ name, format: formatOf(name, ran.sql), doc: name }))
  return (
    <>
      {ran.isPart && (
        <p class="quiet">The first {formatCount(ran.rows.length)} rows; what is saved is all of them.</p>
      )}
      <Result
        label="SQL result"
        columns={columns}
        rows={ran.rows}
        whole={ran.isPart ? { table: 'sql', sql: ran.sql } : undefined}
        visible={16}
        chart={readChart(ran.sql) ?? (isQuery ? query.chart : undefined)}
      />
    </>
  )
}

/** The user's own queries: chosen, saved and forgotten. */
function Saved({ sql, fail }: { sql: string; fail: (reason: string) => void }) {
  const [saved, setSaved] = useState<SavedQuery[]>([])
  const [name, setName] = useState('')
  const settle = (asked: Promise<SavedQuery[]>) => asked.then(setSaved, (error: Error) => fail(error.message))
  useEffect(() => void settle(askSaved()), [])
  const known = saved.find((query) => query.name === name)
  return (
    <form
      class="controls"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') void settle(saveQuery(name, sql))
      }}
    >
      <label>
        Saved{' '}
        <input
          type="search"
          list="saved"
          placeholder="name"
          value={name}
          onInput={(event) => {
            setName(event.currentTarget.value)
            const chosen = saved.find((query) => query.name === event.currentTarget.value)
            if (chosen !== undefined) change({ sql: chosen.sql, query: undefined })
          }}
        />
      </label>
      <datalist id="saved">
        {saved.map((query) => (
          <option key={query.name} value={query.name} />
        ))}
      </datalist>
      <button type="submit" class="plain" disabled={name.trim() === ''}>
        save
      </button>
      {known !== undefined && (
        <button type="button" class="plain" onClick={() => void settle(saveQuery(name, null))}>
          forget
        </button>
      )}
    </form>
  )
}

/** The header of a query can ask for a chart: `-- @chart bar type bytes`; so can a comment in what the user writes. */
function readChart(sql: string): ChartSpec | undefined {
  const [, kind, labels, values] = /^\s*--\s*@chart\s+(\w+)\s+(\w+)\s+(\w+)\s*$/m.exec(sql) ?? []
  return kind === undefined ? undefined : { kind, columns: [labels, values] }
}

/** Names of columns mean the same everywhere in the schema; only ids are those of nodes or of other things. */
function formatOf(name: string, sql: string): string {
  if (name === 'address' || name.endsWith('_address')) return 'address'
  if (/(^|_)(bytes|size|waste|padding)$/.test(name)) return 'bytes'
  return name === 'id' && NODES.test(sql) ? 'node' : '-'
}

const NODES =
  /\b(from|join)\s+(objects|objects_named|object_sizes|nodes|dominators|roots|goroutines|frames)\b(?![\s\S]*\bjoin\b)/i

/** The query with its parameters' defaults in their places. */
function withDefaults({ sql, params }: Query, values: Readonly<Record<string, string>> = {}): string {
  return params.reduce((text, { name, default: initial }) => {
    const value = values[name] ?? initial
    return text.replaceAll(
      new RegExp(`:${name}\\b`, 'g'),
      value === undefined || value === null
        ? 'NULL'
        : typeof value === 'number' || /^-?\d+$/.test(value)
          ? String(value)
          : `'${value.replaceAll("'", "''")}'`,
    )
  }, sql)
}

/** The parameters of a query of which there are only so many values. */
function Choices({ query, choose }: { query: Query; choose(values: Record<string, string>): void }) {
  const [values, setValues] = useState<Record<string, string>>({})
  return query.params.map(({ name, choices, default: initial, doc }) =>
    choices === undefined ? null : (
      <label key={name} title={doc}>
        {name}{' '}
        <select
          value={values[name] ?? String(initial ?? '')}
          onChange={(event) => {
            const next = { ...values, [name]: event.currentTarget.value }
            setValues(next)
            choose(next)
          }}
        >
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      </label>
    ),
  )
}
