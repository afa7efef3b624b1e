import { useEffect, useState } from 'preact/hooks'
import { askSaved, askSql, type Cell, type Column, type SavedQuery, saveQuery, useAnswer } from '../ask.ts'
import { adjust, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import type { ChartSpec } from '../parts/chart.tsx'
import { Result } from '../parts/result.tsx'
import { SqlEditor } from '../parts/sql-editor.tsx'

interface Query {
  name: string
  title: string
  doc: string
  params: { name: string; default?: Cell; doc: string }[]
  columns: Column[]
  sql: string
  chart?: ChartSpec
}

interface Ran {
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
  const sql = place.params.sql ?? FIRST
  const [ran, setRan] = useState<Ran>()
  const [reason, setReason] = useState('')
  const [isRunning, setIsRunning] = useState(false)
  const run = () => {
    setIsRunning(true)
    setReason('')
    askSql(sql)
      .then(setRan, (error: Error) => setReason(error.message))
      .finally(() => setIsRunning(false))
  }
  // A shared link shows its result.
  useEffect(() => {
    if (place.params.sql !== undefined) run()
  }, [])
  const bundled = queries.state === 'answered' ? queries.answer : []
  return (
    <>
      <h1>SQL</h1>
      <div class="controls">
        <label>
          Start from{' '}
          <select
            onChange={(event) => {
              const chosen = bundled.find(({ name }) => name === event.currentTarget.value)
              if (chosen !== undefined) adjust({ sql: withDefaults(chosen), query: chosen.name })
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
        <Saved sql={sql} fail={setReason} />
      </div>
      <Await asked={schema}>
        {(tables) => (
          <SqlEditor text={sql} schema={tables} change={(text) => adjust({ sql: text })} run={run} />
        )}
      </Await>
      <p>
        <button type="button" class="primary" onClick={run} disabled={isRunning}>
          {isRunning ? 'Running…' : 'Run'}
        </button>{' '}
        <span class="quiet">Ctrl-Enter. The database cannot be changed from here.</span>
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
      {ran !== undefined && reason === '' && (
        <Outcome ran={ran} query={bundled.find(({ name }) => name === place.params.query)} />
      )}
    </>
  )
}

/** Columns are shown as the header of the bundled query says, as long as they are still its columns. */
function Outcome({ ran, query }: { ran: Ran; query: Query | undefined }) {
  const isQuery = query?.columns.map(({ name }) => name).join() === ran.columns.join()
  const columns = isQuery
    ? query.columns
    : ran.columns.map((name) => ({ name, format: formatOf(name), doc: name }))
  return (
    <>
      {ran.isPart && <p class="quiet">The first {ran.rows.length} rows.</p>}
      <Result
        label="SQL result"
        columns={columns}
        rows={ran.rows}
        visible={16}
        chart={isQuery ? query.chart : undefined}
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
            if (chosen !== undefined) adjust({ sql: chosen.sql, query: undefined })
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

/** Names of columns mean the same everywhere in the schema. */
function formatOf(name: string): string {
  if (name === 'address' || name.endsWith('_address')) return 'address'
  return name === 'id' ? 'node' : '-'
}

/** The query with its parameters' defaults in their places. */
function withDefaults({ sql, params }: Query): string {
  return params.reduce(
    (text, { name, default: value }) =>
      text.replaceAll(
        new RegExp(`:${name}\\b`, 'g'),
        value === undefined || value === null
          ? 'NULL'
          : typeof value === 'number' || /^-?\d+$/.test(value)
            ? String(value)
            : `'${value.replaceAll("'", "''")}'`,
      ),
    sql,
  )
}
